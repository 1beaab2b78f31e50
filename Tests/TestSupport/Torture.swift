import Foundation

/// Whether everything is tried, as `make torture` does it, and not a part of it.
public let isTorture = ProcessInfo.processInfo.environment["AWSKEYS_TORTURE"] == "1"

/// Whether a small part of it is tried, as `make sanitize` does it: sanitizers make everything many times as slow.
public let isShort = ProcessInfo.processInfo.environment["AWSKEYS_SHORT"] == "1"

/// Every nth of what a test goes through, the same ones in every run.
public struct EveryNth {
    private let stride: Int
    private var passed = 0

    /// Every one of them if `stride` is 1.
    public init(_ stride: Int) { self.stride = stride }

    /// Whether the one that has come is among them.
    public mutating func isNext() -> Bool {
        passed += 1
        return passed % stride == 0
    }
}
