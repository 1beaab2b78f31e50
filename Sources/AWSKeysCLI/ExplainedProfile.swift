import AWSConfig
import Diagnosis

/// The document of `awskeys explain --json`.
struct ExplainedProfile: Encodable {
    let profile: String?
    let config: String
    let credentials: String
    /// Whether all families get the same.
    let agree: Bool
    let families: [Family]
    /// What awskeys answers with, by the name it is asked for.
    let awskeys: [String: Chain]
    let environmentWins: [String]

    enum CodingKeys: String, CodingKey {
        case profile, config, credentials, agree, families, awskeys
        case environmentWins = "environment_wins"
    }

    struct Family: Encodable {
        let family: String
        let measured: Bool
        let profile: String
        let namedBy: String?
        let credentials: Step
        let passedOver: [String]

        enum CodingKeys: String, CodingKey {
            case family, measured, profile, credentials
            case namedBy = "named_by"
            case passedOver = "passed_over"
        }
    }

    /// Credentials, with those that they are got with.
    final class Step: Encodable {
        let kind: String
        var profile: String?
        var accessKeyID: String?
        var hasMore: Bool?
        var empty: Bool?
        var asks: String?
        var roleARN: String?
        var mfa: Bool?
        var message: String?
        let places: [String]
        var source: Step?

        enum CodingKeys: String, CodingKey {
            case kind, profile, asks, empty, mfa, message, places, source
            case accessKeyID = "access_key_id"
            case hasMore = "has_more"
            case roleARN = "role_arn"
        }

        private init(_ kind: String, _ places: [Place], _ paths: ExplainedPaths) {
            self.kind = kind
            self.places = places.map(paths.full)
        }

        static func of(_ outcome: Outcome, _ paths: ExplainedPaths) -> Step {
            let step: Step
            switch outcome {
            case .key(let key):
                step = Step("key", key.places, paths)
                (step.profile, step.accessKeyID) = (key.profile, key.id)
                (step.hasMore, step.empty) = (key.hasMore, key.isEmpty)
            case .process(let setting, let name):
                step = Step(name == nil ? "process" : "awskeys", [setting.place], paths)
                step.asks = name
            case .role(let role, let source):
                step = Step("role", [role.place], paths)
                (step.profile, step.roleARN, step.mfa) = (role.profile, role.arn, role.device != nil)
                step.source = of(source, paths)
            case .webIdentity(let role, let file):
                step = Step("web-identity", [role.place, file], paths)
                (step.profile, step.roleARN) = (role.profile, role.arn)
            case .singleSignOn(let place): step = Step("single-sign-on", [place], paths)
            case .login(let place): step = Step("login", [place], paths)
            case .machine(_, let place): step = Step("machine", [place], paths)
            case .nothing: step = Step("nothing", [], paths)
            case .stops(let error):
                step = Step("error", [], paths)
                step.message = error.words(paths)
            }
            return step
        }
    }

    /// What awskeys does.
    struct Chain: Encodable {
        let roles: [Role]
        let error: String?

        struct Role: Encodable {
            let profile: String
            let roleARN: String

            enum CodingKeys: String, CodingKey {
                case profile
                case roleARN = "role_arn"
            }
        }
    }

    init(_ explanation: Explanation, _ paths: ExplainedPaths) {
        profile = explanation.profile
        config = paths.config
        credentials = paths.credentials
        agree = explanation.groups.count == 1
        families = explanation.answers.map { answer in
            Family(
                family: answer.family.id, measured: answer.family.isMeasured, profile: answer.profile,
                namedBy: answer.namedBy, credentials: .of(answer.outcome, paths),
                passedOver: answer.passedOver.map(paths.full))
        }
        awskeys = explanation.chains.mapValues { chain in
            switch chain {
            case .success(let chain):
                Chain(roles: chain.roles.map { Chain.Role(profile: $0.profile, roleARN: $0.arn) }, error: nil)
            case .failure(let error): Chain(roles: [], error: Failure(error).message)
            }
        }
        environmentWins = explanation.environmentWins
    }
}
