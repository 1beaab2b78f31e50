import AWSConfig

/// Goes through what a family looks at, in its order.
struct FamilyResolver {
    let family: SDKFamily
    let config: FamilyReading
    let credentials: FamilyReading
    let environment: (String) -> String?
    let hasSecret: (String) -> Bool

    private var habits: Set<SDKFamily.Habit> { family.habits }

    /// What a profile has under a name; `nil` looks into both files, credentials first.
    func find(_ name: String, of profile: String, in file: ConfigDocument.File? = nil) -> FoundSetting? {
        switch file {
        case .config: config.profiles[profile]?[name]
        case .credentials: credentials.profiles[profile]?[name]
        case nil: credentials.profiles[profile]?[name] ?? config.profiles[profile]?[name]
        }
    }

    /// The same, where a setting without a value is none.
    func value(_ name: String, of profile: String, in file: ConfigDocument.File? = nil) -> FoundSetting? {
        find(name, of: profile, in: file).flatMap { $0.isEmpty ? nil : $0 }
    }

    func exists(_ profile: String) -> Bool {
        config.profiles[profile] != nil || credentials.profiles[profile] != nil
    }

    /// What the family does if the program names a profile, or none.
    func answer(for named: String?) -> FamilyAnswer {
        let variable = named == nil ? family.variables.first { environment($0) != nil } : nil
        let profile = named ?? variable.flatMap(environment) ?? "default"
        let isSecond = variable == "AWS_DEFAULT_PROFILE"
        let mustExist = named != nil || variable != nil && !(isSecond && habits.contains(.defaultVariableMayMiss))
        let order = named != nil ? family.named : variable != nil ? family.byVariable : family.unnamed
        let outcome = result { () throws(Stop) in
            if habits.contains(.readsFilesFirst) { try check(profile, mustExist: mustExist) }
            let ofToken = isSecond && habits.contains(.webIdentityNeedsVariable) ? "default" : profile
            return try first(of: order, for: profile, ofToken: ofToken)
        }
        let used = Set(outcome.places)
        return FamilyAnswer(
            family: family, profile: profile, namedBy: variable, outcome: outcome,
            passedOver: outcome.hasCredentials ? candidates(profile).filter { !used.contains($0) } : [])
    }

    /// Stops as an SDK does.
    struct Stop: Error {
        let reason: SDKError
        init(_ reason: SDKError) { self.reason = reason }
    }

    private func result(_ body: () throws(Stop) -> Outcome) -> Outcome {
        do throws(Stop) { return try body() } catch { return .stops(error.reason) }
    }

    /// Whether the files can be read, and have the profile.
    private func check(_ profile: String, mustExist: Bool) throws(Stop) {
        if let problem = config.problem ?? credentials.problem { throw Stop(.unreadable(problem)) }
        if mustExist, !exists(profile), habits.contains(.profileMustExist) {
            throw Stop(.chain(.noProfile(profile, namedBy: nil)))
        }
        if habits.contains(.refusesHalves) { try checkHalves(profile) }
        if habits.contains(.oneSourceOnly) { try checkLinks(profile) }
    }

    /// Whether the section that counts has half a key.
    func checkHalves(_ profile: String) throws(Stop) {
        let file: ConfigDocument.File = credentials.profiles[profile] == nil ? .config : .credentials
        let id = find("aws_access_key_id", of: profile, in: file)
        let secret = find("aws_secret_access_key", of: profile, in: file)
        if (id == nil) != (secret == nil), let half = id ?? secret { throw Stop(.halfKey(half.place)) }
    }

    /// Whether the roles can be linked to a source; who it is can be known later.
    private func checkLinks(_ profile: String) throws(Stop) {
        do throws(Stop) {
            _ = try role(profile, visited: [profile])
        } catch {
            switch error.reason {
            case .needsCode, .noVariables, .unknownSource: break
            default: throw error
            }
        }
    }

    /// - Parameter ofToken: the profile whose web identity it would be.
    private func first(
        of order: [SDKFamily.Provider], for profile: String, ofToken: String
    ) throws(Stop) -> Outcome {
        let problem = config.problem ?? credentials.problem
        for provider in order {
            let isEnvironment = provider == .environmentKeys || provider == .environmentRole
            if !isEnvironment, let problem { throw Stop(.unreadable(problem)) }
            let profile = provider == .webIdentity ? ofToken : profile
            guard let found = try look(provider, profile, visited: [profile]) else { continue }
            return isEnvironment ? found : try withOwnRole(found, profile)
        }
        for variable in ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        where environment(variable) != nil {
            return .machine("EcsContainer", .variable(variable))
        }
        return .nothing
    }

    /// What is found in one place, if something is.
    func look(
        _ provider: SDKFamily.Provider, _ profile: String, visited: [String]
    ) throws(Stop) -> Outcome? {
        switch provider {
        case .environmentKeys: try environmentKeys()
        case .environmentRole: try environmentRole(profile)
        case .role: try role(profile, visited: visited)
        case .webIdentity: try webIdentity(profile)
        case .singleSignOn:
            (value("sso_account_id", of: profile) ?? value("sso_role_name", of: profile)).map {
                .singleSignOn($0.place)
            }
        case .login: value("login_session", of: profile).map { .login($0.place) }
        case .keys(let file): try keys(profile, file)
        case .mergedKeys: try keys(profile, nil)
        case .process(let file):
            value("credential_process", of: profile, in: file).map { .process($0, asks: Command($0.text).askedProfile) }
        }
    }

    /// Where else there are credentials for a profile, or settings that lead to some.
    private func candidates(_ profile: String) -> [Place] {
        let variables = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"].filter { environment($0) != nil }
        let names = [
            "aws_access_key_id", "credential_process", "role_arn", "web_identity_token_file", "sso_account_id",
            "login_session",
        ]
        let files: [ConfigDocument.File] = [.credentials, .config]
        return variables.map(Place.variable)
            + names.flatMap { name in files.compactMap { value(name, of: profile, in: $0)?.place } }
    }
}

extension FamilyResolver: ProfileSettings {
    func setting(_ name: String, of profile: String) -> String? { find(name, of: profile)?.text }

    func filesWithKeys(of profile: String) -> Set<ConfigDocument.File> {
        Set(
            [.config, .credentials].filter { file in
                ["aws_access_key_id", "aws_secret_access_key"].contains { find($0, of: profile, in: file) != nil }
            })
    }

    func asksStore(_ profile: String) -> Bool {
        find("credential_process", of: profile).map { Command($0.text).askedProfile == profile } ?? !exists(profile)
    }
}
