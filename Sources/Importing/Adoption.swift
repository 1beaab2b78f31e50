public import AWSConfig
import SealedStore
import Sealing

/// What it takes that SDKs ask awskeys for a profile's session, or don't any more: the settings that they would act on
/// get other names, in place, and a line that asks awskeys joins them. Nothing has been touched yet.
public struct AdoptionPlan: Sendable {
    /// One setting that gets another name.
    public struct Renaming: Equatable, Sendable {
        /// The file that it is in.
        public let file: ConfigDocument.File
        /// Its line, from 1.
        public let line: Int
        /// What it is called.
        public let name: String
        /// What it will be called.
        public let newName: String
    }

    /// Whether profiles are given back to the SDKs.
    public let isUndo: Bool
    /// The profiles with roles.
    public private(set) var roles: [String] = []
    /// The profiles with a key in the store, whose sessions alone are to go out.
    public private(set) var keys: [String] = []
    /// The settings that get other names.
    public private(set) var renamings: [Renaming] = []
    /// The file that each line goes into or comes out of.
    public private(set) var lines: [(profile: String, file: ConfigDocument.File, text: String)] = []

    private var configEdits = FileEdits()
    private var credentialsEdits = FileEdits()

    func edits(of file: ConfigDocument.File) -> [Edit] {
        file == .config ? configEdits.all : credentialsEdits.all
    }

    /// Plans it for some profiles.
    ///
    /// - Parameters:
    ///   - line: the line that asks awskeys.
    ///   - hasKey: whether the store has a profile's key.
    ///   - isKeptBack: whether it has the key and gives programs sessions of it only.
    /// - Throws: ``AdoptionError``.
    public init(
        _ profiles: [String], isUndo: Bool, config: borrowing AWSFile, credentials: borrowing AWSFile,
        line: ProfileLine, hasKey: (String) -> Bool, isKeptBack: (String) -> Bool
    ) throws(AdoptionError) {
        self.isUndo = isUndo
        if !isUndo { try Self.requireNothingInherited(config.document, credentials.document) }
        var seen: Set<String> = []
        for profile in profiles where seen.insert(profile).inserted {
            guard SectionHeader.isPlain(profile), !config.document.hasUnusualSection(for: profile),
                !credentials.document.hasUnusualSection(for: profile)
            else { throw .oddSection(profile: profile) }
            let config = config.section(of: profile)
            let credentials = credentials.section(of: profile)
            let found = [config, credentials].compactMap(\.self)
            guard !found.isEmpty || hasKey(profile) else { throw .noProfile(profile) }
            if !isUndo { try Self.requireFree(profile, found) }
            // One that was cut off has the name of before in one file only.
            let names = isUndo ? [] : ["role_arn"]
            let home = (names + [Role.adoptedPrefix + "role_arn"]).lazy.compactMap { name in
                found.first { $0.section.property(name) != nil }
            }.first
            if let home {
                roles.append(profile)
                if isUndo { try giveBack(profile, home, line) } else { try adopt(profile, home, found, line) }
            } else if !isUndo, !hasKey(profile) {
                throw .noRole(profile)
            }
            // Whoever asks for a role isn't to get the key that it is assumed with.
            if isUndo ? isKeptBack(profile) : hasKey(profile) { keys.append(profile) }
            let before = renamings.count
            for place in found { try rename(profile, in: place) }
            // The key may have left the store since.
            if isUndo, !isKeptBack(profile), renamings.count == before { throw .notAdopted(profile) }
        }
    }

    /// What some SDKs go by before they look at a line that asks awskeys.
    private static let sourcesBeforeLines = [
        "sso_account_id", "sso_role_name", "sso_session", "sso_start_url", "login_session",
    ]

    /// Refuses files that give every profile something that SDKs would act on.
    private static func requireNothingInherited(_ documents: ConfigDocument...) throws(AdoptionError) {
        let keys = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", ProfileLine.property]
        for document in documents {
            for section in document.sections where section.header.isInherited {
                for setting in keys + sourcesBeforeLines + Role.settingsOfSDKs where section.property(setting) != nil {
                    throw .inherited(setting: setting)
                }
            }
        }
    }

    /// Refuses a profile of which SDKs would not ask awskeys.
    private static func requireFree(_ profile: String, _ found: [Place]) throws(AdoptionError) {
        for place in found {
            guard KeyLines(in: place.section, of: place.file) == nil else { throw .inPlainText(profile: profile) }
            for setting in sourcesBeforeLines where place.section.property(setting) != nil {
                throw .otherSource(profile: profile, setting: setting)
            }
        }
    }

    private mutating func adopt(
        _ profile: String, _ home: Place, _ found: [Place], _ line: ProfileLine
    ) throws(AdoptionError) {
        for place in found where place.line == nil && place.section.property(ProfileLine.property) != nil {
            throw .otherSource(profile: profile, setting: ProfileLine.property)
        }
        guard home.line == nil else { return }
        add(home.file) { $0.add([[.plain(line.text(for: profile))]], to: profile, in: home.document) }
        lines.append((profile, home.file, line.text(for: profile)))
    }

    /// One of the files as it will be.
    ///
    /// - Throws: ``ImportError/syntax(_:path:)``.
    public func applied(to file: borrowing AWSFile) throws(ImportError) -> AWSFile {
        let edits = edits(of: file.document.file)
        let bytes = file.withBytes { applying(edits, to: $0) { _ in SecretBytes(zeros: 0) } }
        return try AWSFile(file.path, bytes: bytes, as: file.document.file)
    }

    private mutating func giveBack(
        _ profile: String, _ home: Place, _ line: ProfileLine
    ) throws(AdoptionError) {
        // What follows it belongs to it for some SDKs, and would belong to what stands before it.
        guard home.section.property(ProfileLine.property)?.isContinued != true else {
            throw .oddSetting(profile: profile, setting: ProfileLine.property)
        }
        guard let range = home.lineBytes else { return }
        add(home.file) { $0.remove(range) }
        lines.append((profile, home.file, line.text(for: profile)))
    }

    /// Gives the settings of SDKs in one section other names, or their own again. No other byte of the line changes.
    private mutating func rename(_ profile: String, in place: Place) throws(AdoptionError) {
        for setting in Role.settingsOfSDKs {
            let prefixed = Role.adoptedPrefix + setting
            guard let property = place.section.property(isUndo ? prefixed : setting) else { continue }
            guard !property.isIndented, !property.isContinued,
                place.section.property(isUndo ? setting : prefixed) == nil
            else { throw .oddSetting(profile: profile, setting: property.name) }
            let start = property.own.lowerBound
            let (prefix, isUndo) = (Role.adoptedPrefix, isUndo)
            add(place.file) { edits in
                if isUndo {
                    edits.remove(start..<start + prefix.utf8.count)
                } else {
                    edits.insert(prefix, at: start)
                }
            }
            renamings.append(
                Renaming(
                    file: place.file, line: property.line, name: property.name,
                    newName: isUndo ? String(property.name.dropFirst(prefix.count)) : prefix + property.name))
        }
    }

    private mutating func add(_ file: ConfigDocument.File, _ change: (inout FileEdits) -> Void) {
        if file == .config { change(&configEdits) } else { change(&credentialsEdits) }
    }
}

/// A profile's section in one of the files.
private struct Place {
    let document: ConfigDocument
    let section: ConfigDocument.Section
    /// The line that asks awskeys, if it is there.
    let line: ConfigDocument.Property?
    /// The bytes that go with that line.
    let lineBytes: Range<Int>?

    var file: ConfigDocument.File { document.file }
}

extension AWSFile {
    fileprivate func section(of profile: String) -> Place? {
        document.section(of: profile).map { section in
            let line = line(for: profile)
            return Place(document: document, section: section, line: line, lineBytes: line.map { bytes(of: $0) })
        }
    }

    /// A property's own line. As the last one of a file without an end to it, it brought the end of the line before.
    private func bytes(of line: ConfigDocument.Property) -> Range<Int> {
        guard line.own.upperBound == document.size, !document.endsWithLineEnd else { return line.own }
        let isLong = withBytes { $0[line.own.lowerBound - 2] == UInt8(ascii: "\r") }
        return line.own.lowerBound - (isLong ? 2 : 1)..<line.own.upperBound
    }
}

/// Why a profile can't be adopted, or given back.
public enum AdoptionError: Error, Equatable, Sendable {
    /// Neither the files nor the store have it.
    case noProfile(String)
    /// It has no role, and the store hasn't its key.
    case noRole(String)
    /// It has not been adopted, so that it can't be given back.
    case notAdopted(String)
    /// It has keys in plain text, which SDKs would use.
    case inPlainText(profile: String)
    /// It has another source of credentials, which some SDKs would use, by a setting.
    case otherSource(profile: String, setting: String)
    /// Python's `[DEFAULT]` gives all profiles a setting that SDKs act on.
    case inherited(setting: String)
    /// Its section is written so that SDKs disagree about it.
    case oddSection(profile: String)
    /// A setting stands in the file so that it can't be renamed for every SDK, or stands there under both names.
    case oddSetting(profile: String, setting: String)
}

extension Importer {
    /// Carries out a plan, with a journal: cut off, the next command does the rest.
    ///
    /// The file with the lines goes first when profiles are adopted, and last when they are given back: in between,
    /// awskeys finds the settings under either name, and SDKs ask it.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    /// - Throws: ``ImportError``.
    public func carryOut(
        _ plan: AdoptionPlan, config: borrowing AWSFile, credentials: borrowing AWSFile, now: UInt64
    ) throws(ImportError) {
        var draft = try read()
        var changed: [Journal.Profile] = []
        for profile in plan.keys {
            if try setSessionsOnly(!plan.isUndo, of: profile, in: &draft) {
                changed.append(.init(name: profile, isNew: false))
            }
        }
        let journal = Journal(
            state: .applying, purpose: plan.isUndo ? .givingBack : .adopting,
            isCredentialsFirst: plan.lines.contains { $0.file == .credentials } != plan.isUndo, began: now,
            profiles: changed, config: config.change(plan.edits(of: .config)),
            credentials: credentials.change(plan.edits(of: .credentials)))
        guard journal.changesAnything else { return }
        try carryOut(journal, in: &draft)
    }
}
