import AWSConfig
import Sealing

/// The lines of one section that give a profile's key.
struct KeyLines {
    let file: ConfigDocument.File
    let section: ConfigDocument.Section
    let id: ConfigDocument.Property?
    let secret: ConfigDocument.Property?
    /// `aws_session_token`, or the older `aws_security_token`.
    let tokens: [ConfigDocument.Property]

    /// What the lines of a key begin with.
    static let names = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"]

    /// `nil` where the section gives no part of a key.
    init?(in section: ConfigDocument.Section, of file: ConfigDocument.File) {
        self.file = file
        self.section = section
        id = section.property("aws_access_key_id")
        secret = section.property("aws_secret_access_key")
        tokens = ["aws_session_token", "aws_security_token"].compactMap(section.property)
        guard id != nil || secret != nil || !tokens.isEmpty || section.properties.contains(where: \.hidesKeyLine) else {
            return nil
        }
    }

    /// All of them, in the order of the file.
    var all: [ConfigDocument.Property] {
        ([id, secret].compactMap(\.self) + tokens).sorted { $0.line < $1.line }
    }

    /// Why the lines can't be taken out so that every SDK sees the same; `nil` if they can.
    func oddity(in bytes: borrowing Span<UInt8>) -> LeaveReason? {
        if section.header.isInherited { return .defaultSection }
        if section.header.isUnusual { return .oddSection }
        for token in tokens where !token.value.isEmpty { return .temporary }
        if all.contains(where: { $0.name != $0.name.lowercased() }) { return .keyCase }
        if all.contains(where: \.hasColon) { return .colon }
        if all.contains(where: \.isIndented) || section.properties.contains(where: \.hidesKeyLine) { return .indented }
        if all.contains(where: \.isContinued) { return .continued }
        guard let id, let secret, !id.value.isEmpty, !secret.value.isEmpty else { return .incomplete }
        // The prefix of temporary keys: IAM User Guide, "Understanding unique ID prefixes".
        if bytes.extracting(id.value).array().starts(with: "ASIA".utf8) { return .temporary }
        for property in [id, secret] {
            let value = bytes.extracting(property.value)
            guard value.count <= 1024 else { return .oddValue }
            if value[0] == UInt8(ascii: "\"") || value[0] == UInt8(ascii: "'") { return .quoted }
            for index in value.indices where !(0x21...0x7E).contains(value[index]) {
                guard index + 1 < value.count, isSpace(value[index]) else { return .oddValue }
                let next = value[index + 1]
                return next == UInt8(ascii: "#") || next == UInt8(ascii: ";") ? .inlineComment : .oddValue
            }
        }
        return nil
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}

extension ConfigDocument {
    /// Every section that gives a key or a part of one, with the profile that it is to somebody.
    func keyLines() -> [(profile: String, lines: KeyLines)] {
        sections.compactMap { section in
            guard let profile = section.header.profile, let lines = KeyLines(in: section, of: file) else { return nil }
            return (profile, lines)
        }
    }
}
