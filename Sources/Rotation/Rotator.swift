public import AWSAPI
public import SealedStore

/// Replaces access keys: one small loop over the steps of ``Rotation``, each sealed before the next begins.
public final class Rotator {
    /// How a run ended.
    public enum Outcome: Equatable, Sendable {
        /// Both keys exist; the next step is due at a time, in seconds since 1970.
        case resting(Rotation.State, until: UInt64)
        /// Nothing is left to do.
        case finished
        /// The request for a new key never made one; the rotation is forgotten.
        case nothingMade
    }

    let client: AWSClient
    let access: IAMAccess
    let store: RotationStore
    let now: () -> Int
    let report: (RotationProgress) -> Void
    /// Whom the keys belong to, once that is known.
    public internal(set) var identity: CallerIdentity?
    /// What this run has deleted; IAM may go on listing it for a moment.
    var deleted: Set<String> = []

    /// A rotator for the keys of one user.
    ///
    /// - Parameters:
    ///   - now: the time, in seconds since 1970.
    ///   - askForCode: asks for a code where a policy demands multi-factor authentication; `nil` where nobody can
    ///     give one. It is asked once.
    ///   - report: what is told while it goes on.
    public init(
        client: AWSClient, store: RotationStore, now: @escaping () -> Int,
        askForCode: @escaping (CallerIdentity) -> MFACode?, report: @escaping (RotationProgress) -> Void
    ) {
        self.client = client
        self.store = store
        self.now = now
        self.report = report
        access = IAMAccess(client: client, now: now, askForCode: askForCode, report: report)
    }

    /// Makes a new key in the place of one, and goes on from there.
    ///
    /// - Parameters:
    ///   - key: the key that profiles answer with.
    ///   - examination: what IAM said about it.
    ///   - profile: the profile whose settings lead to AWS.
    ///   - replacing: the id of another key of the user that may be deleted for it.
    ///   - grace: how long the old key can be brought back, in seconds.
    ///   - isKeptActive: whether it stays active for the grace period.
    public func rotate(
        _ key: borrowing KeyRecord, _ examination: Examination, profile: String, replacing: String?, grace: UInt32,
        isKeptActive: Bool
    ) throws(RotationError) -> (id: [UInt8], outcome: Outcome) {
        precondition(key.accessKeyID == examination.key.id, "a key is rotated that was examined")
        let staying = examination.others.filter { $0.id != replacing }
        guard staying.isEmpty else { throw .twoKeys(try describe(examination.keys, with: key)) }
        for going in examination.others { try removeReplaced(going.id, of: examination.user, for: key) }
        var rotation = Rotation(
            of: key.copy(), user: examination.user, account: examination.identity.account, profile: profile,
            seen: [key.accessKeyID], now: now(), grace: grace, isKeptActive: isKeptActive)
        let id = try seal(rotation)
        try create(&rotation, id)
        return (id, try carryOn(id, &rotation, towards: .forward(deletesAtOnce: false), replacing: []))
    }

    /// Goes on with a rotation that was begun before.
    ///
    /// - Parameter replacing: the ids of keys that may be deleted where the request for a new key got no answer.
    public func resume(
        _ id: [UInt8], towards goal: RotationGoal, replacing: Set<String> = []
    ) throws(RotationError) -> Outcome {
        var rotation: Rotation?
        try attempt { () throws(StoreError) in
            try store.read { (draft) throws(StoreError) in rotation = try draft.rotation(id) }
        }
        guard var rotation = rotation.take() else { return .finished }
        // Users can be renamed. A key that isn't known any more is found out about where it's needed.
        if let identity = try? client.callerIdentity(with: rotation.serving.credentials) {
            self.identity = identity
            if let name = identity.userName, identity.account == rotation.account { rotation.rename(to: name) }
        }
        return try carryOn(id, &rotation, towards: goal, replacing: replacing)
    }

    private func carryOn(
        _ id: [UInt8], _ rotation: inout Rotation, towards goal: RotationGoal, replacing: Set<String>
    ) throws(RotationError) -> Outcome {
        var goal = goal
        while true {
            let holders = try holders(of: rotation)
            do throws(RotationError) {
                if let outcome = try takeStep(id, &rotation, &goal, holders, replacing) { return outcome }
            } catch {
                guard error.isUnknownKey, holders == .none else { throw error }
                // No profile has the keys any more, and none of them tells what became of the other.
                try forget(id)
                report(.unchecked(ids: [rotation.serving.accessKeyID, rotation.otherID].filter { !$0.isEmpty }))
                return .finished
            }
        }
    }

    /// Takes the next step.
    ///
    /// - Returns: how the run ended; `nil` if it goes on.
    private func takeStep(
        _ id: [UInt8], _ rotation: inout Rotation, _ goal: inout RotationGoal, _ holders: KeyHolders,
        _ replacing: Set<String>
    ) throws(RotationError) -> Outcome? {
        switch rotation.nextStep(towards: goal, now: now(), holders: holders) {
        case .settle:
            try settle(rotation, since: Int(clamping: rotation.began), replacing: replacing)
            try end(rotation, id, holders)
            return .nothingMade
        case .prove:
            try prove(rotation, id)
            try switchKeys(&rotation, id)
        case .withdraw:
            try withdraw(rotation, isServed: holders.serving)
            try end(rotation, id, holders)
            return .finished
        case .share:
            try share(rotation.serving, withProfilesOf: rotation.otherID)
        case .deactivate:
            let serving = rotation.serving.accessKeyID
            guard try deactivate(&rotation, id) else {
                try end(rotation, id, holders)
                return .finished
            }
            // After a swap, it is another key that waits to be deleted than the one that was meant.
            if rotation.serving.accessKeyID != serving { goal = .forward(deletesAtOnce: false) }
        case .restore:
            try step(&rotation, id) { $0.restore() }
        case .reactivate:
            try reactivate(rotation, id)
            try switchKeys(&rotation, id)
            goal = .forward(deletesAtOnce: false)
        case .giveUpRestoring:
            try step(&rotation, id) { $0.giveUpRestoring() }
        case .delete:
            try delete(rotation)
            try end(rotation, id, holders)
            return .finished
        case .rest(let time):
            return .resting(rotation.state, until: time)
        }
        return nil
    }

    /// Forgets a rotation; a key that stays without a profile is named.
    private func end(
        _ rotation: borrowing Rotation, _ id: [UInt8], _ holders: KeyHolders
    ) throws(RotationError) {
        try forget(id)
        if !holders.serving { report(.unowned(id: rotation.serving.accessKeyID)) }
    }
}
