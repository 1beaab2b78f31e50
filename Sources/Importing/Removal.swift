import AWSConfig
import SealedStore
import Sealing

extension Importer {
    /// Takes a profile out of the store, its line out of the files, and its key out of what an undo would restore.
    ///
    /// The files go first: a profile that keeps its line keeps its key.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    /// - Throws: ``ImportError``; `adopted`.
    public func remove(
        _ profile: String, config: borrowing AWSFile, credentials: borrowing AWSFile, now: UInt64
    ) throws(ImportError) {
        try config.requireNotAdopted(profile)
        try credentials.requireNotAdopted(profile)
        let journal = Journal(
            state: .applying, purpose: .removing, isCredentialsFirst: false, began: now,
            profiles: [.init(name: profile, isNew: false)], config: config.withoutLine(of: profile),
            credentials: credentials.withoutLine(of: profile))
        var draft = try read()
        try carryOut(journal, in: &draft)
    }

    /// Takes a profile's key out of a draft, journals included.
    func forget(_ profile: String, in draft: inout StoreDraft) throws(ImportError) {
        for id in draft.notes(.journal) {
            let journal = try Self.journal(id, in: draft)
            guard journal.purpose != .mending else {
                let rest = Journal(
                    state: journal.state, purpose: .mending, isCredentialsFirst: journal.isCredentialsFirst,
                    began: journal.began, profiles: [], config: journal.config.withoutKey(of: profile, .config),
                    credentials: journal.credentials.withoutKey(of: profile, .credentials))
                let isLeft = rest.changesAnything
                if isLeft { draft.setNote(rest.encoded(), .journal, id: id) } else { draft.removeNote(id) }
                continue
            }
            let origin = try journal.origin(of: profile)
            let rest = Journal(
                state: journal.state, purpose: journal.purpose, isCredentialsFirst: journal.isCredentialsFirst,
                began: journal.began, profiles: journal.profiles.filter { $0.name != profile },
                config: try Self.forgetting(profile, origin, journal.config, .config),
                credentials: try Self.forgetting(profile, origin, journal.credentials, .credentials))
            // An import that brought nothing else has nothing left to undo.
            if rest.profiles.isEmpty, !journal.profiles.isEmpty {
                draft.removeNote(id)
            } else {
                draft.setNote(rest.encoded(), .journal, id: id)
            }
        }
        draft.remove(profile: profile)
    }

    private static func forgetting(
        _ profile: String, _ origin: String, _ change: borrowing Journal.Change?, _ file: ConfigDocument.File
    ) throws(ImportError) -> Journal.Change? {
        switch change {
        case .some(let change):
            let before = AWSFile(change.path, image: change.before.copy(), as: file)
            let after = AWSFile(change.path, image: change.after.copy(), as: file)
            var rest: SecretBytes?
            if change.before != nil { rest = before.without(profile, origin) }
            return Journal.Change(path: change.path, before: rest, after: after.without(profile, origin))
        case nil:
            return nil
        }
    }
}

extension AWSFile {
    fileprivate func withoutLine(of profile: String) -> Journal.Change? {
        change([line(for: profile)].compactMap(\.self).map { Edit($0.own) })
    }

    /// The bytes without anything that gives a profile a key of ours.
    fileprivate func without(_ profile: String, _ origin: String) -> SecretBytes {
        let lines = (keyLines(of: origin)?.all ?? []) + [line(for: profile)].compactMap(\.self)
        return withBytes { applying(lines.map { Edit($0.own) }, to: $0) { _ in SecretBytes(zeros: 0) } }
    }
}

extension Optional where Wrapped == Journal.Change {
    /// The change without a profile's key, though botocore may not be able to read the file; `nil` if the key is all
    /// that it is about.
    fileprivate borrowing func withoutKey(of profile: String, _ file: ConfigDocument.File) -> Journal.Change? {
        switch self {
        case .some(let change):
            let after = change.after.withoutKey(of: profile, file)
            var rest: SecretBytes?
            switch change.before {
            case .some(let before):
                let before = before.withoutKey(of: profile, file)
                if after.withBytes({ before.equals($0) }) { return nil }
                rest = consume before
            case nil: break
            }
            return Journal.Change(path: change.path, before: rest, after: after)
        case nil: return nil
        }
    }
}

extension SecretBytes {
    /// The file without every line of a key that somebody takes for the profile's.
    fileprivate borrowing func withoutKey(of profile: String, _ file: ConfigDocument.File) -> SecretBytes {
        withBytes { bytes in
            var problems: [ConfigSyntaxError] = []
            let document = ConfigDocument(reading: bytes, as: file, keeping: &problems)
            let lines = document.sections.filter { $0.header.profile == profile }.flatMap { section in
                section.properties.filter { KeyLines.names.contains($0.name.lowercased()) || $0.hidesKeyLine }
            }
            return applying(lines.map { Edit($0.range) }, to: bytes) { _ in SecretBytes(zeros: 0) }
        }
    }
}
