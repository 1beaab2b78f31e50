import AWSConfig
import CredentialProcess
import Sealing

/// The line that makes SDKs ask the store for a profile's key.
public struct ProfileLine: Sendable {
    static let property = "credential_process"

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
    static func isOurs(_ value: String, for profile: String) -> Bool {
        let words = value.split(separator: " ")
        return words.count == 2 && words[0].hasSuffix("/awskeys-credential-process")
            && ProfileArgument.decode(String(words[1])) == profile
    }
}

extension AWSFile {
    /// Whether a profile asks the store here.
    public func asksStore(for profile: String) -> Bool { line(for: profile) != nil }

    /// The property in a profile's section that starts awskeys for it.
    func line(for profile: String) -> ConfigDocument.Property? {
        guard let property = document.section(of: profile)?.property(ProfileLine.property),
            ProfileLine.isOurs(text(property), for: profile)
        else { return nil }
        return property
    }
}

extension ConfigDocument {
    /// Adds lines to a profile's section, which is made at the end of the file if there is none.
    ///
    /// - Parameter isNext: whether another edit makes a section before it.
    func adding(_ lines: [[Edit.Text]], to profile: String, isNext: Bool = false) -> Edit {
        let separated = lines.map { $0 + [.plain(lineEnd)] }
        guard let section = section(of: profile) else {
            let isPrefixed = file == .config && profile != "default"
            let header = isPrefixed ? "[profile \(profile)]" : "[\(profile)]"
            let end = size == 0 ? "" : (endsWithLineEnd ? "" : lineEnd) + (endsWithBlankLine ? "" : lineEnd)
            let gap = isNext ? lineEnd : end
            return Edit(size..<size, [.plain(gap + header + lineEnd)] + separated.joined())
        }
        // A file without an end to its last line stays one.
        if section.end == size, !endsWithLineEnd {
            return Edit(size..<size, lines.flatMap { [.plain(lineEnd)] + $0 })
        }
        return Edit(section.end..<section.end, Array(separated.joined()))
    }

    /// Puts one line in the place of a property.
    func replacing(_ property: Property, with line: String) -> Edit {
        let hasLineEnd = property.range.upperBound < size || endsWithLineEnd
        return Edit(property.range, [.plain(line + (hasLineEnd ? lineEnd : ""))])
    }
}
