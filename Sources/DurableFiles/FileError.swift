private import Glibc

/// A call to the file system that failed.
public struct FileError: Error, Equatable, Sendable {
    /// What was being done: the name of the system call.
    public let call: String
    /// The file it was done to.
    public let path: String
    /// The error number, as in `errno(3)`, or ``notAFile``.
    public let number: Int32

    /// A FIFO, a device or the like stands in the place of a file; no error number says so.
    public static let notAFile: Int32 = -1

    /// A failure with the number that the failing call left behind.
    public init(_ call: String, _ path: String, number: Int32) {
        self.call = call
        self.path = path
        self.number = number
    }

    /// Whether it failed because there is no such file.
    public var isMissing: Bool { number == ENOENT || number == ENOTDIR }
}
