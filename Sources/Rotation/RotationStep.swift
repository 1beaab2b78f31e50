/// What a rotation does next.
enum RotationStep: Equatable {
    /// Find out whether the request for a new key made one.
    case settle
    /// Ask IAM and STS with the other key until they know it, then let it serve.
    case prove
    /// Delete the new key, which never served.
    case withdraw
    /// Make the old key inactive.
    case deactivate
    /// Begin to bring the old key back.
    case restore
    /// Make the old key active again, prove it, and let it serve.
    case reactivate
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

extension Rotation {
    /// The next step.
    ///
    /// - Parameters:
    ///   - now: the time, in seconds since 1970.
    ///   - isServed: whether a profile still has ``serving``; without one, there is nobody to give a new key to.
    borrowing func nextStep(towards goal: RotationGoal, now: Int, isServed: Bool) -> RotationStep {
        let isDue = now >= Int(clamping: due) || goal == .forward(deletesAtOnce: true)
        switch state {
        case .creating: return .settle
        case .proving: return goal == .back || !isServed ? .withdraw : .prove
        case .retiring where goal == .back, .retired where goal == .back: return .restore
        case .retiring: return isDue ? .deactivate : .rest(until: due)
        case .retired: return isDue ? .delete : .rest(until: due)
        case .restoring: return .reactivate
        }
    }
}
