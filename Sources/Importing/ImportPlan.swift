public import AWSConfig
import Sealing

/// What an import will do, and why it won't do the rest. Nothing has been touched yet.
public struct ImportPlan: Sendable {
    /// One profile that has keys in plain text.
    public struct Profile: Sendable {
        /// Its name.
        public let name: String
        /// What its key is called in the store: its name, or another one where the profile keeps a role that is assumed
        /// with it.
        public internal(set) var keyProfile: String
        /// The id of its key, as far as there is one.
        public let accessKeyID: String?
        /// Which files have its key lines, and where the first of them stands.
        public let places: [(file: ConfigDocument.File, line: Int)]
        /// The files that get the line; empty if it is left alone.
        public internal(set) var into: [ConfigDocument.File] = []
        /// Why it is left alone; `nil` if it is imported.
        public let reason: LeaveReason?
    }

    /// The profiles with keys in plain text, in the order of the files.
    public private(set) var profiles: [Profile] = []
    /// What happens to the config file.
    public let configEdits: [Edit]
    /// What happens to the credentials file.
    public let credentialsEdits: [Edit]

    /// Whether credentials gets lines for keys that stand in config, and so must be changed first.
    public let isCredentialsFirst: Bool

    /// The profiles that are imported.
    public var imported: [Profile] { profiles.filter { $0.reason == nil } }

    /// Plans an import.
    ///
    /// - Parameters:
    ///   - selection: the profiles asked for; `nil` for all.
    ///   - target: which files get the line; `nil` for config where every SDK finds it there.
    ///   - line: the line that is written.
    ///   - isOther: whether the store has another key under a profile's name than the one whose id and secret lie in
    ///     these ranges of the file's bytes.
    public init(
        config: borrowing AWSFile, credentials: borrowing AWSFile, selection: Set<String>?,
        target: [ConfigDocument.File]?, line: ProfileLine,
        isOther: (String, borrowing Span<UInt8>, borrowing Span<UInt8>) -> Bool
    ) {
        let found = credentials.document.keyLines() + config.document.keyLines()
        let isInherited = Self.inheritsCredentials(config.document) || Self.inheritsCredentials(credentials.document)
        let linesOf = Dictionary(grouping: found, by: \.profile).mapValues { $0.map(\.lines) }
        var seen: Set<String> = []
        var edits = (config: FileEdits(), credentials: FileEdits())
        for (name, _) in found where selection?.contains(name) ?? true && seen.insert(name).inserted {
            let lines = linesOf[name] ?? []
            let best = Self.bestFile(name, lines, config: config.document)
            let isForced = SectionHeader.isPlain(name) && best == .credentials && target?.contains(.config) ?? false
            let split = Self.split(name, lines, config: config, credentials: credentials, isOther: isOther)
            let reason =
                isInherited
                ? .defaultSection
                : Self.reason(
                    name, lines, config: config, credentials: credentials, keyProfile: split?.keyProfile,
                    isOther: isOther) ?? (isForced ? .oddSection : nil)
            let first = lines.first { $0.id != nil }
            var profile = Profile(
                name: name, keyProfile: split?.keyProfile ?? name,
                accessKeyID: first.flatMap { lines in
                    lines.id.map { lines.file == .config ? config.text($0) : credentials.text($0) }
                }, places: lines.map { ($0.file, $0.all.first?.line ?? $0.section.line) }, reason: reason)
            if reason == nil {
                profile.into = SectionHeader.isPlain(name) ? target ?? [best] : [best]
                if split != nil { profile.into = target ?? [.config] }
                Self.edit(config, &edits.config, profile, lines, line)
                Self.edit(credentials, &edits.credentials, profile, lines, line)
                split?.edit(&edits.config, in: .config)
                split?.edit(&edits.credentials, in: .credentials)
            }
            profiles.append(profile)
        }
        isCredentialsFirst = target == [.credentials]
        configEdits = edits.config.all
        credentialsEdits = edits.credentials.all
    }

    /// Takes the key lines out of one file, and puts the line in if it goes there.
    private static func edit(
        _ file: borrowing AWSFile, _ edits: inout FileEdits, _ profile: Profile, _ lines: [KeyLines],
        _ line: ProfileLine
    ) {
        let document = file.document
        let text = line.text(for: profile.keyProfile)
        var going = lines.first { $0.file == document.file }?.all ?? []
        if profile.into.contains(document.file), file.line(for: profile.keyProfile) == nil {
            if going.isEmpty || profile.keyProfile != profile.name {
                edits.add([[.plain(text)]], to: profile.keyProfile, in: document)
            } else {
                edits.replace(going.removeFirst(), with: text, in: document)
            }
        }
        for property in going { edits.remove(property.range) }
    }
}

// MARK: - Rules

extension ImportPlan {
    private static let otherSources = [
        "web_identity_token_file", "sso_start_url", "sso_session", "sso_account_id", "login_session",
        "credential_source",
    ]

    private static func reason(
        _ name: String, _ lines: [KeyLines], config: borrowing AWSFile, credentials: borrowing AWSFile,
        keyProfile: String?, isOther: (String, borrowing Span<UInt8>, borrowing Span<UInt8>) -> Bool
    ) -> LeaveReason? {
        for lines in lines {
            let oddity =
                lines.file == .config
                ? config.withBytes { lines.oddity(in: $0) } : credentials.withBytes { lines.oddity(in: $0) }
            // A half may have its other half in the other file.
            if oddity == .incomplete, isSplit(name, config: config.document, credentials: credentials.document) {
                return .split
            }
            if let oddity { return oddity }
        }
        if lines.contains(where: { $0.file == .config }), config.document.hasUnusualSection(for: name) {
            return .oddSection
        }
        if let reason = otherSource(of: name, config: config, credentials: credentials) {
            guard reason == .role, keyProfile != nil else { return reason }
        }
        if lines.count == 2 {
            guard SectionHeader.isPlain(name) else { return .oddSection }
            guard isSame(lines[0], lines[1], config, credentials) else { return .differentKeys }
        }
        guard let id = lines[0].id, let secret = lines[0].secret else { return .incomplete }
        let isOther = withBytes(of: lines[0].file, config, credentials) { bytes in
            isOther(keyProfile ?? name, bytes.extracting(id.value), bytes.extracting(secret.value))
        }
        return isOther ? .inStore : nil
    }

    /// What a profile that assumes its role with its own key is split into.
    private static func split(
        _ name: String, _ lines: [KeyLines], config: borrowing AWSFile, credentials: borrowing AWSFile,
        isOther: (String, borrowing Span<UInt8>, borrowing Span<UInt8>) -> Bool
    ) -> SelfReference? {
        guard let lines = lines.first, let id = lines.id, let secret = lines.secret else { return nil }
        return SelfReference(of: name, config: config, credentials: credentials) { keyProfile in
            withBytes(of: lines.file, config, credentials) { bytes in
                isOther(keyProfile, bytes.extracting(id.value), bytes.extracting(secret.value))
            }
        }
    }

    /// What gives a profile credentials beside its keys, other than a line of ours.
    ///
    /// - Parameter isReplaced: whether a command may give way to a line of ours.
    static func otherSource(
        of name: String, config: borrowing AWSFile, credentials: borrowing AWSFile,
        isReplaced: (String) -> Bool = { _ in false }
    ) -> LeaveReason? {
        if credentials.document.hasUnusualSection(for: name) { return .oddSection }
        let sections = [config.document.section(of: name), credentials.document.section(of: name)].compactMap(\.self)
        func has(_ property: String) -> Bool {
            sections.contains { $0.property(property).map { !$0.value.isEmpty } ?? false }
        }
        if ["role_arn", "source_profile", Role.adoptedPrefix + "role_arn"].contains(where: has) { return .role }
        if otherSources.contains(where: has) { return .otherSource }
        let isOthers = config.hasOtherLine(for: name, isReplaced) || credentials.hasOtherLine(for: name, isReplaced)
        return isOthers ? .otherSource : nil
    }

    private static func isSplit(_ name: String, config: ConfigDocument, credentials: ConfigDocument) -> Bool {
        let sections = [config.section(of: name), credentials.section(of: name)].compactMap(\.self)
        func files(with property: String) -> Int { sections.count { $0.property(property) != nil } }
        return sections.count == 2 && files(with: "aws_access_key_id") == 1
            && files(with: "aws_secret_access_key") == 1
    }

    private static func isSame(
        _ one: KeyLines, _ two: KeyLines, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile
    ) -> Bool {
        func value(_ property: ConfigDocument.Property?, _ file: ConfigDocument.File) -> SecretBytes {
            withBytes(of: file, config, credentials) { SecretBytes(copying: $0.extracting(property?.value ?? 0..<0)) }
        }
        let secret = value(two.secret, two.file)
        let id = value(two.id, two.file)
        return secret.withBytes { value(one.secret, one.file).equals($0) }
            && id.withBytes { value(one.id, one.file).equals($0) }
    }

    private static func withBytes<Result: ~Copyable>(
        of file: ConfigDocument.File, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile,
        _ body: (borrowing Span<UInt8>) -> Result
    ) -> Result {
        switch file {
        case .config: config.withBytes(body)
        case .credentials: credentials.withBytes(body)
        }
    }

    /// botocore and the AWS CLI add what stands in `[DEFAULT]` to every profile: once a profile's own keys are gone,
    /// credentials there would take their place.
    private static func inheritsCredentials(_ document: ConfigDocument) -> Bool {
        let sources =
            ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "role_arn", "source_profile"]
            + otherSources + [ProfileLine.property]
        return document.sections.contains { section in
            section.header.isInherited && sources.contains { section.property($0) != nil }
        }
    }

    /// Config, unless some SDK would not find the profile there as it found it where its keys are.
    private static func bestFile(
        _ name: String, _ lines: [KeyLines], config: ConfigDocument
    ) -> ConfigDocument.File {
        if lines.contains(where: { $0.file == .config }) { return .config }
        // A new section would get what `[DEFAULT]` has, a region perhaps, which the profile didn't have before.
        if config.section(of: name) == nil, config.sections.contains(where: { $0.header.isInherited }) {
            return .credentials
        }
        return SectionHeader.isPlain(name) && !config.hasUnusualSection(for: name) ? .config : .credentials
    }
}
