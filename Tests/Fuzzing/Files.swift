import Sealing
import TestSupport

@testable import AWSConfig
@testable import Importing

let line = {
    guard let line = try? ProfileLine(program: "/usr/bin/awskeys-credential-process") else {
        fatalError("a plain path")
    }
    return line
}()

/// Both AWS files.
struct Files: ~Copyable {
    let config: AWSFile
    let credentials: AWSFile

    /// `nil` where one of them can't be read.
    init?(_ config: borrowing SecretBytes, _ credentials: borrowing SecretBytes) {
        guard let config = try? AWSFile("/config", bytes: config.copy(), as: .config),
            let credentials = try? AWSFile("/credentials", bytes: credentials.copy(), as: .credentials)
        else { return nil }
        self.config = config
        self.credentials = credentials
    }

    /// The names of all profiles.
    var profiles: Set<String> {
        Set((config.document.sections + credentials.document.sections).compactMap(\.header.profile))
    }

    func plan(into target: [ConfigDocument.File]?) -> ImportPlan {
        ImportPlan(config: config, credentials: credentials, selection: nil, target: target, line: line) { _, _, _ in
            false
        }
    }

    func adoption(of profile: String, isUndo: Bool) -> AdoptionPlan? {
        try? AdoptionPlan(
            [profile], isUndo: isUndo, config: config, credentials: credentials, line: line, hasKey: { _ in false },
            isKeptBack: { _ in false })
    }

    /// The files after some edits, which can be taken back.
    func changed(_ configEdits: [Edit], _ credentialsEdits: [Edit]) -> Files {
        guard let changed = Files(config.changed(configEdits), credentials.changed(credentialsEdits)) else {
            fatalError("a file can't be read any more")
        }
        return changed
    }

    func isSame(as other: borrowing Files) -> Bool {
        config.isSame(as: other.config) && credentials.isSame(as: other.credentials)
    }

    func asks(for profile: String, in file: ConfigDocument.File) -> Bool {
        file == .config ? config.asksStore(for: profile) : credentials.asksStore(for: profile)
    }

    func hasKey(_ profile: String) -> Bool {
        (config.document.keyLines() + credentials.document.keyLines()).contains { $0.profile == profile }
    }

    /// What stands between all brackets, in each file.
    var headers: [[String]] { [config.headers, credentials.headers] }

    /// All settings as programs read them.
    ///
    /// - Parameter read: what becomes of a setting that is compared; `nil` leaves it out.
    func settings(_ read: (Setting) -> String?) -> [String] { config.settings(read) + credentials.settings(read) }
}

/// A setting of a profile.
struct Setting {
    let profile: String?
    let name: String
    let value: String
    let isKey: Bool

    /// Whether it goes by a name of ours.
    var isAdopted: Bool { name.lowercased().hasPrefix(Role.adoptedPrefix) }

    /// As it is compared.
    func text(name: String? = nil, value: String? = nil) -> String {
        "\(profile ?? "-"): \(name ?? self.name) = \(value ?? self.value)"
    }

    /// Whether it asks awskeys for one of these profiles.
    func asks(for profiles: Set<String>) -> Bool {
        guard name.lowercased() == ProfileLine.property else { return false }
        // What stands behind a value belongs to no setting; what follows on other lines does.
        var value = value
        while value.last == " " || value.last == "\t" { value.removeLast() }
        return profiles.contains { ProfileLine.isOurs(value, for: $0) }
    }
}

extension AWSFile {
    fileprivate var headers: [String] { document.sections.map(\.header.text) }

    fileprivate func settings(_ read: (Setting) -> String?) -> [String] {
        document.sections.flatMap { section in
            let keys = Set(KeyLines(in: section, of: document.file)?.all.map(\.line) ?? [])
            return section.properties.compactMap { property in
                // With the lines that belong to it, but for the end of the last one, which may join or leave it.
                var value = text(property.value.lowerBound..<property.range.upperBound)
                while value.last?.isNewline ?? false { value.removeLast() }
                return read(
                    Setting(
                        profile: section.header.profile, name: property.name, value: value,
                        isKey: keys.contains(property.line)))
            }
        }
    }

    private func text(_ range: Range<Int>) -> String {
        withBytes { String(decoding: $0.extracting(range).array(), as: UTF8.self) }
    }

    /// The bytes after some edits, which give every byte back when they are taken back.
    fileprivate func changed(_ edits: [Edit]) -> SecretBytes {
        let changed = withBytes { applying(edits, to: $0) { _ in SecretBytes(zeros: 0) } }
        let ordered = edits.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }
        var shift = 0
        let inverse = ordered.map { _, edit in
            let size = edit.text.reduce(0) { $0 + $1.size }
            defer { shift += size - edit.range.count }
            let start = edit.range.lowerBound + shift
            return Edit(start..<start + size, [.plain(text(edit.range))])
        }
        let back = changed.withBytes { applying(inverse, to: $0) { _ in SecretBytes(zeros: 0) } }
        withBytes { require(back.equals($0), "an edit that is taken back leaves other bytes") }
        return changed
    }
}

extension Edit.Text {
    fileprivate var size: Int {
        switch self {
        case .plain(let text): text.utf8.count
        case .secret: 0
        case .copy(let range): range.count
        }
    }
}
