import AWSAPI
import AWSConfig
public import CredentialProcess
import SealedStore
public import Sealing

/// Finds out what a profile answers with, and gets sessions from STS where it answers with one.
///
/// Sessions are kept and shared: of all processes that need one at the same time, one gets it, and the others wait.
public final class Resolver {
    let world: any SessionWorld
    let options: SessionOptions
    /// The store's id.
    let store: [UInt8]
    let sessions: SessionFolder
    /// The profile that was asked for, whose settings lead to STS for the whole of its chain, as with botocore.
    private(set) var asked = ""
    /// The sessions that are being got, each for the one before it.
    var getting: [SessionTask] = []
    /// What the programs of profiles have answered so far.
    var ran: [String: ProgramAnswer] = [:]
    /// The sessions that this process got itself.
    var got: Set<String> = []

    /// - Parameters:
    ///   - store: the store's id.
    ///   - dataKey: its data key.
    public init(
        store: [UInt8], dataKey: borrowing SealingKey, options: SessionOptions = SessionOptions(),
        in world: any SessionWorld
    ) {
        self.world = world
        self.options = options
        self.store = store
        sessions = SessionFolder(world.places.folder, store: store, dataKey: dataKey)
    }

    /// What a profile answers with.
    ///
    /// - Throws: ``SessionError``.
    public func credentials(for profile: String) throws(SessionError) -> ProfileCredentials {
        asked = profile
        let chain = try world.chain(of: profile)
        if !chain.isUsers {
            return ProfileCredentials(try session(.role(chain, name: profile), isLast: true))
        }
        let device = world.device(of: profile)
        guard options.mfaToken == nil || options.noSession || device != nil else { throw .noDevice(profile: profile) }
        let source = try credentials(of: chain.source)
        let canBeSession = source.isLongTerm && !options.noSession
        guard canBeSession || options.duration == nil else { throw .fixedDuration(profile: profile) }
        let isWanted = source.isSessionsOnly || options.wantsSession || options.duration != nil
        guard canBeSession, isWanted else {
            return ProfileCredentials(
                accessKeyID: source.credentials.accessKeyID,
                secretAccessKey: source.credentials.secretAccessKey.copy(),
                sessionToken: source.credentials.sessionToken.copy(), expiration: source.expiration)
        }
        return ProfileCredentials(
            try session(
                .user(chain.source, with: device, name: profile), isLast: true))
    }
}

/// A session that is wanted.
struct Wanted {
    /// What it is called; others that want the same call it the same.
    let name: String
    /// What is asked for: the same words mean the same session.
    let kind: Kind

    enum Kind: Encodable {
        /// A user's, by GetSessionToken, of the key that a chain begins with.
        case user(CredentialSource, MFADevice?)
        /// The last role of a chain, or the web identity that it consists of.
        case role(RoleChain)
    }

    static func user(_ source: CredentialSource, with device: MFADevice?, name: String) -> Wanted {
        Wanted(name: name, kind: .user(source, device))
    }

    static func role(_ chain: RoleChain, name: String) -> Wanted { Wanted(name: name, kind: .role(chain)) }

    /// What the chain begins with.
    var source: CredentialSource {
        switch kind {
        case .user(let source, _): source
        case .role(let chain): chain.source
        }
    }
}

extension RoleChain {
    /// Whether it is a user's own credentials, or others that were got elsewhere, and no role's session of ours.
    var isUsers: Bool {
        if case .webIdentity = source { return false }
        return roles.isEmpty
    }

    /// The profile that it is the chain of.
    var profile: String { roles.last?.profile ?? source.profile }

    /// The chain without its last role.
    var previous: RoleChain { RoleChain(source: source, roles: roles.dropLast()) }
}
