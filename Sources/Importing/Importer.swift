import AWSConfig
public import SealedStore
public import Sealing

/// Changes to the AWS files and the store that belong together, under the store's lock.
///
/// Every change is sealed in the store, as a ``Journal`` beside the keys, before a file is touched; each step can be
/// cut off, and ``finish()`` carries on from what it finds.
public struct Importer: ~Copyable {
    let writer: StoreWriter
    let dataKey: SealingKey
    let line: ProfileLine

    /// - Parameters:
    ///   - writer: the right to write the store.
    ///   - dataKey: its data key.
    ///   - line: the line that starts awskeys.
    public init(_ writer: consuming StoreWriter, dataKey: borrowing SealingKey, line: ProfileLine) {
        self.writer = writer
        self.dataKey = dataKey.copy()
        self.line = line
    }

    /// Carries out a plan: seals the keys and the journal in one write, reads them back, then changes the files.
    ///
    /// - Parameters:
    ///   - config: the file that the plan was made of.
    ///   - credentials: the file that the plan was made of.
    ///   - now: the time, in seconds since 1970.
    ///   - isSessionsOnly: whether nobody is to have the keys themselves.
    /// - Throws: ``ImportError``; `changedMeanwhile` if a file isn't any more what the plan was made of.
    public func apply(
        _ plan: ImportPlan, config: borrowing AWSFile, credentials: borrowing AWSFile, now: UInt64,
        isSessionsOnly: Bool = false
    ) throws(ImportError) {
        var draft = try read()
        let (known, said) = (Set(draft.profiles), try said(in: draft))
        var holders = try profilesByKey(in: draft)
        for profile in plan.imported {
            let name = profile.keyProfile
            try put(
                profile.key(config: config, credentials: credentials, added: now), as: name, of: profile.name,
                in: &draft, &holders)
            if isSessionsOnly { try setSessionsOnly(true, of: name, in: &draft) }
        }
        let journal = Journal(
            state: .applying, purpose: .importing, isCredentialsFirst: plan.isCredentialsFirst, began: now,
            profiles: plan.imported.map { .init(name: $0.keyProfile, isNew: !known.contains($0.keyProfile)) },
            config: config.change(plan.configEdits), credentials: credentials.change(plan.credentialsEdits))
        try carryOut(journal, in: &draft, orSay: said)
    }

    /// Puts a key into the store under a name, and the line that asks for it into config.
    ///
    /// - Parameter isReplacing: whether it may take the place of another key.
    /// - Throws: ``ImportError``; `occupied` if the files have another source of credentials for the profile, or the
    ///   store another key.
    public func add(
        _ key: borrowing KeyRecord, for profile: String, config: borrowing AWSFile, credentials: borrowing AWSFile,
        now: UInt64, isReplacing: Bool = false, isSessionsOnly: Bool = false
    ) throws(ImportError) {
        try Self.requireFree(profile, config: config, credentials: credentials)
        var draft = try read()
        let old = try self.key(of: profile, in: draft)
        let said = try said(in: draft)
        var holders = try profilesByKey(in: draft)
        try put(key, as: profile, of: profile, in: &draft, &holders, isReplacing: isReplacing)
        if isSessionsOnly || old.isSessionsOnly {
            try setSessionsOnly(true, of: profile, in: &draft)
        }
        let hasLine = config.line(for: profile) != nil || credentials.line(for: profile) != nil
        guard !hasLine else { return try write(draft) }
        var edits = FileEdits()
        edits.add([[.plain(line.text(for: profile))]], to: profile, in: config.document)
        let journal = Journal(
            state: .applying, purpose: .adding, isCredentialsFirst: false, began: now,
            profiles: [.init(name: profile, isNew: old == nil)],
            config: config.change(edits.all), credentials: nil)
        do throws(ImportError) {
            try carryOut(journal, in: &draft)
        } catch {
            // What was replaced comes back with everything else.
            if let old {
                draft = try read()
                var holders = try profilesByKey(in: draft)
                try put(old, as: profile, of: profile, in: &draft, &holders, isReplacing: true)
                try write(draft)
            }
            try? sayAgain(said)
            throw error
        }
    }

    /// Keeps a profile's key back from programs, or gives it out.
    ///
    /// - Returns: whether that is new.
    @discardableResult func setSessionsOnly(
        _ isSessionsOnly: Bool, of profile: String, in draft: inout StoreDraft
    ) throws(ImportError) -> Bool {
        try sealing { () throws(StoreError) in try draft.setSessionsOnly(isSessionsOnly, of: profile) }
    }

    /// Has what fails in the store be an ``ImportError``.
    func sealing<Result>(_ body: () throws(StoreError) -> Result) throws(ImportError) -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            throw .store(error)
        }
    }

    /// Refuses a profile that has credentials in the files already, other than a line of ours.
    ///
    /// - Parameter isReplaced: whether a command that the profile names as its source may go.
    /// - Throws: ``ImportError``: `inPlainText`, `occupied`.
    public static func requireFree(
        _ profile: String, config: borrowing AWSFile, credentials: borrowing AWSFile,
        isReplaced: (String) -> Bool = { _ in false }
    ) throws(ImportError) {
        let found = config.document.keyLines() + credentials.document.keyLines()
        if found.contains(where: { $0.profile == profile }) { throw .inPlainText(profile: profile) }
        if config.document.hasUnusualSection(for: profile) { throw .occupied(profile: profile, by: .oddSection) }
        if let reason = ImportPlan.otherSource(
            of: profile, config: config, credentials: credentials, isReplaced: isReplaced)
        {
            throw .occupied(profile: profile, by: reason)
        }
    }

    /// What ``finish()`` came upon.
    public struct Finished: Sendable {
        /// Whether an import's undo was under way.
        public var hasUndone = false
        /// Whether the undo of what mends the files was under way.
        public var hasUnmended = false
        /// The files that somebody changed in between, and that were therefore left alone.
        public var left: [String] = []
    }

    /// Finishes what a killed command left half done.
    public func finish() throws(ImportError) -> Finished {
        let draft = try read()
        var finished = Finished()
        for id in draft.notes(.journal) {
            let journal = try Self.journal(id, in: draft)
            switch journal.state {
            case .applying: finished.left += try complete(journal, id)
            case .undoing where journal.purpose == .mending:
                finished.hasUnmended = try complete(unmending: journal, id)
            case .undoing:
                _ = try complete(undoing: journal, id)
                finished.hasUndone = true
            case .done: break
            }
        }
        return finished
    }

    /// Seals a journal with what a draft changes, and then changes the files.
    func carryOut(_ journal: borrowing Journal, in draft: inout StoreDraft) throws(ImportError) {
        for path in [journal.config.path, journal.credentials.path].compactMap(\.self) { try requireShown(path) }
        for path in [try journal.config.changedPath(), try journal.credentials.changedPath()] {
            if let path { throw .changedMeanwhile(path: path) }
        }
        let id = draft.setNote(journal.encoded(), .journal)
        draft.isUnfinished = true
        try write(draft)
        do throws(ImportError) {
            if let path = try complete(journal, id).first { throw .changedMeanwhile(path: path) }
        } catch .file(let error) {
            // What this can't put back, the next command finishes.
            try? takeBack(journal, id)
            throw .file(error)
        }
    }

    /// Puts everything back as it was before a change that a file system refused.
    private func takeBack(_ journal: borrowing Journal, _ id: [UInt8]) throws(ImportError) {
        if journal.isCredentialsFirst {
            try journal.config.revert()
            try journal.credentials.revert()
        } else {
            try journal.credentials.revert()
            try journal.config.revert()
        }
        var draft = try read()
        if journal.purpose == .adopting || journal.purpose == .givingBack {
            for profile in journal.profiles {
                try setSessionsOnly(journal.purpose == .givingBack, of: profile.name, in: &draft)
            }
        }
        var isWhole = true
        for profile in journal.profiles where profile.isNew {
            // A key leaves the store only when the files give it again; one that they never had its owner still has.
            let isOthers = try journal.purpose == .adding ? true : !hadKey(of: profile.name, journal)
            let isElsewhere = try isOthers ? true : isRestored(profile.name, journal, draft)
            if isElsewhere {
                draft.remove(profile: profile.name)
            } else {
                isWhole = false
            }
        }
        if isWhole { draft.removeNote(id) } else { draft.setNote(journal.encoded(.done), .journal, id: id) }
        try settle(&draft)
    }

    /// Changes the files, the one that gets the lines first: until its key lines are gone from the other, a profile
    /// answers as before.
    private func complete(_ journal: borrowing Journal, _ id: [UInt8]) throws(ImportError) -> [String] {
        let first = try journal.isCredentialsFirst ? journal.credentials.apply() : journal.config.apply()
        let second =
            try first != nil ? nil : journal.isCredentialsFirst ? journal.config.apply() : journal.credentials.apply()
        let left = [first, second].compactMap(\.self)
        var draft = try read()
        switch journal.purpose {
        case .importing, .mending: draft.setNote(journal.encoded(.done), .journal, id: id)
        case .adding, .adopting, .givingBack: draft.removeNote(id)
        case .removing:
            draft.removeNote(id)
            // What still has its line keeps its key.
            for profile in journal.profiles where left.isEmpty { try forget(profile.name, in: &draft) }
        }
        try settle(&draft)
        return left
    }

    /// Writes a draft in which nothing is under way any more, unless another journal says otherwise.
    func settle(_ draft: inout StoreDraft) throws(ImportError) {
        draft.isUnfinished = false
        for id in draft.notes(.journal) where try Self.journal(id, in: draft).state != .done {
            draft.isUnfinished = true
        }
        try write(draft)
    }
}

// MARK: - The store

extension Importer {
    func read() throws(ImportError) -> StoreDraft {
        do throws(StoreError) {
            return try writer.read(with: dataKey)
        } catch {
            throw .store(error)
        }
    }

    func write(_ draft: borrowing StoreDraft) throws(ImportError) {
        do throws(StoreError) {
            try writer.write(draft)
        } catch {
            throw .store(error)
        }
    }

    static func journal(_ id: [UInt8], in draft: borrowing StoreDraft) throws(ImportError) -> Journal {
        do throws(StoreError) {
            switch try draft.note(id, .journal) {
            case .some(let bytes): return try Journal(reading: bytes)
            case nil: throw StoreError.damaged(.record)
            }
        } catch {
            throw .store(error)
        }
    }

    /// The profiles that have a key with each id.
    func profilesByKey(in draft: borrowing StoreDraft) throws(ImportError) -> [String: [String]] {
        var profiles: [String: [String]] = [:]
        for profile in draft.profiles {
            guard let key = try key(of: profile, in: draft) else { continue }
            profiles[key.accessKeyID, default: []].append(profile)
        }
        return profiles
    }

    func key(of profile: String, in draft: borrowing StoreDraft) throws(ImportError) -> KeyRecord? {
        do throws(StoreError) {
            return try draft.key(of: profile)
        } catch {
            throw .store(error)
        }
    }
}

extension Optional where Wrapped == KeyRecord {
    fileprivate var isSessionsOnly: Bool {
        switch self {
        case .some(let key): key.isSessionsOnly
        case nil: false
        }
    }
}
