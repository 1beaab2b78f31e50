/// What a rotation does next.
enum RotationStep: Equatable {
    /// Find out whether the request for a new key made one.
    case settle
    /// Ask IAM and STS with the other key until they know it, then let it serve.
    case prove
    /// Delete the new key, which never served.
    case withdraw
    /// Let the profiles that got the old key from somebody answer with the serving one.
    case share
    /// Make the old key inactive.
    case deactivate
    /// Begin to bring the old key back.
    case restore
    /// Make the old key active again, prove it, and let it serve.
    case reactivate
    /// Leave the old key where it is, since the profiles that it was to come back to are gone.
    case giveUpRestoring
    /// Delete the old key for good.
    case delete
    /// Nothing before a time, in seconds since 1970.
    case rest(until: UInt64)
}

/// Where a rotation is to get to.
public enum RotationGoal: Equatable, Sendable {
    /// The new key serves and the old one is gone, at its time or at once.
    case forward(deletesAtOnce: Bool)
    /// The old key serves.
    case back
}

/// Which of a rotation's keys profiles have: people add, import and remove profiles meanwhile.
struct KeyHolders: Equatable {
    /// Whether a profile has the serving key.
    let serving: Bool
    /// Whether a profile has the other one.
    let other: Bool

    /// No profile has either.
    static let none = KeyHolders(serving: false, other: false)
}

extension Rotation {
    /// The next step.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    borrowing func nextStep(towards goal: RotationGoal, now: Int, holders: KeyHolders) -> RotationStep {
        let isDue = now >= Int(clamping: due) || goal == .forward(deletesAtOnce: true)
        switch (state, holders.serving, holders.other) {
        case (.creating, _, _): return .settle
        // Without a profile there is nobody to give a new key to.
        case (.proving, let isServed, _): return goal == .back || !isServed ? .withdraw : .prove
        // A key that profiles have is never made inactive or deleted.
        case (.retiring, true, true), (.retired, true, true): return .share
        // Somebody gave the old key back to them; whether it is still active, IAM knows.
        case (.retiring, false, true), (.retired, false, true): return .restore
        case (.retiring, true, _) where goal == .back, (.retired, true, _) where goal == .back: return .restore
        case (.retiring, _, _): return isDue ? .deactivate : .rest(until: due)
        case (.retired, _, _): return isDue ? .delete : .rest(until: due)
        case (.restoring, false, false): return .giveUpRestoring
        case (.restoring, _, _): return .reactivate
        }
    }
}
