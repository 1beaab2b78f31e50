public import AWSAPI
public import SealedStore

/// Replaces access keys: one small loop over the steps of ``Rotation``, each sealed before the next begins.
public final class Rotator {
    /// What is told while it goes on.
    public enum Progress: Equatable, Sendable {
        /// A lost answer may stand for a new key, which IAM is given time to show, in seconds.
        case settling(seconds: Int)
        /// IAM made a new key.
        case created(id: String)
        /// IAM and STS know a key so far; a number of answers in a row, of those that are wanted.
        case proving(id: String, answers: Int, of: Int)
        /// Profiles answer with another key.
        case switched(from: String, to: String)
        /// Programs that got the old key a moment ago are given time to use it, in seconds.
        case draining(seconds: Int)
        /// Somebody still uses the old key.
        case stillUsed(id: String, KeyUse)
        /// A key is inactive.
        case deactivated(id: String)
        /// A key is active again.
        case reactivated(id: String)
        /// A key is deleted.
        case deleted(id: String)
        /// The new key turned out dead, so profiles answer with the old one again.
        case fellBack(to: String)
    }

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
    let report: (Progress) -> Void
    private let store: RotationStore
    let now: () -> Int

    /// A rotator for the keys of one user.
    ///
    /// - Parameters:
    ///   - now: the time, in seconds since 1970.
    ///   - askForCode: asks for a code where a policy demands multi-factor authentication; `nil` where nobody can
    ///     give one. It is asked once.
    ///   - report: what is told while it goes on.
    public init(
        client: AWSClient, store: RotationStore, now: @escaping () -> Int,
        askForCode: @escaping (CallerIdentity) -> MFACode?, report: @escaping (Progress) -> Void
    ) {
        self.client = client
        self.store = store
        self.now = now
        self.report = report
        access = IAMAccess(client: client, now: now, askForCode: askForCode)
    }

    /// Makes a new key in the place of one, and goes on from there.
    ///
    /// - Parameters:
    ///   - key: the key that profiles answer with.
    ///   - examination: what IAM said about it.
    ///   - replacing: the id of another key of the user that may be deleted for it.
    ///   - grace: how long the old key can be brought back, in seconds.
    ///   - isKeptActive: whether it stays active for the grace period.
    public func rotate(
        _ key: borrowing KeyRecord, _ examination: Examination, replacing: String?, grace: UInt32, isKeptActive: Bool
    ) throws(RotationError) -> (id: [UInt8], outcome: Outcome) {
        let going = examination.others.filter { $0.id == replacing }
        let staying = examination.others.filter { $0.id != replacing }
        guard staying.isEmpty else { throw .twoKeys(try describe(examination.keys, with: key)) }
        for other in going {
            try share(key, withProfilesOf: other.id)
            try removeReplaced(other.id, of: examination.user, with: key)
        }
        var rotation = Rotation(
            of: key.copy(), user: examination.user, account: examination.identity.account,
            seen: [key.accessKeyID], now: now(), grace: grace, isKeptActive: isKeptActive)
        let id = try seal(rotation)
        try create(&rotation, id)
        return (id, try carryOn(id, &rotation, towards: .forward(deletesAtOnce: false), replacing: []))
    }

    /// Goes on with a rotation that was begun before.
    ///
    /// - Parameters:
    ///   - replacing: the ids of keys that may be deleted where the request for a new key got no answer.
    public func resume(
        _ id: [UInt8], towards goal: RotationGoal, replacing: Set<String> = []
    ) throws(RotationError) -> Outcome {
        var rotation: Rotation?
        try attempt { () throws(StoreError) in
            try store.read { (draft) throws(StoreError) in rotation = try draft.rotation(id) }
        }
        guard var rotation = rotation.take() else { return .finished }
        return try carryOn(id, &rotation, towards: goal, replacing: replacing)
    }

    private func carryOn(
        _ id: [UInt8], _ rotation: inout Rotation, towards goal: RotationGoal, replacing: Set<String>
    ) throws(RotationError) -> Outcome {
        var goal = goal
        while true {
            let served = rotation.serving.accessKeyID
            let isServed = try sealed { (draft) throws(StoreError) in try !draft.profiles(with: served).isEmpty }
            switch rotation.nextStep(towards: goal, now: now(), isServed: isServed) {
            case .settle:
                try settle(rotation, replacing: replacing)
                try forget(id)
                return .nothingMade
            case .prove:
                try prove(rotation)
                try switchKeys(&rotation, id)
            case .withdraw:
                try removeOther(rotation)
                try forget(id)
                return .finished
            case .deactivate:
                guard try deactivate(&rotation, id) else { return .finished }
            case .restore:
                try step(&rotation, id) { $0.restore() }
            case .reactivate:
                try reactivate(rotation, id)
                try switchKeys(&rotation, id)
                if goal == .back { goal = .forward(deletesAtOnce: false) }
            case .delete:
                try removeOther(rotation)
                try forget(id)
                return .finished
            case .rest(let time):
                return .resting(rotation.state, until: time)
            }
        }
    }
}

// MARK: - The store

extension Rotator {
    /// Looks something up in the store.
    func sealed<Result>(
        _ look: (borrowing StoreDraft) throws(StoreError) -> Result
    ) throws(RotationError) -> Result {
        var result: Result?
        try attempt { () throws(StoreError) in
            try store.read { (draft) throws(StoreError) in result = try look(draft) }
        }
        guard let result else { throw .store(.damaged(.record)) }
        return result
    }

    /// Seals a rotation that begins.
    private func seal(_ rotation: borrowing Rotation) throws(RotationError) -> [UInt8] {
        var id: [UInt8] = []
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in id = draft.set(rotation) }
        }
        return id
    }

    /// Takes a step, and seals it.
    func step(
        _ rotation: inout Rotation, _ id: [UInt8], _ take: (inout Rotation) -> Void
    ) throws(RotationError) {
        take(&rotation)
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in draft.set(rotation, id: id) }
        }
    }

    /// Lets the other key serve: profiles and rotation change in one write.
    func switchKeys(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) {
        let old = rotation.serving.accessKeyID
        rotation.switchKeys(now: now())
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in
                draft.give(rotation.serving, to: try draft.profiles(with: old))
                draft.set(rotation, id: id)
            }
        }
        report(.switched(from: old, to: rotation.serving.accessKeyID))
    }

    /// Lets the profiles of a key that goes answer with another key of the same user.
    private func share(_ key: borrowing KeyRecord, withProfilesOf going: String) throws(RotationError) {
        let id = key.accessKeyID
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in
                guard let holder = try draft.profiles(with: id).first else { return }
                for name in try draft.profiles(with: going) { draft.share(keyOf: holder, with: name) }
            }
        }
    }

    /// Takes a rotation out of the store.
    func forget(_ id: [UInt8]) throws(RotationError) {
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in draft.removeNote(id) }
        }
    }

    private func attempt(_ body: () throws(StoreError) -> Void) throws(RotationError) {
        do throws(StoreError) {
            try body()
        } catch {
            throw .store(error)
        }
    }
}
