import AWSConfig

// Keys and roles, as a family has them.
extension FamilyResolver {
    private var habits: Set<SDKFamily.Habit> { family.habits }

    func environmentKeys() throws(Stop) -> Outcome? {
        guard let id = environment("AWS_ACCESS_KEY_ID") else { return nil }
        if hasSecret("AWS_SECRET_ACCESS_KEY") { return .key(FoundKey(environment: id)) }
        if habits.contains(.stopsAtHalfEnvironment) { throw Stop(.halfKey(.variable("AWS_ACCESS_KEY_ID"))) }
        return nil
    }

    /// A web identity of the environment.
    func environmentRole(_ profile: String) throws(Stop) -> Outcome? {
        let (file, arn) = (environment("AWS_WEB_IDENTITY_TOKEN_FILE"), environment("AWS_ROLE_ARN"))
        let mixes = habits.contains(.mixesWebIdentity)
        let ownFile = mixes ? value("web_identity_token_file", of: profile) : nil
        let ownARN = mixes ? value("role_arn", of: profile) : nil
        guard file ?? (arn == nil ? nil : ownFile?.text) != nil else { return nil }
        guard let found = arn ?? ownARN?.text else {
            if habits.contains(.tokenNeedsRole) { throw Stop(.chain(.noRole(profile: profile))) }
            return nil
        }
        let place = arn == nil ? ownARN?.place : .variable("AWS_ROLE_ARN")
        let token = file == nil ? ownFile?.place : .variable("AWS_WEB_IDENTITY_TOKEN_FILE")
        guard let place, let token else { return nil }
        return .webIdentity(FoundRole(profile: nil, arn: found, place: place, device: nil), tokenFile: token)
    }

    func webIdentity(_ profile: String) throws(Stop) -> Outcome? {
        let only: ConfigDocument.File? = habits.contains(.webIdentityInConfig) ? .config : nil
        guard let token = value("web_identity_token_file", of: profile, in: only) else { return nil }
        guard let arn = value("role_arn", of: profile, in: only) else {
            if habits.contains(.tokenNeedsRole) { throw Stop(.chain(.noRole(profile: profile))) }
            return nil
        }
        let role = FoundRole(profile: profile, arn: arn.text, place: arn.place, device: nil)
        return .webIdentity(role, tokenFile: token.place)
    }

    /// A key in plain text, from one file or put together from both.
    func keys(_ profile: String, _ file: ConfigDocument.File?) throws(Stop) -> Outcome? {
        let id = find("aws_access_key_id", of: profile, in: file)
        let secret = find("aws_secret_access_key", of: profile, in: file)
        switch (id, secret) {
        case (nil, nil): return nil
        case (let id?, let secret?) where !id.isEmpty && !secret.isEmpty:
            if habits.contains(.noKeysBesideProcess), value("credential_process", of: profile) != nil {
                throw Stop(.severalKinds(profile: profile))
            }
            let token = value("aws_session_token", of: profile, in: file)
            return .key(FoundKey(of: profile, id, secret, token: token))
        case (let id?, let secret?):
            if habits.contains(.takesEmptyKey) { return .key(FoundKey(of: profile, id, secret, token: nil)) }
            if habits.contains(.stopsAtEmptyKey) { throw Stop(.emptyKey((id.isEmpty ? id : secret).place)) }
            return nil
        case (let half?, nil):
            if habits.contains(.stopsWithoutSecret) { throw Stop(.halfKey(half.place)) }
            return nil
        case (nil, let half?):
            if habits.contains(.stopsWithoutID) { throw Stop(.halfKey(half.place)) }
            return nil
        }
    }

    /// A profile's role with the credentials of its source.
    func role(_ profile: String, visited: [String]) throws(Stop) -> Outcome? {
        let files: [ConfigDocument.File?] = habits.contains(.rolesInOneFile) ? [.credentials, .config] : [nil]
        for file in files {
            if let found = try role(profile, in: file, visited: visited) { return found }
        }
        return nil
    }

    private func role(
        _ profile: String, in file: ConfigDocument.File?, visited: [String]
    ) throws(Stop) -> Outcome? {
        let arn = value("role_arn", of: profile, in: file)
        let source = value("source_profile", of: profile, in: file)
        let other = value("credential_source", of: profile, in: file)
        let token = find("web_identity_token_file", of: profile, in: file)
        if habits.contains(.oneSourceOnly) {
            let kinds = [source, other, token, value("credential_process", of: profile)]
            if kinds.count(where: { $0 != nil }) > 1 { throw Stop(.severalKinds(profile: profile)) }
        }
        if token != nil, arn == nil, habits.contains(.oneSourceOnly) {
            throw Stop(.chain(.noRole(profile: profile)))
        }
        // The role is the token's.
        if token != nil, family.syntax.isPython || source == nil && file == nil { return nil }
        if arn != nil, source != nil, other != nil { throw Stop(.chain(.twoSources(profile: profile))) }
        guard let arn else {
            if habits.contains(.sourceNeedsRole), (source ?? other) != nil {
                throw Stop(.sourceWithoutRole(profile: profile))
            }
            return nil
        }
        let base: Outcome
        if let source {
            base = try self.source(source.text, for: profile, visited: visited)
        } else if let other {
            base = try credentialSource(other)
        } else if habits.contains(.roleNeedsSource) {
            throw Stop(.chain(.noSource(profile: profile)))
        } else {
            return nil
        }
        return try role(arn, of: profile, with: base)
    }

    private func role(_ arn: FoundSetting, of profile: String, with base: Outcome) throws(Stop) -> Outcome {
        let device = value("mfa_serial", of: profile)
        if let device, habits.contains(.cannotAsk) { throw Stop(.needsCode(device.place)) }
        return .role(FoundRole(profile: profile, arn: arn.text, place: arn.place, device: device), with: base)
    }

    /// A role without a source, with the profile's own credentials.
    func withOwnRole(_ outcome: Outcome, _ profile: String) throws(Stop) -> Outcome {
        guard habits.contains(.roleTakesOwn), let arn = value("role_arn", of: profile) else { return outcome }
        switch outcome {
        case .role, .webIdentity: return outcome
        default: return try role(arn, of: profile, with: outcome)
        }
    }

    private func credentialSource(_ source: FoundSetting) throws(Stop) -> Outcome {
        switch source.text {
        case "Environment" where !habits.contains(.noEnvironmentSource):
            guard let id = environment("AWS_ACCESS_KEY_ID"), hasSecret("AWS_SECRET_ACCESS_KEY") else {
                throw Stop(.noVariables)
            }
            return .key(FoundKey(environment: id))
        case "Ec2InstanceMetadata", "EcsContainer": return .machine(source.text, source.place)
        default: throw Stop(.unknownSource(source.place))
        }
    }

    /// The credentials of a profile that a role builds on.
    private func source(_ name: String, for profile: String, visited: [String]) throws(Stop) -> Outcome {
        guard exists(name) else { throw Stop(.chain(.noProfile(name, namedBy: profile))) }
        guard visited.count < RoleChain.mostRoles else { throw Stop(.tooManyRoles) }
        if habits.contains(.refusesHalves) { try checkHalves(name) }
        let isVisited = visited.contains(name)
        let hasPart = (find("aws_access_key_id", of: name) ?? find("aws_secret_access_key", of: name)) != nil
        if habits.contains(.keyEndsOwnLoopOnly) {
            if isVisited, !(name == profile && hasPart) { throw Stop(.chain(.cycle(visited + [name]))) }
        } else {
            // A key goes before a role of its own, and ends a loop.
            for provider in family.source where provider.isKeys {
                guard let found = try look(provider, name, visited: visited) else { continue }
                return isVisited ? found : try withOwnRole(found, name)
            }
            if isVisited { throw Stop(.chain(.cycle(visited + [name]))) }
        }
        // Where a role is in one file, its source has to be, too.
        let first: ConfigDocument.File = credentials.profiles[name] == nil ? .config : .credentials
        let leadsOn = !habits.contains(.rolesInOneFile) || value("source_profile", of: name, in: first) != nil
        if leadsOn, !hasPart || !habits.contains(.keyEndsOwnLoopOnly),
            let found = try role(name, visited: visited + [name])
        {
            return found
        }
        for provider in family.source {
            guard let found = try look(provider, name, visited: visited) else { continue }
            return try withOwnRole(found, name)
        }
        throw Stop(.emptySource(name, namedBy: profile))
    }
}

extension SDKFamily.Provider {
    fileprivate var isKeys: Bool {
        switch self {
        case .keys, .mergedKeys: true
        default: false
        }
    }
}
