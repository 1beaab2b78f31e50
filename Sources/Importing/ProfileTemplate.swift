public import AWSConfig
import Sealing

/// Profiles for all roles in all accounts, as a template describes them. It is written like an AWS file, and holds no
/// secrets:
///
///     [template team]
///     source_profile = dev
///     regions = eu-west-1
///
///     [accounts]
///     prod = 123456789012
///
///     [roles]
///     admin = Administrator
public struct ProfileTemplate: Sendable, Equatable {
    /// What the template is called.
    public let name: String
    /// The profiles, in the order of accounts, roles and regions.
    public let profiles: [Profile]

    /// A profile that it makes.
    public struct Profile: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its settings, in their order.
        public let settings: [Setting]
    }

    /// `name = value`.
    public struct Setting: Sendable, Equatable {
        /// The name.
        public let name: String
        /// The value.
        public let value: String
    }

    /// Settings that go into every profile as they are, but for what stands in braces.
    private static let copied = [
        "source_profile", "output", "role_session_name", "duration_seconds", "mfa_serial", "external_id",
    ]
    private static let own = ["profile", "regions", "partition"]

    /// Reads a template.
    ///
    /// - Throws: ``TemplateError``.
    public init(reading bytes: borrowing Span<UInt8>) throws(TemplateError) {
        if let line = lineWithKey(in: bytes) { throw TemplateError(.key, line: line) }
        let document: ConfigDocument
        do throws(ConfigSyntaxError) {
            document = try ConfigDocument(reading: bytes, as: .config)
        } catch {
            throw TemplateError(.syntax(error.problem), line: error.line)
        }
        if let line = document.keyLikeComments.first { throw TemplateError(.key, line: line) }
        var (template, accounts, roles): (Section?, Section?, Section?)
        for section in document.sections {
            let words = section.header.text.split(separator: " ").map(String.init)
            let read = try Section(section, in: bytes)
            switch (words.first, words.count) {
            case ("template", 2) where template == nil && SectionHeader.isPlain(words[1]): template = read
            case ("accounts", 1) where accounts == nil: accounts = read
            case ("roles", 1) where roles == nil: roles = read
            default: throw TemplateError(.unknownSection(section.header.text), line: section.line)
            }
        }
        guard let template else { throw TemplateError(.missing("[template NAME]"), line: 1) }
        guard let accounts, !accounts.entries.isEmpty else { throw TemplateError(.missing("[accounts]"), line: 1) }
        guard let roles, !roles.entries.isEmpty else { throw TemplateError(.missing("[roles]"), line: 1) }
        name = template.header.split(separator: " ").last.map(String.init) ?? ""
        for entry in template.entries where !(Self.copied + Self.own).contains(entry.name) {
            throw TemplateError(.unknownSetting(entry.name), line: entry.line)
        }
        guard template["source_profile"] != nil else {
            throw TemplateError(.missing("source_profile"), line: template.line)
        }
        profiles = try Self.profiles(template, accounts, roles)
    }

    private static func profiles(
        _ template: Section, _ accounts: Section, _ roles: Section
    ) throws(TemplateError) -> [Profile] {
        let regions =
            template["regions"].map { entry in
                entry.value.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
            } ?? [""]
        if let entry = template["regions"], regions.contains("") {
            throw TemplateError(.badValue(entry.name), line: entry.line)
        }
        let pattern = template["profile"]?.value ?? "{account}-{role}"
        let partition = template["partition"]?.value ?? "aws"
        if let entry = template["partition"], !isPartition(partition) {
            throw TemplateError(.badValue(entry.name), line: entry.line)
        }
        var profiles: [Profile] = []
        var lines: [String: Int] = [:]
        for account in accounts.entries {
            for role in roles.entries {
                for region in regions {
                    let names = [
                        "account": account.name, "account_id": account.value, "role": role.name, "region": region,
                    ]
                    func value(_ name: String) throws(TemplateError) -> Setting? {
                        guard let entry = template[name] else { return nil }
                        return try Setting(entry, try filled(entry, names))
                    }
                    guard account.value.utf8.count == 12, account.value.utf8.allSatisfy(isDigit) else {
                        throw TemplateError(.badValue(account.name), line: account.line)
                    }
                    let name = try filled(template["profile"] ?? Section.Entry("profile", pattern, role.line), names)
                    let line = template["profile"]?.line ?? role.line
                    guard SectionHeader.isPlain(name) else { throw TemplateError(.badName(name), line: line) }
                    guard lines.updateValue(line, forKey: name) == nil else {
                        throw TemplateError(.twice(name), line: line)
                    }
                    let arn = "arn:\(partition):iam::\(account.value):role/\(role.value)"
                    let role = Section.Entry("role_arn", arn, template["partition"]?.line ?? role.line)
                    var settings = [try Setting(role, arn)]
                    for name in copied { if let setting = try value(name) { settings.append(setting) } }
                    if let entry = template["regions"] {
                        settings.append(try Setting(Section.Entry("region", region, entry.line), region))
                    }
                    if let source = template["source_profile"], settings.contains(where: { $0.isSource(of: name) }) {
                        throw TemplateError(.badValue("source_profile"), line: source.line)
                    }
                    profiles.append(Profile(name: name, settings: settings))
                }
            }
        }
        return profiles
    }

    /// A value with what belongs in the place of braces.
    private static func filled(_ entry: Section.Entry, _ names: [String: String]) throws(TemplateError) -> String {
        var (text, rest) = ("", entry.value[...])
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            rest = rest[rest.index(after: brace)...]
            guard let end = rest.firstIndex(of: "}"), let name = names[String(rest[..<end])] else {
                throw TemplateError(.unknownPlaceholder(entry.name), line: entry.line)
            }
            text += name
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }
}

/// What is wrong with a template.
public struct TemplateError: Error, Equatable, Sendable {
    /// What is wrong.
    public let problem: Problem
    /// The number of the line, from 1.
    public let line: Int

    /// What can be wrong.
    public enum Problem: Equatable, Sendable {
        /// What looks like a key, or a half of one.
        case key
        /// It isn't written like an AWS file.
        case syntax(ConfigSyntaxError.Problem)
        /// A section that no template has, or that is there twice.
        case unknownSection(String)
        /// A setting that no template has.
        case unknownSetting(String)
        /// A section or a setting that isn't there.
        case missing(String)
        /// A line that is indented or continued, or has `:` for `=`.
        case oddLine(String)
        /// A setting with a value that it can't have.
        case badValue(String)
        /// Braces with something else in them than `account`, `account_id`, `role` or `region`.
        case unknownPlaceholder(String)
        /// A name that not every SDK reads the same.
        case badName(String)
        /// Two profiles of one name.
        case twice(String)
    }

    /// What another reader finds wrong.
    public init(_ problem: Problem, line: Int) {
        self.problem = problem
        self.line = line
    }
}

/// A section of a template.
private struct Section {
    struct Entry {
        let name: String
        let value: String
        let line: Int

        init(_ name: String, _ value: String, _ line: Int) {
            self.name = name
            self.value = value
            self.line = line
        }
    }

    let header: String
    let line: Int
    let entries: [Entry]

    init(_ section: ConfigDocument.Section, in bytes: borrowing Span<UInt8>) throws(TemplateError) {
        header = section.header.text
        line = section.line
        var entries: [Entry] = []
        for property in section.properties {
            guard !property.isIndented, !property.isContinued, !property.hasColon else {
                throw TemplateError(.oddLine(property.name), line: property.line)
            }
            let value = String(decoding: bytes.extracting(property.value).array(), as: UTF8.self)
            guard !value.isEmpty else { throw TemplateError(.badValue(property.name), line: property.line) }
            entries.append(Entry(property.name, value, property.line))
        }
        self.entries = entries
    }

    subscript(_ name: String) -> Entry? { entries.first { $0.name == name } }
}

extension ProfileTemplate.Setting {
    /// A setting whose value every SDK reads the same: no comments, quotes or spaces.
    fileprivate init(_ entry: Section.Entry, _ value: String) throws(TemplateError) {
        let isPlain = value.utf8.allSatisfy { isDigit($0) || isLetter($0) || "_+=,.@:/-".utf8.contains($0) }
        let isRight =
            switch entry.name {
            case "duration_seconds": Int(value).map { (900...43_200).contains($0) } ?? false
            case "role_session_name":
                (2...64).contains(value.utf8.count) && !value.utf8.contains { ":/".utf8.contains($0) }
            case "region": value.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") }
            case "source_profile": SectionHeader.isPlain(value)
            default: true
            }
        guard !value.isEmpty, isPlain || entry.name == "source_profile", isRight else {
            throw TemplateError(.badValue(entry.name == "region" ? "regions" : entry.name), line: entry.line)
        }
        self.init(name: entry.name, value: value)
    }

    /// Whether a profile would be its own source.
    fileprivate func isSource(of profile: String) -> Bool { name == "source_profile" && value == profile }
}

/// Whether it is written like `aws`, `aws-cn` or `aws-us-gov`.
private func isPartition(_ text: String) -> Bool {
    text.hasPrefix("aws") && text == text.lowercased()
        && text.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
