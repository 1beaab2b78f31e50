import AWSConfig
import Sealing

/// What the SDKs of a family find in one of the two files.
struct FamilyReading {
    /// The settings of each profile, by their names.
    private(set) var profiles: [String: [String: FoundSetting]] = [:]
    /// Why they can't read the file at all.
    private(set) var problem: ConfigSyntaxError?

    init(_ file: ExplanationFile, _ syntax: FamilySyntax) {
        do throws(ConfigSyntaxError) {
            profiles = try syntax.isPython ? Self.python(file) : Self.others(file, syntax)
        } catch {
            problem = error
        }
    }

    /// As `configparser` does it: `[DEFAULT]` is part of every section, and of two for a profile the last one counts.
    private static func python(_ file: ExplanationFile) throws(ConfigSyntaxError) -> [String: [String: FoundSetting]] {
        let document = try file.withBytes { (bytes) throws(ConfigSyntaxError) in
            try ConfigDocument(reading: bytes, as: file.file)
        }
        func settings(_ section: ConfigDocument.Section) -> [String: FoundSetting] {
            var found: [String: FoundSetting] = [:]
            for property in section.properties {
                found[property.name.lowercased()] = FoundSetting(
                    name: property.name.lowercased(), place: .line(file.file, property.line), value: property.value,
                    file: file)
            }
            return found
        }
        var inherited: [String: FoundSetting] = [:]
        for section in document.sections where section.header.isInherited {
            inherited.merge(settings(section)) { $1 }
        }
        var profiles: [String: [String: FoundSetting]] = [:]
        for section in document.sections {
            guard let name = section.header.botocoreProfile else { continue }
            profiles[name] = inherited.merging(settings(section)) { $1 }
        }
        return profiles
    }

    private static func others(
        _ file: ExplanationFile, _ syntax: FamilySyntax
    ) throws(ConfigSyntaxError) -> [String: [String: FoundSetting]] {
        try file.withBytes { (bytes) throws(ConfigSyntaxError) in
            var reader = LineReader(file: file, syntax: syntax)
            try reader.read(bytes)
            return reader.profiles
        }
    }
}

/// Reads a file line by line, as the SDKs do that merge what stands twice.
private struct LineReader {
    let file: ExplanationFile
    let syntax: FamilySyntax
    var profiles: [String: [String: FoundSetting]] = [:]
    /// `nil` before the first section; empty in one that is no profile.
    private var profile: String?
    private var line = 0
    /// Whether the setting above has a value.
    private var isBelowValue = false
    /// Whether config has had `[profile default]`, or `[default]`.
    private var hasDefault = (prefixed: false, bare: false)

    init(file: ExplanationFile, syntax: FamilySyntax) {
        self.file = file
        self.syntax = syntax
    }

    mutating func read(_ bytes: borrowing Span<UInt8>) throws(ConfigSyntaxError) {
        var start = 0
        let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        if hasMark, syntax.byteOrderMark == .fatal { throw problem(.byteOrderMark) }
        while start < bytes.count {
            line += 1
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            // With the mark before it, the first line is no section to those who read on.
            if !(hasMark && line == 1) { try readLine(bytes, start..<end) }
            start = end + 1
        }
    }

    private mutating func readLine(_ bytes: borrowing Span<UInt8>, _ whole: Range<Int>) throws(ConfigSyntaxError) {
        let text = trimmed(bytes, whole)
        guard !text.isEmpty, !isOne(of: "#;", bytes[text.lowerBound]) else { return }
        if bytes[text.lowerBound] == UInt8(ascii: "["), text.lowerBound == whole.lowerBound {
            if let close = text.first(where: { bytes[$0] == UInt8(ascii: "]") }) {
                return begin(string(bytes, text.lowerBound + 1..<close))
            }
        }
        // What is indented belongs to the setting above.
        guard text.lowerBound == whole.lowerBound || syntax.readsIndented && isBelowValue else { return }
        guard let profile else {
            guard syntax.beforeSections == .fatal else { return }
            throw problem(.propertyBeforeSection)
        }
        guard let delimiter = text.first(where: { isDelimiter(bytes[$0]) }) else { return }
        let name = string(bytes, trimmed(bytes, text.lowerBound..<delimiter))
        var value = unquoted(bytes, withoutComment(bytes, delimiter + 1..<text.upperBound))
        if syntax.dropsEmpty, value.isEmpty { value = delimiter + 1..<whole.upperBound }
        isBelowValue = !value.isEmpty
        guard !profile.isEmpty, !(syntax.dropsEmpty && value.isEmpty) else { return }
        let key = syntax.foldsCase ? name.lowercased() : name
        profiles[profile, default: [:]][key] = FoundSetting(
            name: key, place: .line(file.file, line), value: value, file: file)
    }

    private mutating func begin(_ inside: String) {
        isBelowValue = false
        let text = syntax.trimsHeaders ? String(inside.trimmingSpaces) : inside
        let prefix = text.hasPrefix("profile ") || text.hasPrefix("profile\t")
        let name = prefix ? String(text.dropFirst(8).trimmingSpaces) : text
        profile = isProfile(name, isPrefixed: prefix) ? name : ""
        guard let profile, !profile.isEmpty else { return }
        if file.file == .config, name == "default" {
            switch syntax.defaults {
            case .bothMerged: break
            case .prefixed where prefix && !hasDefault.prefixed, .bare where !prefix && !hasDefault.bare:
                profiles[name] = [:]
            case .prefixed where !prefix && hasDefault.prefixed, .bare where prefix && hasDefault.bare:
                self.profile = ""
            case .prefixed, .bare: break
            }
            if prefix { hasDefault.prefixed = true } else { hasDefault.bare = true }
        }
        if profiles[name] == nil { profiles[name] = [:] }
    }

    private func isProfile(_ name: String, isPrefixed: Bool) -> Bool {
        guard syntax.takesSpaces || !name.contains(where: { " \t\"'".contains($0) }) else { return false }
        return switch file.file {
        case .config: isPrefixed || name == "default" || syntax.takesUnprefixed
        case .credentials: !isPrefixed || syntax.takesPrefixed
        }
    }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") && syntax.colon == .read
    }

    private func withoutComment(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        let end = range.dropFirst().first { isOne(of: syntax.comments, bytes[$0]) && isSpace(bytes[$0 - 1]) }
        return trimmed(bytes, range.lowerBound..<(end ?? range.upperBound))
    }

    private func unquoted(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        guard syntax.unquotes, range.count > 2, isOne(of: "\"'", bytes[range.lowerBound]),
            bytes[range.upperBound - 1] == bytes[range.lowerBound]
        else { return range }
        return range.lowerBound + 1..<range.upperBound - 1
    }

    private func problem(_ problem: ConfigSyntaxError.Problem) -> ConfigSyntaxError {
        ConfigSyntaxError(problem: problem, file: file.file, line: max(1, line))
    }
}

private func isOne(of characters: String, _ byte: UInt8) -> Bool { characters.utf8.contains(byte) }

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

private func trimmed(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    return start..<end
}

/// Text that is no secret: the name of a section or a setting.
private func string(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> String {
    String(decoding: bytes.extracting(range).array(), as: UTF8.self)
}

extension StringProtocol {
    fileprivate var trimmingSpaces: SubSequence {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
