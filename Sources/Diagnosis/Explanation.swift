public import AWSConfig

/// What every SDK family would use, and why.
public struct Explanation: Sendable {
    /// The profile that the program names; `nil` where it names none.
    public let profile: String?
    /// What each family does.
    public let answers: [FamilyAnswer]
    /// What awskeys answers those who ask it, by the name of the profile: its chain of roles.
    public let chains: [String: Result<RoleChain, RoleChainError>]
    /// Whether some family finds a profile of that name.
    public let isKnown: Bool
    /// The families that would take the keys of the environment if `AWS_PROFILE` named the profile, rather than the
    /// program.
    public let environmentWins: [String]

    /// Explains.
    ///
    /// - Parameters:
    ///   - profile: the one that the program names (`--profile`), if it does.
    ///   - environment: a variable that is no secret; `nil` if it isn't set.
    ///   - hasSecret: whether a variable that is one is set.
    public init(
        of profile: String?, config: ExplanationFile, credentials: ExplanationFile,
        environment: @escaping (String) -> String?, hasSecret: @escaping (String) -> Bool
    ) {
        self.profile = profile
        var readings: [FamilySyntax: (config: FamilyReading, credentials: FamilyReading)] = [:]
        for family in SDKFamily.all where readings[family.syntax] == nil {
            readings[family.syntax] = (
                FamilyReading(config, family.syntax), FamilyReading(credentials, family.syntax)
            )
        }
        func resolver(_ family: SDKFamily) -> FamilyResolver? {
            readings[family.syntax].map {
                FamilyResolver(
                    family: family, config: $0.config, credentials: $0.credentials, environment: environment,
                    hasSecret: hasSecret)
            }
        }
        let resolvers = SDKFamily.all.compactMap(resolver)
        answers = resolvers.map { $0.answer(for: profile) }
        isKnown = zip(resolvers, answers).contains { $0.exists($1.profile) }
        let keys = environment("AWS_ACCESS_KEY_ID") != nil && hasSecret("AWS_SECRET_ACCESS_KEY")
        environmentWins =
            profile != nil && keys
            ? SDKFamily.all.filter { $0.byVariable.first == .environmentKeys }.map(\.id) : []
        var chains: [String: Result<RoleChain, RoleChainError>] = [:]
        let settings = resolvers.first
        for name in Set(answers.compactMap(\.outcome.asked)) {
            guard let settings else { continue }
            do throws(RoleChainError) {
                chains[name] = .success(try RoleChain(of: name, in: settings))
            } catch {
                chains[name] = .failure(error)
            }
        }
        self.chains = chains
    }

    /// The families, those together that get the same.
    public var groups: [[FamilyAnswer]] {
        var groups: [[FamilyAnswer]] = []
        for answer in answers {
            if let same = groups.firstIndex(where: { $0[0].outcome.isSame(as: answer.outcome) }) {
                groups[same].append(answer)
            } else {
                groups.append([answer])
            }
        }
        return groups
    }
}

/// What one family does.
public struct FamilyAnswer: Sendable {
    /// The family.
    public let family: SDKFamily
    /// The profile that it takes.
    public let profile: String
    /// What names that: a variable, or `nil` where it is the program or nothing.
    public let namedBy: String?
    /// What it ends up with.
    public let outcome: Outcome
    /// Other credentials that it has passed over.
    public let passedOver: [Place]
}

extension Outcome {
    /// The name that awskeys is asked for in the end.
    public var asked: String? {
        switch self {
        case .process(_, let name): name
        case .role(_, let source): source.asked
        default: nil
        }
    }

    /// Where what it is made of stands.
    var places: [Place] {
        switch self {
        case .key(let key): key.places
        case .process(let setting, _): [setting.place]
        case .role(let role, let source): [role.place] + source.places
        case .webIdentity(let role, let file): [role.place, file]
        case .singleSignOn(let place), .login(let place), .machine(_, let place): [place]
        case .nothing, .stops: []
        }
    }
}
