/// One of the two files that AWS programs share, as structure over its bytes: where every section and property lies.
///
/// No value is copied out of the bytes, since values may be secrets: a property knows the range of its value.
///
/// What is a section and what is a property follows Python's `configparser`, as botocore and the AWS CLI use it: they
/// are the strictest readers. Where other SDKs read a line differently, the structure says what is unusual about it.
public struct ConfigDocument: Sendable {
    /// Which of the two files it is; they name profiles differently.
    public enum File: String, Sendable, CaseIterable {
        /// `~/.aws/config`: `[profile dev]`, `[default]`, and sections that are no profiles.
        case config
        /// `~/.aws/credentials`: `[dev]`.
        case credentials
    }

    /// Which of the two files it is.
    public let file: File
    /// The sections, in their order.
    public let sections: [Section]
    /// The numbers of the sections that are a profile to somebody, by its name: a file may have ten thousand.
    let numbers: [String: [Int]]
    /// The number of the section that is a profile to botocore and the AWS CLI, by the bytes of its name.
    let botocoreNumbers: [[UInt8]: Int]
    /// The comments that hold something like a key line, by number from 1.
    public let keyLikeComments: [Int]
    /// How lines end in this file: as the first one does.
    public let lineEnd: String
    /// The size of the file in bytes.
    public let size: Int
    /// Whether the last line ends as a line should; so does an empty file.
    public let endsWithLineEnd: Bool
    /// Whether the last line is empty.
    public let endsWithBlankLine: Bool

    /// `[name]` and the lines up to the next one.
    public struct Section: Sendable {
        /// What stands between the brackets.
        public let header: SectionHeader
        /// The number of its first line, from 1.
        public let line: Int
        /// Where that line begins.
        public let start: Int
        /// Where that line ends.
        public let headerEnd: Int
        /// The properties, in their order; names differ.
        public internal(set) var properties: [Property] = []
        /// Where its last property ends, or its header line: where a new property can stand.
        public internal(set) var end: Int
    }

    /// `name = value`.
    public struct Property: Sendable {
        /// The name as it stands.
        public let name: String
        /// The number of its line, from 1.
        public let line: Int
        /// Its bytes, end of line and lines that belong to it included.
        public internal(set) var range: Range<Int>
        /// The bytes of its own line, end of line included.
        public let own: Range<Int>
        /// The bytes of its value, white space around it left out.
        public let value: Range<Int>
        /// Whether `:` stands in the place of `=`.
        public let hasColon: Bool
        /// Whether white space stands before the name.
        public let isIndented: Bool
        /// Whether indented lines follow, which belong to it.
        public internal(set) var isContinued = false
        /// Whether there is no value but on one of these lines, for which botocore refuses the file.
        public internal(set) var hidesValue = false
        /// Whether one of these lines looks like a key line of its own.
        public internal(set) var hidesKeyLine = false
    }
}

extension ConfigDocument {
    /// The section of a profile; `nil` if there is none that every SDK finds.
    public func section(of profile: String) -> Section? {
        numbers[profile]?.first { !sections[$0].header.isUnusual }.map { sections[$0] }
    }

    /// The section that botocore and the AWS CLI take for a profile's; where they find none, one that others do.
    public func anySection(of profile: String) -> Section? {
        botocoreNumbers[Array(profile.utf8)].map { sections[$0] } ?? section(of: profile)
    }

    /// Whether there is a section that some SDKs take for the profile's and others don't.
    public func hasUnusualSection(for profile: String) -> Bool {
        numbers[profile]?.contains { sections[$0].header.isUnusual } ?? false
    }
}

extension ConfigDocument.Section {
    /// The property of that name, in lower case; it may stand in another case.
    public func property(_ name: String) -> ConfigDocument.Property? {
        properties.first { $0.name == name } ?? properties.first { $0.name.lowercased() == name }
    }
}

/// What makes a file unreadable for botocore and the AWS CLI, and so for every profile in it.
public struct ConfigSyntaxError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Problem: Equatable, Sendable {
        /// The file begins with a UTF-8 byte order mark.
        case byteOrderMark
        /// The file isn't UTF-8, or holds a NUL.
        case notText
        /// A carriage return that isn't part of an end of line.
        case loneCarriageReturn
        /// A section that was there before, on the line given.
        case duplicateSection(String, first: Int)
        /// A property that its section had before, on the line given.
        case duplicateProperty(String, first: Int)
        /// A property that stands before the first section.
        case propertyBeforeSection
        /// A line that is neither section, property nor comment.
        case notAProperty
        /// A value that stands below its name, of a property that has none on its own line.
        case valueBelow(String)
    }

    /// What is wrong.
    public let problem: Problem
    /// Which file it is.
    public let file: ConfigDocument.File
    /// The number of the line, from 1.
    public let line: Int

    /// What another reader finds wrong.
    public init(problem: Problem, file: ConfigDocument.File, line: Int) {
        self.problem = problem
        self.file = file
        self.line = line
    }
}
