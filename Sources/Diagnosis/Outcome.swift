public import AWSConfig

/// What an SDK family ends up with.
public indirect enum Outcome: Sendable {
    /// A key in plain text, of the environment or a profile.
    case key(FoundKey)
    /// What a program prints; the name that it asks awskeys for, if it does.
    case process(FoundSetting, asks: String?)
    /// A role, assumed with other credentials.
    case role(FoundRole, with: Outcome)
    /// A role, assumed with the token of an identity provider.
    case webIdentity(FoundRole, tokenFile: Place)
    /// IAM Identity Center.
    case singleSignOn(Place)
    /// A sign-in to the console.
    case login(Place)
    /// What only the machine that it runs on can give: a `credential_source`, or a variable that names an endpoint.
    case machine(String, Place)
    /// Nothing, except on machines of AWS's, which may have a role themselves.
    case nothing
    /// It stops with an error.
    case stops(SDKError)

    /// Whether there are credentials, as far as that can be known.
    public var hasCredentials: Bool {
        switch self {
        case .nothing, .stops: false
        case .key(let key): !key.isEmpty
        case .role(_, let source): source.hasCredentials
        default: true
        }
    }
}

/// An access key in plain text.
public struct FoundKey: Sendable {
    /// The profile; `nil` where it is the environment's.
    public let profile: String?
    /// Where the id stands, and where the secret does.
    public let places: [Place]
    /// The id, as far as it is one.
    public let id: String?
    /// Whether there is more to the value than the id, such as a comment, and the SDK sends it along.
    public let hasMore: Bool
    /// Whether one half is empty, and requests will fail.
    public let isEmpty: Bool
    let settings: [FoundSetting]

    /// A profile's.
    init(of profile: String, _ id: FoundSetting, _ secret: FoundSetting, token: FoundSetting?) {
        self.profile = profile
        settings = [id, secret] + [token].compactMap(\.self)
        places = settings.map(\.place)
        isEmpty = id.isEmpty || secret.isEmpty
        // Whoever mixed up the lines has a secret here.
        (self.id, hasMore) = Self.parts(id.text)
    }

    /// The environment's.
    init(environment id: String) {
        (profile, isEmpty) = (nil, false)
        settings = []
        places = [.variable("AWS_ACCESS_KEY_ID")]
        (self.id, hasMore) = Self.parts(id)
    }

    private static func parts(_ text: String) -> (String?, Bool) {
        let rest = text.drop { "\"'".contains($0) }
        let id = rest.prefix { $0.isASCII && ($0.isUppercase || $0.isNumber) }
        return (16...128).contains(id.count) ? (String(id), id.count != text.count) : (nil, true)
    }
}

/// A role as an SDK family finds it.
public struct FoundRole: Sendable {
    /// The profile; `nil` where the environment has it.
    public let profile: String?
    /// Its ARN.
    public let arn: String
    /// Where that stands.
    public let place: Place
    /// The device whose code is asked for.
    public let device: FoundSetting?
}

/// Why an SDK stops.
public enum SDKError: Equatable, Sendable {
    /// It can't read a file.
    case unreadable(ConfigSyntaxError)
    /// The roles make no chain.
    case chain(RoleChainError)
    /// One half of a key only.
    case halfKey(Place)
    /// An empty half of a key.
    case emptyKey(Place)
    /// More than one kind of credentials in a profile.
    case severalKinds(profile: String)
    /// `source_profile` or `credential_source` without a role.
    case sourceWithoutRole(profile: String)
    /// The profile that a role builds on has no credentials.
    case emptySource(String, namedBy: String)
    /// A `credential_source` that it doesn't know.
    case unknownSource(Place)
    /// It can't ask for the code that a role wants.
    case needsCode(Place)
    /// The profiles that build on each other are too many to be followed.
    case tooManyRoles
    /// A role builds on the keys of the environment, which has none.
    case noVariables
}

extension Outcome {
    /// Whether both are the same credentials, wherever they stand.
    func isSame(as other: Outcome) -> Bool {
        switch (self, other) {
        case (.key(let own), .key(let other)):
            own.settings.count == other.settings.count && own.id == other.id && own.hasMore == other.hasMore
                && zip(own.settings, other.settings).allSatisfy { $0.isSame(as: $1) }
        case (.process(let own, _), .process(let other, _)): own.isSame(as: other)
        case (.role(let own, let source), .role(let other, let otherSource)):
            own.arn == other.arn && source.isSame(as: otherSource)
        case (.webIdentity(let own, let file), .webIdentity(let other, let otherFile)):
            own.arn == other.arn && file == otherFile
        case (.singleSignOn, .singleSignOn), (.login, .login), (.nothing, .nothing): true
        case (.machine(let own, _), .machine(let other, _)): own == other
        case (.stops(let own), .stops(let other)): own == other
        default: false
        }
    }
}
