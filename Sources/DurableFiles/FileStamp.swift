private import Glibc

/// What tells a file from what it was before, without reading it: whoever changes it changes one of these.
public struct FileStamp: Equatable, Sendable {
    /// The file system that it lies in.
    public let device: UInt64
    /// Its number there; 0 where there's no file.
    public let inode: UInt64
    /// Its size in bytes.
    public let size: UInt64
    /// When its bytes were changed last, in nanoseconds since 1970.
    public let modified: UInt64
    /// When its bytes or what belongs to it were changed last, in nanoseconds since 1970; nobody can set this time.
    public let changed: UInt64

    /// The kernel's clock for files stands still for some milliseconds at a time, in which two changes look like one.
    private static let tick: UInt64 = 1_000_000_000

    /// A file's, symbolic links followed.
    public init(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            self.init(device: 0, inode: 0, size: 0, modified: 0, changed: 0)
            return
        }
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: UInt64(status.st_size),
            modified: Self.nanoseconds(status.st_mtim), changed: Self.nanoseconds(status.st_ctim))
    }

    /// One that was written down.
    public init(device: UInt64, inode: UInt64, size: UInt64, modified: UInt64, changed: UInt64) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    /// Whether the next change is sure to make another stamp of it: the last one is a second ago.
    public var isSettled: Bool {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
        return changed == 0 || changed &+ Self.tick < Self.nanoseconds(now)
    }

    /// Files can have times of any year; those that don't fit begin anew, and differ from others all the same.
    private static func nanoseconds(_ time: timespec) -> UInt64 {
        UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
    }
}
