public import AWSConfig
public import SealedStore
import Sealing

/// What it takes that profiles whose keys another program has ask the store instead. Nothing has been touched yet.
public struct TakeOverPlan: Sendable {
    /// A key that is offered.
    public struct Offer: Sendable {
        let profile: String
        let accessKeyID: String
        let stored: Stored

        /// What the store has under the profile's name.
        public enum Stored: Sendable {
            case nothing, sameKey, otherKey
        }

        /// A key of a profile.
        public init(profile: String, accessKeyID: String, stored: Stored) {
            self.profile = profile
            self.accessKeyID = accessKeyID
            self.stored = stored
        }
    }

    /// What happens to one of them.
    public enum Action: Equatable, Sendable {
        /// The key comes into the store, and the line into this file, in the place of another program's if it has one.
        case take(into: ConfigDocument.File, replacing: String?)
        /// The store has the key, and the profile asks for it.
        case isThere
        /// It is left alone.
        case leave(LeaveReason)
    }

    /// One profile.
    public struct Profile: Equatable, Sendable {
        /// Its name.
        public let name: String
        /// The id of its key.
        public let accessKeyID: String
        /// What happens to it.
        public let action: Action
    }

    /// The profiles, in the order in which they were offered.
    public private(set) var profiles: [Profile] = []
    private var edits = (config: FileEdits(), credentials: FileEdits())

    /// What happens to the config file.
    public var configEdits: [Edit] { edits.config.all }
    /// What happens to the credentials file.
    public var credentialsEdits: [Edit] { edits.credentials.all }

    /// The profiles that are taken over.
    public var taken: [Profile] {
        profiles.filter { if case .take = $0.action { true } else { false } }
    }

    /// Plans it.
    ///
    /// - Parameters:
    ///   - line: the line that is written.
    ///   - isReplaced: whether a command of `credential_process` asks the other program for that profile's key.
    public init(
        _ offers: [Offer], config: borrowing AWSFile, credentials: borrowing AWSFile, line: ProfileLine,
        isReplaced: (_ command: String, _ profile: String) -> Bool
    ) {
        for offer in offers {
            let name = offer.profile
            let action = Self.action(offer, config: config, credentials: credentials) { isReplaced($0, name) }
            profiles.append(Profile(name: name, accessKeyID: offer.accessKeyID, action: action))
            guard case .take(let file, let replaced) = action else { continue }
            let text = line.text(for: name)
            if file == .config {
                Self.edit(config, &edits.config, name, text, isReplacing: replaced != nil)
            } else {
                Self.edit(credentials, &edits.credentials, name, text, isReplacing: replaced != nil)
            }
        }
    }

    private static func action(
        _ offer: Offer, config: borrowing AWSFile, credentials: borrowing AWSFile, isReplaced: (String) -> Bool
    ) -> Action {
        let name = offer.profile
        guard SectionHeader.isPlain(name) else { return .leave(.oddName) }
        do throws(ImportError) {
            try Importer.requireFree(name, config: config, credentials: credentials, isReplaced: isReplaced)
        } catch {
            if case .occupied(_, let reason) = error { return .leave(reason) }
            return .leave(.inPlainText)
        }
        if offer.stored == .otherKey { return .leave(.inStore) }
        let hasLine = (config: config.line(for: name) != nil, credentials: credentials.line(for: name) != nil)
        if hasLine.config || hasLine.credentials {
            if offer.stored == .sameKey { return .isThere }
            return .take(into: hasLine.config ? .config : .credentials, replacing: nil)
        }
        let replaced = (config: config.command(of: name), credentials: credentials.command(of: name))
        // With a line in both, one of them would stay.
        if replaced.config != nil, replaced.credentials != nil { return .leave(.otherSource) }
        return .take(
            into: replaced.credentials == nil ? .config : .credentials,
            replacing: replaced.config ?? replaced.credentials)
    }

    private static func edit(
        _ file: borrowing AWSFile, _ edits: inout FileEdits, _ profile: String, _ text: String, isReplacing: Bool
    ) {
        guard file.line(for: profile) == nil else { return }
        if isReplacing, let property = file.document.section(of: profile)?.property(ProfileLine.property) {
            edits.replace(property, with: text, in: file.document)
        } else {
            edits.add([[.plain(text)]], to: profile, in: file.document)
        }
    }
}

extension Importer {
    /// Carries out a plan, as an import that can be undone: the files get their bytes back then, and the keys stay in
    /// the store, since the files never had them.
    ///
    /// - Parameters:
    ///   - key: the key of a profile that is taken over.
    ///   - now: the time, in seconds since 1970.
    /// - Throws: ``ImportError``; `changedMeanwhile` if a file isn't any more what the plan was made of.
    public func takeOver(
        _ plan: TakeOverPlan, config: borrowing AWSFile, credentials: borrowing AWSFile, now: UInt64,
        isSessionsOnly: Bool, key: (String) -> KeyRecord
    ) throws(ImportError) {
        var draft = try read()
        let (known, said) = (Set(draft.profiles), try said(in: draft))
        var holders = try profilesByKey(in: draft)
        for profile in plan.taken {
            try put(key(profile.name), as: profile.name, of: profile.name, in: &draft, &holders)
            if isSessionsOnly { try setSessionsOnly(true, of: profile.name, in: &draft) }
        }
        let journal = Journal(
            state: .applying, purpose: .importing, isCredentialsFirst: false, began: now,
            profiles: plan.taken.map { .init(name: $0.name, isNew: !known.contains($0.name)) },
            config: config.change(plan.configEdits), credentials: credentials.change(plan.credentialsEdits))
        try carryOut(journal, in: &draft, orSay: said)
    }

    /// Puts a key into a draft. Profiles with one key share it, so that it is rotated once, and what was said of it
    /// holds for all of them; what was said of a key that it replaces isn't forgotten.
    ///
    /// - Parameters:
    ///   - profile: the profile that it is the key of.
    ///   - holders: the profiles with a key of that id.
    ///   - isReplacing: whether it may take the place of another key.
    /// - Throws: ``ImportError/occupied(profile:by:)`` if there is another key under this name.
    func put(
        _ key: borrowing KeyRecord, as name: String, of profile: String, in draft: inout StoreDraft,
        _ holders: inout [String: [String]], isReplacing: Bool = false
    ) throws(ImportError) {
        if let stored = try self.key(of: name, in: draft), !isReplacing, !stored.isSameKey(as: key) {
            throw .occupied(profile: profile, by: .inStore)
        }
        var twin: String?
        for other in holders[key.accessKeyID] ?? [] where twin == nil {
            if let stored = try self.key(of: other, in: draft), stored.isSameKey(as: key) { twin = other }
        }
        let confirmation = try sealing { () throws(StoreError) in try draft.confirmation(of: name) }
        if let twin {
            let (exposed, isSessionsOnly) = (key.exposed, key.isSessionsOnly)
            try sealing { () throws(StoreError) in
                try draft.share(keyOf: twin, with: name)
                if exposed { try draft.setExposed(name) }
                if isSessionsOnly { _ = try draft.setSessionsOnly(true, of: name) }
            }
        } else {
            draft.set(key, for: name)
        }
        try sealing { () throws(StoreError) in try draft.tighten(confirmation, of: name) }
        holders[key.accessKeyID, default: []].append(name)
    }
}

extension AWSFile {
    /// The commands that profiles name as their source of credentials.
    public func commands() -> [(profile: String, command: String)] {
        document.sections.compactMap { section in
            guard let profile = section.header.profile, let command = command(of: profile) else { return nil }
            return (profile, command)
        }
    }

    /// The profiles with a setting that starts a program and has a name anywhere in its text, in whatever sections.
    /// Lines that start awskeys don't count.
    public func profiles(starting program: String) -> [String] {
        document.sections.filter { section in
            section.properties.contains { property in
                guard property.name.lowercased().hasSuffix("_process") else { return false }
                let isOurs = section.header.profile.map { ProfileLine.isOurs(text(property), for: $0) } ?? false
                let lines = withBytes { SecretBytes(copying: $0.extracting(property.range)) }
                return contains(lines, program.utf8.span) && (!isOurs || property.isContinued)
            }
        }.map { $0.header.profile ?? $0.header.text }
    }

    /// The command that a profile's section names as its source of credentials.
    func command(of profile: String) -> String? {
        document.section(of: profile)?.property(ProfileLine.property).map { text($0) }
    }
}
