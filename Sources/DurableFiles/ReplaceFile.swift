private import Glibc
public import Sealing

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
    do throws(FileError) {
        try bytes.withBytes { (bytes) throws(FileError) in try write(bytes, to: path, attributes: .secret) }
        try flushFolder(of: path)
    } catch {
        // The file that was there already isn't ours to remove.
        if error.call != "open" { _ = unsafe unlink(path) }
        throw error
    }
}

/// Removes a file for good.
///
/// - Throws: ``FileError``; that it wasn't there is none.
public func removeFile(at path: String) throws(FileError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError("unlink", path, number: errno) }
    do throws(FileError) {
        try flushFolder(of: path)
    } catch {
        // Where there's no folder, there is no file.
        guard error.isMissing else { throw error }
    }
}

/// Renames a file within its folder, for good.
public func renameFile(at path: String, to newPath: String) throws(FileError) {
    guard unsafe rename(path, newPath) == 0 else { throw FileError("rename", newPath, number: errno) }
    try flushFolder(of: newPath)
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

/// Makes the names in a file's folder survive a power cut.
///
/// - Throws: ``FileError``.
public func flushFolder(of path: String) throws(FileError) {
    let folder = try OpenFile(folder(of: path), O_RDONLY | O_DIRECTORY)
    guard fsync(folder.descriptor) == 0 else { throw FileError("fsync", folder.path, number: errno) }
}
