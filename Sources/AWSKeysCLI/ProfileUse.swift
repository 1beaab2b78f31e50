import CredentialProcess
import KeyCache
import SealedStore
import Sealing
import Sessions
import Unlocking

extension Context {
    /// What a profile answers with: its key, or a session, which is got if there is none. That is logged, if the person
    /// wants it.
    ///
    /// - Parameter options: what was said about it; for a program, nothing is said on the way.
    func credentials(
        for profile: String, _ options: SessionOptions = SessionOptions()
    ) throws -> ProfileCredentials {
        try logging(usesOf: [profile], as: { $0.sessionToken.count > 0 ? .session : .key }) {
            try findCredentials(for: profile, options)
        }
    }

    /// Uses profiles, and logs that, if the person wants it.
    ///
    /// - Parameters:
    ///   - answer: what it has come to.
    ///   - use: the use; what it throws is logged too.
    func logging<Result: ~Copyable>(
        usesOf profiles: [String], as answer: (borrowing Result) -> UseAnswer, _ use: () throws -> Result
    ) throws -> Result {
        guard isLogged else { return try use() }
        // After the command and the subcommand.
        hideArguments(after: 2)
        let caller = Caller()
        func log(_ answer: UseAnswer) {
            for profile in profiles { logUse(of: profile, by: caller, answer, isApart: true) }
        }
        do {
            let result = try use()
            log(answer(result))
            return result
        } catch {
            log((error as? Failure)?.code == .locked ? .refused : .failed)
            throw error
        }
    }

    /// Whether uses are logged: as the settings say, else as those did with which the store was unlocked.
    var isLogged: Bool {
        if let isLogged = settings().isLogged { return isLogged }
        guard let path = try? storePath(), let store = try? ClosedStore(at: path) else { return false }
        return KeyCache.load(store: store.id, isUse: false)?.isLogged ?? false
    }

    private func findCredentials(for profile: String, _ options: SessionOptions) throws -> ProfileCredentials {
        // A program has one deadline for everything; a person who has just unlocked the store has all the time again.
        let deadline = Deadline(in: Unlocker.patience)
        let store = try UnlockedStore.unlock(in: self, options.isForProgram ? [.mayAsk, .isForProgram] : .mayAsk)
        let id = store.id
        func confirm(_ confirmation: Confirmation?, _ use: ConfirmedUse) throws {
            try self.confirm(
                confirmation, use, store: id, isForProgram: options.isForProgram,
                until: options.isForProgram ? deadline : Deadline(in: Unlocker.patience))
        }
        // As in the fast lane, a key that may go out needs nothing of the AWS files.
        let mayBeKey = options.noSession || options.duration == nil && !options.wantsSession
        var own: Confirmation?
        if let key = try store.keyIfThere(of: profile) {
            own = key.confirmation
            if mayBeKey, !key.isSessionsOnly || options.noSession {
                guard options.duration == nil else {
                    throw Failure(.fixedDuration(profile: profile), profile: profile, store: store.path)
                }
                try confirm(own, store.ownKey(of: profile))
                var credentials = ProfileCredentials(key)
                credentials.isConfirmed = own != nil
                return credentials
            }
        }
        let world = try LiveSessions(store, of: profile, options, until: deadline)
        func session<Result: ~Copyable>(_ body: () throws(SessionError) -> Result) throws -> Result {
            do throws(SessionError) {
                return try body()
            } catch {
                throw Failure(error, profile: profile, store: world.store.path)
            }
        }
        let source = try session { () throws(SessionError) in try world.confirmation(of: profile) }
        let confirmation = Confirmation.stricter(own, source.confirmation)
        // Also for a session that lies ready: it is the profile's use that somebody agrees to.
        try confirm(confirmation, source.use)
        if !options.isForProgram { world.deadline = Deadline(in: Unlocker.patience) }
        var credentials = try session { () throws(SessionError) in try world.resolver().credentials(for: profile) }
        credentials.isConfirmed = confirmation != nil
        return credentials
    }
}
