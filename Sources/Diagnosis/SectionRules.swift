import AWSConfig
import Importing
import Sealing

extension Situation {
    /// Sections that some SDKs find and others don't, or that belong to every profile.
    func sectionFindings() -> [Finding] {
        let inConfig = Dictionary(grouping: config.profiles, by: \.name)
        let odd = inEachFile { file in
            file.profiles.compactMap { name, section in
                guard section.header.isUnusual else { return nil }
                let isUnprefixed =
                    file.document.file == .config && section.header.text == name && SectionHeader.isPlain(name)
                if isUnprefixed {
                    // It may be another tool's.
                    guard section.hasKnownSetting || credentials.document.section(of: name) != nil else { return nil }
                    // A second section would be a duplicate to those who find this one.
                    let isFree =
                        inConfig[name]?.count == 1 && file.headerHasOnlyName(section)
                        && !(section.hasSource && credentials.document.section(of: name)?.hasSource ?? false)
                    let at = section.start + 1
                    return Finding(
                        .unprefixedSection, in: .config, line: section.line, profile: name,
                        fix: isFree ? .edits([Edit(at..<at, [.plain("profile ")])]) : nil)
                }
                // Alone, it is the default profile to all of them.
                if file.document.file == .config, section.header.text == "profile default" { return nil }
                return Finding(
                    .oddSection(section.header.text), in: file.document.file, line: section.line, profile: name)
            }
        }
        return odd + defaultFindings() + inEachFile(Self.inheritanceFindings)
    }

    /// `[default]` beside `[profile default]`: which one counts differs.
    private func defaultFindings() -> [Finding] {
        let sections = config.document.sections
        guard let plain = sections.first(where: { $0.header.text == "default" }),
            let prefixed = sections.first(where: { $0.header.text == "profile default" })
        else { return [] }
        // Where both say the same, one of them can go.
        let isSame =
            sections.count { ["default", "profile default"].contains($0.header.text) } == 2
            && config.hasAll(of: prefixed, in: plain)
        return [
            Finding(
                .twoDefaults(line: plain.line), in: .config, line: prefixed.line, profile: "default",
                fix: isSame ? .edits([Edit(prefixed.start..<prefixed.end)]) : nil)
        ]
    }

    private static func inheritanceFindings(_ file: borrowing ExaminedFile) -> [Finding] {
        let name = file.document.file
        return file.document.sections.filter(\.header.isInherited).map { section in
            Finding(
                .inheritance(credentials: section.sources), in: name,
                line: section.line)
        }
    }
}

extension ConfigDocument.Section {
    /// The settings that give credentials, of those that it has.
    fileprivate var sources: [String] {
        [
            "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "role_arn", "source_profile",
            "credential_process", "sso_account_id", "sso_role_name", "sso_session", "web_identity_token_file",
            "login_session",
        ].filter { property($0) != nil }
    }

    /// Beside another section's, it is a question of order which of them an SDK takes.
    fileprivate var hasSource: Bool { !sources.isEmpty }
}

extension ExaminedFile {
    /// Whether nothing stands on a header's line but the brackets and what is between them.
    func headerHasOnlyName(_ section: ConfigDocument.Section) -> Bool {
        bytes.withBytes { bytes in
            let length = section.header.text.utf8.count + 2
            let rest = section.start + length..<section.headerEnd
            return section.start + length <= section.headerEnd && bytes[section.start] == UInt8(ascii: "[")
                && rest.allSatisfy { [0x0A, 0x0D, 0x20, 0x09].contains(bytes[$0]) }
        }
    }

    /// Whether another section has all that one has: the same settings, each once, with the same values, in whatever
    /// order, and no comment that would go with it.
    fileprivate func hasAll(of one: ConfigDocument.Section, in two: ConfigDocument.Section) -> Bool {
        let (mine, others) = (values(one), values(two))
        guard mine.count == one.properties.count, others.count == two.properties.count, mine.count == others.count,
            headerHasOnlyName(one)
        else { return false }
        return bytes.withBytes { bytes in
            let hasSame = mine.allSatisfy { name, value in
                guard let other = others[name], other.count == value.count else { return false }
                return zip(value, other).allSatisfy { bytes[$0] == bytes[$1] }
            }
            var from = one.headerEnd
            return hasSame
                && one.properties.allSatisfy { property in
                    let between = from..<property.range.lowerBound
                    from = property.range.upperBound
                    return between.allSatisfy { [0x0A, 0x0D, 0x20, 0x09].contains(bytes[$0]) }
                }
        }
    }

    /// For each setting, the bytes from its value on, with what belongs to it, but for the last end of a line.
    private func values(_ section: ConfigDocument.Section) -> [String: Range<Int>] {
        let values = section.properties.map { property in
            bytes.withBytes { bytes in
                var end = property.isContinued ? property.range.upperBound : property.value.upperBound
                while end > property.value.lowerBound, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
                return (property.name, property.value.lowerBound..<end)
            }
        }
        return Dictionary(values) { $1 }
    }
}
