import AWSConfig
import CredentialProcess
import Sealing

/// The line that makes SDKs ask the store for a profile's key.
public struct ProfileLine: Sendable {
    /// The setting that it is.
    public static let property = "credential_process"

    /// The path of `awskeys-credential-process`.
    let program: String

    /// A line that starts `program`.
    ///
    /// - Parameter program: an absolute path that needs no quoting in any SDK.
    /// - Throws: ``ImportError/unusableProgram(path:)``.
    public init(program: String) throws(ImportError) {
        // Every SDK splits the line in its own way; see docs/sdks.md.
        guard program.hasPrefix("/"), SectionHeader.isPlain(program), !program.contains("%") else {
            throw .unusableProgram(path: program)
        }
        self.program = program
    }

    /// The value of the property for a profile.
    func value(for profile: String) -> String { program + " " + ProfileArgument.encode(profile) }

    func text(for profile: String) -> String { Self.property + " = " + value(for: profile) }

    /// Whether a value of `credential_process` starts awskeys for that profile, wherever it is installed.
    public static func isOurs(_ value: String, for profile: String) -> Bool {
        let words = value.split(separator: " ")
        return words.count == 2 && words[0].hasSuffix("/awskeys-credential-process")
            && ProfileArgument.decode(String(words[1])) == profile
    }
}

extension AWSFile {
    /// Whether a profile asks the store here, though its section may be one that only some SDKs find.
    public func asksStore(for profile: String) -> Bool {
        ours(document.anySection(of: profile), for: profile) != nil
    }

    /// The property in a profile's section that starts awskeys for it.
    func line(for profile: String) -> ConfigDocument.Property? { ours(document.section(of: profile), for: profile) }

    /// Whether a profile's section names another program. An empty name counts too: beside a second one, nobody could
    /// read the file.
    ///
    /// - Parameter isReplaced: whether a command is one that may go.
    func hasOtherLine(for profile: String, _ isReplaced: (String) -> Bool) -> Bool {
        guard let property = document.section(of: profile)?.property(ProfileLine.property) else { return false }
        return line(for: profile) == nil
            && (property.isContinued || property.isIndented || !isReplaced(text(property)))
    }

    /// A property with lines that belong to it is another command to some SDKs.
    private func ours(_ section: ConfigDocument.Section?, for profile: String) -> ConfigDocument.Property? {
        guard let property = section?.property(ProfileLine.property), !property.isContinued,
            ProfileLine.isOurs(text(property), for: profile)
        else { return nil }
        return property
    }
}

/// The edits of one file, in the order in which those at the same place belong: whole sections come after lines that
/// are added to the last one.
struct FileEdits {
    private var changes: [Edit] = []
    private var sections: [Edit] = []

    var all: [Edit] { changes + sections }

    /// Takes bytes out.
    mutating func remove(_ range: Range<Int>) { changes.append(Edit(range)) }

    /// Puts text in the place of bytes.
    mutating func replace(_ range: Range<Int>, with text: String) { changes.append(Edit(range, [.plain(text)])) }

    /// Puts text between two bytes.
    mutating func insert(_ text: String, at offset: Int) { changes.append(Edit(offset..<offset, [.plain(text)])) }

    /// Puts one line in the place of a property.
    mutating func replace(_ property: ConfigDocument.Property, with line: String, in document: ConfigDocument) {
        let hasLineEnd = property.range.upperBound < document.size || document.endsWithLineEnd
        changes.append(Edit(property.range, [.plain(line + (hasLineEnd ? document.lineEnd : ""))]))
    }

    /// Adds lines to a profile's section, which is made at the end of the file if there is none.
    mutating func add(_ lines: [[Edit.Text]], to profile: String, in document: ConfigDocument) {
        let (size, lineEnd) = (document.size, document.lineEnd)
        let whole = Array(lines.map { $0 + [.plain(lineEnd)] }.joined())
        guard let section = document.section(of: profile) else {
            let isPrefixed = document.file == .config && profile != "default"
            let header = isPrefixed ? "[profile \(profile)]" : "[\(profile)]"
            let missing = document.endsWithLineEnd ? "" : lineEnd
            let blank = document.endsWithBlankLine ? "" : lineEnd
            let gap = sections.isEmpty ? (size == 0 ? "" : missing + blank) : lineEnd
            return sections.append(Edit(size..<size, [.plain(gap + header + lineEnd)] + whole))
        }
        // A file without an end to its last line stays one.
        let isOpen = section.end == size && !document.endsWithLineEnd
        changes.append(Edit(section.end..<section.end, isOpen ? lines.flatMap { [.plain(lineEnd)] + $0 } : whole))
    }
}
