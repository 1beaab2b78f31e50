public import AWSConfig
import Importing
import Sealing

/// All that rules look at.
public final class Situation {
    /// What the file system knows of a program.
    public struct Program: Sendable {
        /// Its absolute path, where it is found.
        public var path: String?
        /// Whether there is such a file.
        public var isThere = false
        /// Whether it can be started.
        public var isExecutable = false
        /// Where awskeys' own program lies, if it isn't where it is looked for.
        public var moved: String?
        /// The path of what others can write, be it the program or a folder above it.
        public var writable: String?

        /// A program that isn't there.
        public init() {}
    }

    /// What lies elsewhere.
    public struct Elsewhere: Sendable {
        /// Copies of keys that the files or the store have, and what of it lies there.
        public var copies: [(path: String, what: String)] = []
        /// The AWS CLI's cache, if it has something in it.
        public var cliCache: String?
        /// `~/.aws`, if it is there.
        public var folder: (path: String, facts: ExaminedFile.Facts)?
        /// Whether both names lead to one file.
        public var isOneFile = false

        /// Nothing.
        public init() {}
    }

    /// `~/.aws/config`.
    public let config: ExaminedFile
    /// `~/.aws/credentials`.
    public let credentials: ExaminedFile
    /// A variable of the environment; an empty one is none.
    public let environment: (String) -> String?
    /// The time, in seconds since 1970.
    public let now: Int
    /// The seconds since 1970 of a time by RFC 3339.
    public let seconds: (String) -> Int?
    /// What a command begins with, as an SDK would start it.
    public let program: (String) -> Program
    /// Whether the store has a profile's key; `nil` where nobody can say.
    public let isInStore: (String) -> Bool?
    /// What lies elsewhere.
    public let elsewhere: Elsewhere

    /// A situation.
    public init(
        config: consuming ExaminedFile, credentials: consuming ExaminedFile,
        environment: @escaping (String) -> String?, now: Int, seconds: @escaping (String) -> Int?,
        program: @escaping (String) -> Program, isInStore: @escaping (String) -> Bool?, elsewhere: Elsewhere
    ) {
        self.config = config
        self.credentials = credentials
        self.environment = environment
        self.now = now
        self.seconds = seconds
        self.program = program
        self.isInStore = isInStore
        self.elsewhere = elsewhere
    }

    /// Everything that is wrong, the worst first.
    public func findings() -> [Finding] {
        let found = [
            fileFindings(), syntaxFindings(), sectionFindings(), commentFindings(), keyFindings(), tokenFindings(),
            environmentFindings(), roleFindings(), programFindings(), copyFindings(),
        ].flatMap(\.self).map { finding in
            var finding = finding
            // What mends one of two names for a file spoils it for the other.
            if elsewhere.isOneFile, case .edits = finding.fix { finding.fix = nil }
            return finding
        }
        return found.enumerated().sorted {
            ($1.element.problem.severity, $0.offset) < ($0.element.problem.severity, $1.offset)
        }.map(\.element)
    }

    /// Goes through both files.
    func inEachFile(_ rule: (borrowing ExaminedFile) -> [Finding]) -> [Finding] { rule(config) + rule(credentials) }

    /// Every name that somebody takes for a profile's, in the order of the files.
    var profileNames: [String] {
        var seen: Set<String> = []
        return (config.profiles + credentials.profiles).map(\.name).filter { seen.insert($0).inserted }
    }
}

extension Situation: ProfileSettings {
    /// Whether there's a profile of that name to botocore, or else to all others.
    public func exists(_ profile: String) -> Bool {
        config.document.anySection(of: profile) != nil || credentials.document.anySection(of: profile) != nil
    }

    /// A setting of a profile that is no secret.
    public func setting(_ name: String, of profile: String) -> String? {
        credentials.bytes.withBytes { credentials.document.setting(name, of: profile, in: $0) }
            ?? config.bytes.withBytes { config.document.setting(name, of: profile, in: $0) }
    }

    /// The files that have keys for a profile, or a half of one.
    public func filesWithKeys(of profile: String) -> Set<ConfigDocument.File> {
        Set(
            [config.document, credentials.document].filter { document in
                let section = document.anySection(of: profile)
                return section?.property("aws_access_key_id") ?? section?.property("aws_secret_access_key") != nil
            }.map(\.file))
    }

    /// Whether the profile has a line that asks our store.
    public func asksStore(_ profile: String) -> Bool {
        setting(ProfileLine.property, of: profile).map { ProfileLine.isOurs($0, for: profile) } ?? false
    }
}
