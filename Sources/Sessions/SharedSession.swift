import AWSAPI
import AWSConfig
import CredentialProcess
import Foundation
import KeyCache
import SealedStore
import Sealing
import Unlocking

extension Resolver {
    /// The session that is wanted: the one that is kept, if it is still good for a while; else a new one, which one of
    /// all processes that want it gets for the others.
    ///
    /// - Parameter isLast: whether it is the one that was asked for, and not one that another is got with.
    func session(_ wanted: Wanted, isLast: Bool = false) throws(SessionError) -> Session {
        if isLast, options.duration != nil || options.noSession { return try get(wanted, isLast: true) }
        let bond = try bond(of: wanted)
        while true {
            switch kept(wanted, bond) {
            case .some(let session) where world.now < session.renewal: return session
            default: break
            }
            guard !world.isUnderWay(.session(wanted.name)) else { throw .circularSession(wanted.name) }
            let meeting = Meeting(
                store: store, about: .session(hexadecimal(sessions.id(of: wanted.name))), until: world.deadline
            ) {
                self.world.report(.waiting(session: wanted.name))
            }
            switch meeting.join(sits: true) {
            case .asker(let seat): return try act(wanted, bond, at: seat)
            case .told(let message):
                guard let outcome = Outcome(reading: message) else { break }
                switch consume outcome {
                case .session(let session):
                    if session.isGood(for: wanted, bond, now: world.now) { return session }
                case .failure(let shared):
                    let error = shared.error
                    // A person who has just asked for it may try again after somebody else's no.
                    if options.isForProgram || !error.isRefusal { throw error }
                }
            // Somebody else may have been quicker.
            case .left: break
            case .late:
                switch kept(wanted, bond) {
                case .some(let session): return session
                case nil: throw .late(session: wanted.name)
                }
            }
        }
    }

    /// Gets the session for all who wait.
    private func act(
        _ wanted: Wanted, _ bond: SessionBond, at seat: consuming Seat?
    ) throws(SessionError) -> Session {
        // The last one to act may have ended just before the seat was taken.
        switch kept(wanted, bond) {
        case .some(let session) where world.now < session.renewal: return session
        default: break
        }
        let earlier = options.isForProgram ? refusal(of: wanted) : nil
        do throws(SessionError) {
            if let earlier { throw earlier }
            getting.append(.session(wanted.name))
            defer { getting.removeLast() }
            let session = try get(wanted, isLast: false).bound(bond)
            got.insert(wanted.name)
            guard session.canBeWritten() else { return session }
            // Where it can't be kept, each answer is a new one.
            try? sessions.save(session, waiting: 1000)
            tell(.session(session.copy()), to: seat)
            return session
        } catch {
            // It is good until it ends, whatever keeps a new one away.
            switch kept(wanted, bond) {
            case .some(let session):
                world.report(.servedOld(session: wanted.name, expiration: session.expiration, error))
                tell(.session(session.copy()), to: seat)
                return session
            case nil: break
            }
            if let shared = SharedSessionError(error) {
                // Remembered anew each time that somebody asks, it would never end.
                if error.isRefusal, earlier == nil { remember(shared, of: wanted) }
                tell(.failure(shared), to: seat)
            }
            throw error
        }
    }

    private func tell(_ outcome: consuming Outcome, to seat: borrowing Seat?) {
        let message = outcome.encoded()
        switch seat {
        case .some(let seat): seat.tell(message)
        case nil: break
        }
    }
}

// MARK: - What is kept

extension Resolver {
    /// The session that lies ready and hasn't ended, if it still is what is wanted.
    private func kept(_ wanted: Wanted, _ bond: SessionBond) -> Session? {
        guard let session = sessions.session(wanted.name),
            session.isGood(for: wanted, bond, now: world.now)
        else { return nil }
        // The files have changed, though nothing that matters here: the fast lane can go on with it.
        guard session.bond.files != bond.files, bond.files != .never else { return session }
        let bound = session.bound(bond)
        // Whoever else is at it does the same.
        try? sessions.save(bound, waiting: 0)
        return bound
    }

    /// What a new session would hold for.
    private func bond(of wanted: Wanted) throws(SessionError) -> SessionBond {
        let service = world.service(for: asked)
        var words = Words(kind: wanted.kind, service: service, key: "")
        var profile = ""
        var tag: [UInt8] = []
        var isConfirmed = false
        switch wanted.source {
        case .keys, .environment: words.key = try credentials(of: wanted.source).credentials.accessKeyID
        case .store(let name):
            let store = try world.openStore()
            guard let found = try reading({ () throws(StoreError) in try store.keyTag(of: name) }) else {
                throw .notInStore(profile: name)
            }
            profile = name
            tag = found
            isConfirmed = try reading { () throws(StoreError) in try store.confirmation(of: name) } != nil
        default: break
        }
        // The fast lane asks nobody, and doesn't know of the environment's keys, nor that a profile's own settings lead
        // elsewhere.
        let isForFastLane = !isConfirmed && wanted.source.isInFiles && world.service(for: wanted.name) == service
        return SessionBond(
            keyProfile: profile, keyTag: tag, settings: words.digest, addresses: world.places.addresses,
            files: world.files.isSettled && isForFastLane ? world.files : .never)
    }

    /// What was asked for, in words.
    private struct Words: Encodable {
        let kind: Wanted.Kind
        let service: String
        /// The id of the key that it was asked with, where that isn't one of the store's.
        var key: String

        var digest: [UInt8] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            // All of it is texts and numbers, which always can be encoded.
            return sha256(Array((try? encoder.encode(self)) ?? Data()).span)
        }
    }
}

extension Session {
    /// Whether it is what is wanted, and hasn't ended. It may be due for renewal.
    fileprivate borrowing func isGood(for wanted: Wanted, _ bond: SessionBond, now: Int) -> Bool {
        name == wanted.name && now < expiration && self.bond.keyTag == bond.keyTag
            && self.bond.keyProfile == bond.keyProfile && self.bond.settings == bond.settings
            && self.bond.addresses == bond.addresses
    }

    fileprivate borrowing func copy() -> Session { bound(bond) }
}

// MARK: - Refusals

extension Resolver {
    private func refusal(of wanted: Wanted) -> SessionError? {
        KeyCache.refusal(store: sessions.id(of: wanted.name)).flatMap {
            try? JSONDecoder().decode(SharedSessionError.self, from: Data($0)).error
        }
    }

    private func remember(_ error: SharedSessionError, of wanted: Wanted) {
        guard let reasons = try? JSONEncoder().encode(error) else { return }
        KeyCache.rememberRefusal(Array(reasons), store: sessions.id(of: wanted.name))
    }
}

/// What who acted says to those who wait.
private enum Outcome: ~Copyable {
    case session(Session)
    case failure(SharedSessionError)

    /// A byte for its kind, then the session's bytes, or the error as JSON.
    borrowing func encoded() -> SecretBytes {
        var message = SecretBuilder()
        switch self {
        case .session(let session):
            message.add([1].span)
            session.encoded().withBytes { message.add($0) }
        case .failure(let error):
            message.add(([2] + Array((try? JSONEncoder().encode(error)) ?? Data())).span)
        }
        return message.joined()
    }

    /// Reads a message; `nil` if it is none.
    init?(reading message: borrowing SecretBytes) {
        let rest = message.withBytes { SecretBytes(copying: $0.extracting(min(1, $0.count)...)) }
        switch message.withBytes({ $0.isEmpty ? 0 : $0[0] }) {
        case 1:
            guard let session = try? Session(reading: rest) else { return nil }
            self = .session(session)
        case 2:
            let json = Data(rest.withBytes { $0.array() })
            guard let error = try? JSONDecoder().decode(SharedSessionError.self, from: json) else { return nil }
            self = .failure(error)
        default: return nil
        }
    }
}
