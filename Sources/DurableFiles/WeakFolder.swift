public import Glibc

/// A folder in which somebody else could put another file in the place of the user's.
public struct WeakFolder: Equatable, Sendable {
    /// Where it is.
    public let path: String
    /// Whose it is, if that is neither the user nor root.
    public let stranger: uid_t?
    /// Its permission bits.
    public let mode: mode_t
}

/// The user id that the kernel shows for those which a user namespace doesn't know, root's among them
/// (`user_namespaces(7)`, overflowuid).
private let unknownUser: uid_t = 65_534

/// Looks for a weak folder from a file's own up to the first that isn't the user's; above that one, the machine's
/// administrator has the say.
///
/// The user's own group may write, since on Debian and others nobody else is in it; and everybody where the sticky bit
/// is set, since nobody can touch another's files there.
///
/// - Parameter path: the file. Neither it nor its folders need exist; symbolic links are followed.
/// - Throws: ``FileError``.
public func weakFolder(above path: String) throws(FileError) -> WeakFolder? {
    var path = try resolvingLinks(path)
    while path != "/" {
        path = folder(of: path)
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            // One that will be made is its owner's alone.
            if errno == ENOENT, path != "." { continue }
            throw FileError("stat", path, number: errno)
        }
        let isMine = status.st_uid == geteuid()
        let isStrangers = !isMine && status.st_uid != 0 && status.st_uid != unknownUser
        let ofGroup = status.st_gid == getgid() || status.st_gid == 0 ? 0 : S_IWGRP
        let isOpen = status.st_mode & (S_IWOTH | ofGroup) != 0 && status.st_mode & S_ISVTX == 0
        if isStrangers || isOpen {
            return WeakFolder(
                path: path, stranger: isStrangers ? status.st_uid : nil, mode: status.st_mode & 0o7777)
        }
        if !isMine { return nil }
    }
    return nil
}
