public import Glibc
public import Sealing

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

/// Replaces what a file holds, in one step and for good: readers see the old bytes or the new ones, and so does
/// whoever looks after a power cut.
///
/// The new bytes go to a temporary file in the same folder, are flushed and read back; then it is renamed over the old
/// one and the folder is flushed. A symbolic link stays one: the file that it names is replaced. The caller holds a
/// lock: what a killed writer left under the temporary name is removed.
///
/// - Parameters:
///   - path: the file, which need not exist; its folder must.
///   - bytes: all that it is to hold.
///   - attributes: the owner and permissions of the new file.
/// - Throws: ``FileError``; unless the call named is the folder's `fsync`, the file is as it was.
public func replaceFile(
    at path: String, with bytes: borrowing Span<UInt8>, attributes: FileAttributes
) throws(FileError) {
    let target = try resolvingLinks(path)
    let temporary = temporaryPath(for: target)
    try removeTemporary(of: target)
    do throws(FileError) {
        try write(bytes, to: temporary, attributes: attributes)
        guard unsafe rename(temporary, target) == 0 else { throw FileError("rename", target, number: errno) }
    } catch {
        _ = unsafe unlink(temporary)
        throw error
    }
    try flushFolder(of: target)
}

/// Whether a killed writer left its temporary file behind.
public func hasTemporary(of path: String) -> Bool {
    guard let target = try? resolvingLinks(path) else { return false }
    return unsafe access(temporaryPath(for: target), F_OK) == 0
}

/// Removes what a killed writer left behind; the caller holds the lock.
public func removeTemporary(of path: String) throws(FileError) {
    let temporary = temporaryPath(for: path)
    guard unsafe unlink(temporary) == 0 || errno == ENOENT else {
        throw FileError("unlink", temporary, number: errno)
    }
}

/// Makes a file that isn't there yet, for its owner alone.
///
/// - Throws: ``FileError``; its number is `EEXIST` if there is one.
public func makeFile(at path: String, with bytes: borrowing SecretBytes) throws(FileError) {
    try bytes.withBytes { (bytes) throws(FileError) in try write(bytes, to: path, attributes: .secret) }
    try flushFolder(of: path)
}

/// Removes a file for good.
///
/// - Throws: ``FileError``; that it wasn't there is none.
public func removeFile(at path: String) throws(FileError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError("unlink", path, number: errno) }
    try flushFolder(of: path)
}

/// Renames a file within its folder, for good.
public func renameFile(at path: String, to newPath: String) throws(FileError) {
    guard unsafe rename(path, newPath) == 0 else { throw FileError("rename", newPath, number: errno) }
    try flushFolder(of: newPath)
}

/// Makes a folder that only its owner can enter, and the folders above it.
public func makeFolder(at path: String) throws(FileError) {
    if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, folder(of: path) != path else { throw FileError("mkdir", path, number: errno) }
    try makeFolder(at: folder(of: path))
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir", path, number: errno) }
}

/// The folder that a file lies in.
public func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The path that a chain of symbolic links leads to; the last of them may name a file that isn't there yet.
public func resolvingLinks(_ path: String) throws(FileError) -> String {
    if let real = unsafe realpath(path, nil) {
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
    guard errno == ENOENT else { throw FileError("realpath", path, number: errno) }
    let named = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
        guard let start = buffer.baseAddress else { return "" }
        let size = unsafe max(0, readlink(path, start, buffer.count))
        return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: size), as: UTF8.self)
    }
    guard !named.isEmpty else { return path }
    return named.hasPrefix("/") ? named : folder(of: path) + "/" + named
}

private func temporaryPath(for target: String) -> String {
    let name = target.utf8.lastIndex(of: UInt8(ascii: "/")).map { target[target.index(after: $0)...] } ?? target[...]
    return folder(of: target) + "/." + name + ".awskeys-new"
}

private func write(
    _ bytes: borrowing Span<UInt8>, to path: String, attributes: FileAttributes
) throws(FileError) {
    let file = try OpenFile(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
    try file.write(bytes)
    let status = try file.status()
    let owner = attributes.owner ?? status.st_uid
    let group = attributes.group ?? status.st_gid
    if owner != status.st_uid || group != status.st_gid {
        guard fchown(file.descriptor, owner, group) == 0 else { throw FileError("fchown", path, number: errno) }
    }
    guard fchmod(file.descriptor, attributes.mode) == 0 else { throw FileError("fchmod", path, number: errno) }
    // A second fsync on the same descriptor may report success for lost bytes, so one failure ends it.
    guard fsync(file.descriptor) == 0 else { throw FileError("fsync", path, number: errno) }
    var readBack = SecretBytes(zeros: bytes.count)
    let count = try readBack.withMutableBytes { (span) throws(FileError) in try file.read(into: &span, at: 0) }
    guard count == bytes.count, readBack.equals(bytes) else { throw FileError("read", path, number: EIO) }
}

private func flushFolder(of path: String) throws(FileError) {
    let folder = try OpenFile(folder(of: path), O_RDONLY | O_DIRECTORY)
    guard fsync(folder.descriptor) == 0 else { throw FileError("fsync", folder.path, number: errno) }
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
