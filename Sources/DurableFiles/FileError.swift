private import Glibc

/// A call to the file system that failed.
public struct FileError: Error, Equatable, Sendable {
    /// What was being done: the name of the system call.
    public let call: String
    /// The file it was done to.
    public let path: String
    /// The error number, as in `errno(3)`.
    public let number: Int32

    /// A failure with the number that the failing call left behind.
    public init(_ call: String, _ path: String, number: Int32) {
        self.call = call
        self.path = path
        self.number = number
    }

    /// Whether it failed because there is no such file.
    public var isMissing: Bool { number == ENOENT || number == ENOTDIR }
}
