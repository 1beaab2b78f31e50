/// A role as a profile asks for it.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
public struct Role: Codable, Equatable, Sendable {
    /// The profile.
    public let profile: String
    /// Its ARN (`role_arn`).
    public let arn: String
    /// What CloudTrail calls the session (`role_session_name`).
    public var sessionName: String?
    /// What the role's owner wants to hear (`external_id`).
    public var externalID: String?
    /// How long a session lives, in seconds (`duration_seconds`).
    public var duration: Int?
    /// The device for multi-factor authentication that its policy wants (`mfa_serial`).
    public var mfaSerial: String?
    /// The command that prints the device's code (`mfa_process`).
    public var mfaProcess: String?
    /// Tags of the session (`session_tags`).
    public var tags: [Tag] = []
    /// The keys of those that the next role gets too (`transitive_session_tags`).
    public var transitiveTagKeys: [String] = []
    /// Who is behind it (`source_identity`).
    public var sourceIdentity: String?
    /// A policy that takes rights away, as JSON (`session_policy`).
    public var policy: String?
    /// Managed policies that take rights away (`session_policy_arns`).
    public var policyARNs: [String] = []

    /// What the names of settings begin with that awskeys has taken over, so that SDKs pass over them.
    public static let adoptedPrefix = "awskeys_"
    /// The settings that SDKs would act on, or trip over, if they stood beside a line that asks awskeys.
    public static let settingsOfSDKs = [
        "role_arn", "source_profile", "credential_source", "external_id", "role_session_name", "duration_seconds",
        "mfa_serial", "web_identity_token_file",
    ]

    /// A tag.
    public struct Tag: Codable, Equatable, Sendable {
        /// Its key.
        public let key: String
        /// Its value.
        public let value: String

        /// A tag.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// A role without anything else.
    public init(profile: String, arn: String) {
        self.profile = profile
        self.arn = arn
    }
}

/// Where the credentials come from that a chain of roles begins with.
public enum CredentialSource: Codable, Equatable, Sendable {
    /// Keys that a profile has in plain text.
    case keys(profile: String)
    /// The key that our store has for a profile.
    case store(profile: String)
    /// What a profile's `credential_process` prints.
    case process(profile: String, command: String)
    /// IAM Identity Center.
    case singleSignOn(profile: String)
    /// A sign-in to the console (`login_session`).
    case login(profile: String)
    /// A role for whoever has the token that a file holds.
    case webIdentity(WebIdentity)
    /// The keys in the environment, which a profile names as its `credential_source`.
    case environment(profile: String)
    /// Another `credential_source`, which is on AWS's machines only.
    case other(profile: String, source: String)
    /// A profile without credentials.
    case none(profile: String)
}

/// A role for whoever has a token of an identity provider's.
public struct WebIdentity: Codable, Equatable, Sendable {
    /// The role.
    public let role: Role
    /// The file that the token lies in.
    public let tokenFile: String

    /// A role and a token.
    public init(role: Role, tokenFile: String) {
        self.role = role
        self.tokenFile = tokenFile
    }
}

/// Why settings describe no chain of roles.
public enum RoleChainError: Error, Codable, Equatable, Sendable {
    /// There is no such profile; the profile that names it as its source, if one does.
    case noProfile(String, namedBy: String?)
    /// More roles than anybody has, one on the other.
    case tooLong(profile: String)
    /// Profiles that name each other as their sources, in the order in which they do.
    case cycle([String])
    /// A profile with a role has both `source_profile` and `credential_source`.
    case twoSources(profile: String)
    /// A profile with a role has neither of the two.
    case noSource(profile: String)
    /// A profile has a web identity's token and no role for it.
    case noRole(profile: String)
    /// A setting of a profile whose value can't be understood.
    case badValue(profile: String, setting: String)
    /// A setting of a profile that needs a value and has none.
    case emptyValue(profile: String, setting: String)
}
