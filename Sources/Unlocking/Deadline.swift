/// When something has to have ended.
public struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    /// So far ahead of now.
    public init(in time: Duration) { end = .now + time }

    /// What is left, never less than nothing.
    public var left: Duration { max(.zero, ContinuousClock.now.duration(to: end)) }

    /// Whether nothing is left.
    public var hasPassed: Bool { ContinuousClock.now >= end }

    /// What is left in milliseconds, rounded up, as `poll(2)` takes it; no more than `most`.
    func milliseconds(atMost most: Int = .max) -> Int32 {
        let (seconds, attoseconds) = left.components
        let milliseconds = Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        return Int32(clamping: min(milliseconds, most))
    }
}
