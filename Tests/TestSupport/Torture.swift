import Foundation

/// Whether everything is tried, as `make torture` does it, and not a part of it.
public let isTorture = ProcessInfo.processInfo.environment["AWSKEYS_TORTURE"] == "1"
