import Foundation

/// A repository of git's.
struct Repository {
    /// The folder that git is started in.
    let folder: [UInt8]
    /// Where its files lie; for a bare one, itself.
    let root: [UInt8]
    /// Where its objects lie, which other working trees may share.
    let store: [UInt8]
    /// Whether it ends at commits whose parents it hasn't got.
    let isShallow: Bool

    /// The repository that a file or folder lies in; `nil` if it lies in none.
    ///
    /// - Parameter isRoot: whether it should be the repository's own folder.
    init?(
        holding path: [UInt8], isRoot: Bool, _ environment: (String) -> String?
    ) throws(ScanProblem) {
        let folder = try Self.folder(path)
        guard let answer = try Self.ask("--is-shallow-repository", "--git-common-dir", in: folder, environment) else {
            switch try Self.owner(Descriptor(folder, in: AT_FDCWD, O_DIRECTORY)) {
            case .some(let owner) where owner != geteuid(): throw .foreignRepository
            case .some where isRoot: throw .git(128)
            default: return nil
            }
        }
        isShallow = answer.starts(with: Array("true\n".utf8))
        store = Array(answer.drop { $0 != UInt8(ascii: "\n") }.dropFirst())
        root = isRoot ? path : try Self.ask("--show-toplevel", in: folder, environment) ?? store
        self.folder = folder
    }

    private static func folder(_ path: [UInt8]) throws(ScanProblem) -> [UInt8] {
        if Entry.Kind(try Descriptor(path, in: AT_FDCWD, 0).status()) == .folder { return path }
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        return slash.map { Array(path[...$0]) } ?? [UInt8(ascii: ".")]
    }

    private static func ask(
        _ what: String..., in folder: [UInt8], _ environment: (String) -> String?
    ) throws(ScanProblem) -> [UInt8]? {
        var git = try GitProcess(
            ["rev-parse", "--path-format=absolute"] + what, in: folder, environment: environment)
        var answer = try git.text(upTo: 0)
        do throws(ScanProblem) {
            try git.end()
        } catch {
            return nil
        }
        if answer?.last == UInt8(ascii: "\n") { answer?.removeLast() }
        return answer
    }

    /// Whose the nearest thing is that looks like a repository, here or above; `nil` if there is none.
    private static func owner(_ start: consuming Descriptor) throws(ScanProblem) -> uid_t? {
        var folder = start
        while true {
            let status = try folder.status()
            var inside = stat()
            if unsafe fstatat(folder.number, ".git", &inside, AT_SYMLINK_NOFOLLOW) == 0 {
                return inside.st_uid == geteuid() ? status.st_uid : inside.st_uid
            }
            if unsafe faccessat(folder.number, "HEAD", F_OK, 0) == 0,
                unsafe faccessat(folder.number, "objects", F_OK, 0) == 0
            {
                return status.st_uid
            }
            let above = try Descriptor(Array("..".utf8), in: folder.number, O_DIRECTORY)
            let next = try above.status()
            if next.st_ino == status.st_ino, next.st_dev == status.st_dev { return nil }
            folder = above
        }
    }
}
