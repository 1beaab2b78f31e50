import AWSConfig
import SealedStore
import Sealing

extension Importer {
    /// Takes a profile out of the store, its line out of the files, and its key out of what an undo would restore.
    ///
    /// The files go first: if it is cut off, the key is still there.
    ///
    /// - Throws: ``ImportError``.
    public func remove(
        _ profile: String, config: borrowing AWSFile, credentials: borrowing AWSFile
    ) throws(ImportError) {
        var draft = try read()
        for id in draft.notes(.journal) {
            let journal = try Self.journal(id, in: draft)
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
        do throws(ImportError) {
            try removeLine(of: profile, from: config)
            try removeLine(of: profile, from: credentials)
            try write(draft)
        } catch {
            // A profile that stays in the store keeps its line.
            try? putBack(profile, config)
            try? putBack(profile, credentials)
            throw error
        }
    }

    private func removeLine(of profile: String, from file: borrowing AWSFile) throws(ImportError) {
        guard let line = file.line(for: profile) else { return }
        let bytes = file.withBytes { applying([Edit(line.own)], to: $0) { _ in SecretBytes(zeros: 0) } }
        try bytes.withBytes { (bytes) throws(ImportError) in try replaceAWSFile(file.path, with: bytes) }
    }

    private func putBack(_ profile: String, _ file: borrowing AWSFile) throws(ImportError) {
        guard file.line(for: profile) != nil else { return }
        let bytes = file.withBytes { SecretBytes(copying: $0) }
        try bytes.withBytes { (bytes) throws(ImportError) in try replaceAWSFile(file.path, with: bytes) }
    }

    private static func forgetting(
        _ profile: String, _ origin: String, _ change: borrowing Journal.Change?, _ file: ConfigDocument.File
    ) throws(ImportError) -> Journal.Change? {
        switch change {
        case .some(let change):
            let before = try AWSFile(change.path, bytes: change.before.copy(), as: file)
            let after = try AWSFile(change.path, bytes: change.after.copy(), as: file)
            var rest: SecretBytes?
            if change.before != nil { rest = before.without(profile, origin) }
            return Journal.Change(path: change.path, before: rest, after: after.without(profile, origin))
        case nil:
            return nil
        }
    }
}

extension AWSFile {
    /// The bytes without anything that gives a profile a key of ours.
    fileprivate func without(_ profile: String, _ origin: String) -> SecretBytes {
        let lines = (keyLines(of: origin)?.all ?? []) + [line(for: profile)].compactMap(\.self)
        return withBytes { applying(lines.map { Edit($0.own) }, to: $0) { _ in SecretBytes(zeros: 0) } }
    }
}
