public import AWSConfig
public import Glibc

/// Something that is wrong, or may surprise somebody. It holds no secret and no prose.
public struct Finding: Sendable {
    /// What it is.
    public let problem: Problem
    /// The file that it stands in; `nil` if in none of the two.
    public var file: ConfigDocument.File?
    /// Its line there, from 1.
    public var line: Int?
    /// The profile that it is about.
    public var profile: String?
    /// What would mend it; `nil` where a person has to decide.
    public var fix: Fix?

    /// A finding.
    public init(
        _ problem: Problem, in file: ConfigDocument.File? = nil, line: Int? = nil, profile: String? = nil,
        fix: Fix? = nil
    ) {
        self.problem = problem
        self.file = file
        self.line = line
        self.profile = profile
        self.fix = fix
    }
}

/// How bad a finding is. The raw values are part of the `--json` output.
public enum Severity: String, Sendable, Comparable {
    /// Nothing fails, but somebody should know.
    case note
    /// It works for some programs and not for others, or keys are open to somebody.
    case warning
    /// It doesn't work, or others can make use of the profile.
    case error

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }

    /// By how bad they are.
    public static func < (one: Severity, two: Severity) -> Bool { one.rank < two.rank }
}

/// What mends a finding without anybody's losing anything.
public enum Fix: Equatable, Sendable {
    /// Changes to the file that the finding stands in.
    case edits([Edit])
    /// Other permissions for a file or a folder.
    case mode(path: String, mode: mode_t)
}
