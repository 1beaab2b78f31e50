/// What the two AWS files say of profiles, credentials winning over config.
public protocol ProfileSettings {
    /// Whether there's a profile of that name.
    func exists(_ profile: String) -> Bool
    /// A setting of a profile that is no secret.
    func setting(_ name: String, of profile: String) -> String?
    /// The files that have keys for a profile in plain text, or a half of one.
    func filesWithKeys(of profile: String) -> Set<ConfigDocument.File>
    /// Whether the profile has a line that asks our store, or needs none to get its key from there.
    func asksStore(_ profile: String) -> Bool
}

/// The roles that a profile leads to, one by one, and the credentials that the first of them is assumed with: as
/// botocore and the AWS CLI follow `source_profile`.
public struct RoleChain: Codable, Equatable, Sendable {
    /// What it begins with.
    public let source: CredentialSource
    /// The roles, in the order in which they are assumed; none for a profile that has credentials of its own.
    public let roles: [Role]

    /// How many roles a chain has at most: each is a call to STS before the last one's answer.
    public static let mostRoles = 256

    /// A chain.
    public init(source: CredentialSource, roles: [Role]) {
        self.source = source
        self.roles = roles
    }

    /// The chain of a profile.
    ///
    /// - Throws: ``RoleChainError``.
    public init(of profile: String, in settings: some ProfileSettings) throws(RoleChainError) {
        guard settings.exists(profile) else { throw .noProfile(profile, namedBy: nil) }
        var roles: [Role] = []
        var visited = [profile]
        var next = profile
        while true {
            let (link, role) = try RoleReader(profile: next, settings: settings).link(after: roles.first?.profile)
            if let role {
                guard roles.count < Self.mostRoles else { throw .tooLong(profile: profile) }
                roles.insert(role, at: 0)
            }
            switch link {
            case .source(let source), .role(let source):
                (self.source, self.roles) = (source, roles)
                return
            case .roleOf(let name):
                if visited.contains(name) {
                    let named = RoleReader(profile: name, settings: settings)
                    guard name == next, named.hasKey else { throw .cycle(visited + [name]) }
                }
                visited.append(name)
                next = name
            }
        }
    }
}

/// One profile's part of a chain.
public enum RoleLink {
    /// Credentials of its own.
    case source(CredentialSource)
    /// A role with credentials that aren't a profile's.
    case role(source: CredentialSource)
    /// A role, and the profile whose credentials it is assumed with.
    case roleOf(source: String)

    /// A profile's part, as ``RoleChain`` has it.
    ///
    /// - Parameter other: the profile that builds on it; `nil` where the chain ends with it.
    /// - Throws: ``RoleChainError``, but `cycle` and `tooLong`.
    public init(
        of profile: String, after other: String?, in settings: some ProfileSettings
    ) throws(RoleChainError) {
        self = try RoleReader(profile: profile, settings: settings).link(after: other).link
    }
}

/// Reads what one profile says about a role.
private struct RoleReader<Settings: ProfileSettings> {
    let profile: String
    let settings: Settings

    /// Whether awskeys has taken the role over from the SDKs, which only see that they are to ask it.
    private var isAdopted: Bool {
        settings.setting(Role.adoptedPrefix + "role_arn", of: profile) != nil
    }

    /// A setting that has another name in an adopted profile, unless it came in later or was still to be renamed.
    func own(_ name: String) -> String? {
        (isAdopted ? settings.setting(Role.adoptedPrefix + name, of: profile) : nil)
            ?? settings.setting(name, of: profile)
    }

    /// With a web identity's token, the role is that one's.
    var isRole: Bool { own("role_arn") != nil && own("web_identity_token_file") == nil }

    /// The profile's part of a chain, with its role if that is part of it.
    func link(after other: String?) throws(RoleChainError) -> (link: RoleLink, role: Role?) {
        // A profile's own keys go before its role if another one builds on it.
        guard isRole, !(other != nil && hasOwnKey(after: other)) else { return (.source(try source()), nil) }
        let role = try role()
        switch (own("source_profile"), own("credential_source")) {
        case (.some, .some): throw .twoSources(profile: profile)
        case (nil, nil): throw .noSource(profile: profile)
        case (nil, "Environment"): return (.role(source: .environment(profile: profile)), role)
        case (nil, let name?): return (.role(source: .other(profile: profile, source: name)), role)
        case (let name?, nil):
            guard settings.exists(name) else { throw .noProfile(name, namedBy: profile) }
            return (.roleOf(source: name), role)
        }
    }

    /// Whether the profile has a key itself, be it in plain text or in the store.
    var hasKey: Bool { !settings.filesWithKeys(of: profile).isEmpty || isAdopted && settings.asksStore(profile) }

    /// Whether a profile that builds on this one gets its key, rather than its role.
    ///
    /// - Parameter other: the one that builds on it.
    func hasOwnKey(after other: String?) -> Bool {
        !settings.filesWithKeys(of: profile).isEmpty || other == profile && hasKey
    }

    /// The credentials that the profile has itself, as SDKs look for them.
    func source() throws(RoleChainError) -> CredentialSource {
        if let file = own("web_identity_token_file"), !file.isEmpty {
            guard own("role_arn") != nil else { throw .noRole(profile: profile) }
            return .webIdentity(WebIdentity(role: try role(), tokenFile: file))
        }
        let keys = settings.filesWithKeys(of: profile)
        if settings.setting("sso_account_id", of: profile) ?? settings.setting("sso_role_name", of: profile) != nil {
            return .singleSignOn(profile: profile)
        }
        if keys.contains(.credentials) { return .keys(profile: profile) }
        if settings.setting("login_session", of: profile) != nil { return .login(profile: profile) }
        if settings.asksStore(profile) { return .store(profile: profile) }
        if let command = settings.setting("credential_process", of: profile) {
            return .process(profile: profile, command: command)
        }
        return keys.contains(.config) ? .keys(profile: profile) : .none(profile: profile)
    }

    func role() throws(RoleChainError) -> Role {
        // With a web identity, the others aren't looked at.
        let needed = isRole ? ["role_arn", "external_id", "mfa_serial"] : ["role_arn"]
        for name in needed where own(name)?.isEmpty ?? false {
            throw .emptyValue(profile: profile, setting: name)
        }
        var role = Role(profile: profile, arn: own("role_arn") ?? "")
        // To botocore, an empty name is none, and so is a duration that isn't a number.
        role.sessionName = own("role_session_name").flatMap { $0.isEmpty ? nil : $0 }
        role.externalID = own("external_id")
        role.mfaSerial = own("mfa_serial")
        role.mfaProcess = settings.setting("mfa_process", of: profile)
        let duration = own("duration_seconds").flatMap(pythonInt)
        if let duration, (900...43_200).contains(duration) {
            role.duration = duration
        } else if duration != nil, isRole {
            throw bad("duration_seconds")
        }
        role.tags = try (isRole ? list("session_tags") : []).map { (text) throws(RoleChainError) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
            guard parts.count == 2, !parts[0].isEmpty else { throw bad("session_tags") }
            return Role.Tag(key: parts[0], value: parts[1])
        }
        role.transitiveTagKeys = list("transitive_session_tags")
        role.sourceIdentity = settings.setting("source_identity", of: profile)
        role.policy = settings.setting("session_policy", of: profile)
        role.policyARNs = list("session_policy_arns")
        return role
    }

    private func bad(_ setting: String) -> RoleChainError { .badValue(profile: profile, setting: setting) }

    /// What stands between commas.
    private func list(_ name: String) -> [String] {
        (settings.setting(name, of: profile) ?? "").split(separator: ",").map(trimmed).filter { !$0.isEmpty }
    }

    private func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

/// A whole number as Python's `int` reads it, in ASCII digits; `nil` if it is none. One that is far too large stays so.
private func pythonInt(_ text: String) -> Int? {
    var digits = Array(text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed())[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    var number = 0
    for group in digits.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false) {
        guard !group.isEmpty else { return nil }
        for digit in group {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = min(number, 1_000_000) * 10 + Int(digit - UInt8(ascii: "0"))
        }
    }
    return isNegative ? -number : number
}
