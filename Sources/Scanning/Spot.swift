/// A key in a text.
public struct Spot: Sendable, Equatable {
    /// What it looks like.
    public let kind: Match.Kind
    /// The number of its line, from 1.
    public let line: Int
    /// The number of its first character in the line, from 1.
    public let column: Int
    /// How many characters it has.
    public let length: Int
    /// Whether nobody has such a key.
    public let isExample: Bool
    /// The id; `nil` for a secret.
    public let accessKeyID: String?
    /// SHA-256 of the id or the secret, by which the same one is known again.
    let digest: [UInt8]
}

/// A key in a file, or in a repository's history.
public struct Finding: Sendable, Equatable {
    /// The bytes of the file's path; in the history, as it was called in the commit. None for what lies in no commit.
    public let path: [UInt8]
    /// Where in it, and what.
    public let spot: Spot
    /// What of the history it lies in; `nil` for a file as it is now.
    public let origin: Origin?

    /// A place in a history.
    public struct Origin: Sendable, Equatable {
        /// The repository.
        public let repository: [UInt8]
        /// The commit that first had it; `nil` if none that a branch, a tag or a reflog leads to has it.
        public let commit: String?
        /// The object that has it: the file's content, or the commit or tag whose message it is.
        public let object: String
    }
}

/// What couldn't be looked at.
public struct Unreadable: Sendable, Equatable {
    /// The bytes of its path.
    public let path: [UInt8]
    /// Why.
    public let problem: ScanProblem
}

/// Why something couldn't be looked at.
public enum ScanProblem: Error, Sendable, Equatable {
    /// A system call failed, with this number.
    case system(Int32)
    /// The repository is somebody else's, and git doesn't read those.
    case foreignRepository
    /// The repository has objects that git can't read.
    case damagedRepository
    /// The repository was cloned with the last commits only.
    case shallowRepository
    /// The repository was cloned with a filter, and has objects elsewhere.
    case partialRepository
    /// Git said nothing for too long.
    case silentGit
    /// There's no git to ask.
    case noGit
    /// Git ended with this status, or by a signal, 128 higher.
    case git(Int32)
}

/// What a scan has come upon.
public struct ScanResult: Sendable {
    /// The keys, in the order of their paths.
    public internal(set) var findings: [Finding] = []
    /// What couldn't be looked at.
    public internal(set) var unreadable: [Unreadable] = []
    /// Folders that look like repositories.
    var repositories: [[UInt8]] = []

    mutating func add(_ other: ScanResult) {
        findings += other.findings
        unreadable += other.unreadable
        repositories += other.repositories
    }
}
