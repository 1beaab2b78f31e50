public import AWSConfig
public import Glibc
public import Sealing

/// One of the two files, as far as it can be understood.
public struct ExaminedFile: ~Copyable {
    /// Where it lies.
    public let path: String
    /// What it holds; nothing where there is no file, or none that can be read.
    public let bytes: SecretBytes
    /// What that means.
    public let document: ConfigDocument
    /// What makes it unreadable for botocore and the AWS CLI.
    public let problems: [ConfigSyntaxError]
    /// What there is to say about the file itself.
    public let facts: Facts

    /// What the file system says.
    public struct Facts: Sendable {
        /// Whether there is a file.
        public var isThere = true
        /// Why it can't be read.
        public var error: Int32?
        /// Its permission bits.
        public var mode: mode_t = 0o600
        /// Whether its group is the user's own, in which usually nobody else is.
        public var isOwnGroup = true
        /// Whether it is somebody else's.
        public var isForeign = false
        /// The variable that names it; `nil` if none does.
        public var variable: String?

        /// A file of the user's own.
        public init() {}
    }

    /// A file.
    public init(_ path: String, bytes: consuming SecretBytes, as file: ConfigDocument.File, facts: Facts) {
        var problems: [ConfigSyntaxError] = []
        document = bytes.withBytes { ConfigDocument(reading: $0, as: file, keeping: &problems) }
        self.problems = problems
        self.path = path
        self.bytes = bytes
        self.facts = facts
    }

    /// Lends each secret access key, with the profile's name.
    public func forEachSecret(_ body: (String, borrowing Span<UInt8>) -> Void) {
        for (name, section) in profiles {
            guard let secret = section.property("aws_secret_access_key"), !secret.value.isEmpty else { continue }
            bytes.withBytes { body(name, $0.extracting(secret.value)) }
        }
    }

    /// The value of a property that is no secret.
    func text(_ property: ConfigDocument.Property) -> String {
        bytes.withBytes { String(decoding: $0.extracting(property.value).array(), as: UTF8.self) }
    }

    /// The sections that somebody takes for a profile, with its name.
    var profiles: [(name: String, section: ConfigDocument.Section)] {
        document.sections.compactMap { section in
            section.header.isInherited ? nil : section.header.profile.map { ($0, section) }
        }
    }
}
