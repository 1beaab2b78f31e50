import AWSAPI
import AWSConfig
import CredentialProcess
import SealedStore
import Sealing

/// What a chain begins with: the credentials that sign its first call.
struct Source: ~Copyable {
    let credentials: AWSCredentials
    /// When they end, in seconds since 1970; `nil` for a long-term key, or where it isn't known.
    var expiration: Int?
    /// Whether nobody is to have the key, but sessions that are got with it.
    var isSessionsOnly = false

    /// Whether they are a user's own key, so that sessions can be got with them.
    var isLongTerm: Bool { credentials.sessionToken.count == 0 && expiration == nil }

    consuming func signing() -> AWSCredentials { credentials }
}

/// What a program has answered, which may have asked a person: one command runs it once.
final class ProgramAnswer {
    private let document: ProcessCredentials

    init(_ document: consuming ProcessCredentials) { self.document = document }

    var source: Source { Source(credentials: document.credentials.copy(), expiration: document.expiration) }

    /// - Parameter now: the time, in seconds since 1970.
    func isGood(at now: Int) -> Bool { document.expiration.map { now < $0 } ?? true }
}

extension Resolver {
    /// The credentials that a chain begins with, but for a web identity, which is a session of its own.
    func credentials(of source: CredentialSource) throws(SessionError) -> Source {
        switch source {
        case .keys(let profile): return Source(credentials: try world.plainKeys(of: profile))
        case .store(let profile): return try key(of: profile)
        case .process(let profile, let command): return try run(["/bin/sh", "-c", command], for: profile)
        case .singleSignOn(let profile), .login(let profile):
            return try run(
                ["aws", "configure", "export-credentials", "--profile", profile, "--format", "process"], for: profile)
        case .environment(let profile): return try variables(for: profile)
        case .other(let profile, let name): throw .notOurs(profile: profile, source: name)
        case .none(let profile): throw .noCredentials(profile: profile)
        case .webIdentity(let identity):
            let chain = RoleChain(source: source, roles: [])
            let session = try session(.role(chain, name: identity.role.profile))
            return Source(credentials: session.credentials, expiration: session.expiration)
        }
    }

    private func key(of profile: String) throws(SessionError) -> Source {
        let store = try world.openStore()
        guard let key = try reading({ () throws(StoreError) in try store.key(of: profile) }) else {
            throw .notInStore(profile: profile)
        }
        return Source(
            credentials: AWSCredentials(accessKeyID: key.accessKeyID, secretAccessKey: key.secretAccessKey.copy()),
            isSessionsOnly: key.isSessionsOnly)
    }

    private func variables(for profile: String) throws(SessionError) -> Source {
        let id = world.variable("AWS_ACCESS_KEY_ID")
        let secret = world.variable("AWS_SECRET_ACCESS_KEY")
        guard id.count > 0, secret.count > 0 else { throw .noVariables(profile: profile) }
        return Source(
            credentials: AWSCredentials(
                accessKeyID: id.withBytes { String(decoding: $0.array(), as: UTF8.self) }, secretAccessKey: secret,
                sessionToken: world.variable("AWS_SESSION_TOKEN")))
    }

    private func run(_ words: [String], for profile: String) throws(SessionError) -> Source {
        guard !world.isUnderWay(.program(profile: profile)) else { throw .circular(profile: profile) }
        let failure: SessionError =
            words[0] == "aws" ? .needsCLI(profile: profile) : .program(profile: profile, command: words[2])
        if let earlier = ran[profile], earlier.isGood(at: world.now) { return earlier.source }
        guard let output = world.output(of: words, for: [.program(profile: profile)] + getting) else { throw failure }
        guard let document = try? processCredentials(fromDocument: output) else { throw failure }
        let answer = ProgramAnswer(document)
        guard answer.isGood(at: world.now) else { throw .ended(profile: profile) }
        ran[profile] = answer
        return answer.source
    }
}

/// Reads the store; what fails there is a ``SessionError/store(_:)``.
func reading<Result: ~Copyable>(_ body: () throws(StoreError) -> Result) throws(SessionError) -> Result {
    do throws(StoreError) {
        return try body()
    } catch {
        throw .store(error)
    }
}

extension Session {
    /// What requests are signed with.
    var credentials: AWSCredentials {
        AWSCredentials(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy(), sessionToken: sessionToken.copy())
    }
}

extension CredentialSource {
    /// The profile that it is in.
    var profile: String {
        switch self {
        case .keys(let profile), .store(let profile), .process(let profile, _), .singleSignOn(let profile),
            .login(let profile), .environment(let profile), .other(let profile, _), .none(let profile):
            profile
        case .webIdentity(let identity): identity.role.profile
        }
    }

    /// Whether the AWS files and the store say all about it.
    var isInFiles: Bool {
        if case .environment = self { false } else { true }
    }
}
