public import Glibc

/// The owner and the permissions that a file gets.
public struct FileAttributes: Sendable, Equatable {
    /// The permission bits.
    public let mode: mode_t
    /// The owner, where it is to be someone else than the process's user.
    public let owner: uid_t?
    /// The group, where it is to be another one than the process's.
    public let group: gid_t?

    /// A file of the user's own that nobody else can read.
    public static let secret = FileAttributes(mode: 0o600, owner: nil, group: nil)

    /// Attributes as another file has them.
    public init(of status: stat) {
        self.init(mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
    }

    private init(mode: mode_t, owner: uid_t?, group: gid_t?) {
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

/// How many names a file has; writing to one of them by ``replaceFile(at:with:attributes:)`` leaves the others with the
/// old bytes.
///
/// - Returns: 0 where there is no file.
public func nameCount(of path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_nlink) : 0
}

/// The owner and the permissions of a file; `nil` if there is none.
public func attributes(of path: String) throws(FileError) -> FileAttributes? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
        let error = FileError("stat", path, number: errno)
        if error.isMissing { return nil }
        throw error
    }
    return FileAttributes(of: status)
}

/// Gives a file or a folder other permissions; a symbolic link is followed.
///
/// - Throws: ``FileError``.
public func setMode(of path: String, to mode: mode_t) throws(FileError) {
    guard unsafe chmod(path, mode) == 0 else { throw FileError("chmod", path, number: errno) }
}
