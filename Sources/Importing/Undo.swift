import AWSConfig
import DurableFiles
import SealedStore
import Sealing

extension Importer {
    /// Takes the latest import back: the files get their bytes back, with the keys that the store has now, and the
    /// profiles that the import brought leave the store.
    ///
    /// A file that was changed since gets its key lines back and keeps the rest as it is.
    ///
    /// - Returns: the profiles that stay in the store, because the files don't give their key after all.
    /// - Throws: ``ImportError``; `nothingToUndo`, `adopted`, `undoFirst` if what was mended since can be taken back
    ///   before it.
    public func undo() throws(ImportError) -> [String] {
        var draft = try read()
        guard let id = try last(.importing, in: draft) else { throw .nothingToUndo }
        let journal = try Self.journal(id, in: draft)
        try requireNotMended(after: id, in: draft)
        // A file that can't be read must be noticed before the other one is changed.
        if let path = journal.config.path { try requireNotAdopted(journal, AWSFile(path, as: .config)) }
        if let path = journal.credentials.path { try requireNotAdopted(journal, AWSFile(path, as: .credentials)) }
        draft.setNote(journal.encoded(.undoing), .journal, id: id)
        draft.isUnfinished = true
        try write(draft)
        do throws(ImportError) {
            return try complete(undoing: journal, id)
        } catch .file(let error) {
            // Nothing is undone, or all of it: what this can't put back, the next command finishes.
            try? keep(journal, id)
            throw .file(error)
        }
    }

    /// The profiles in the store whose keys the undo of the latest import writes back; none if there is none to undo.
    public func profilesToGiveBack() throws(ImportError) -> [String] {
        let draft = try read()
        guard let id = try last(.importing, in: draft) else { return [] }
        let journal = try Self.journal(id, in: draft)
        var names: [String] = []
        for profile in journal.profiles where try hadKey(of: profile.name, journal) { names.append(profile.name) }
        return names
    }

    /// Refuses to give profiles their keys back that are adopted: SDKs would take a key for all there is.
    private func requireNotAdopted(_ journal: borrowing Journal, _ file: borrowing AWSFile) throws(ImportError) {
        // Where a key comes from is looked up in the files as they were, which takes its time.
        guard file.document.sections.contains(where: \.isAdopted) else { return }
        for profile in journal.profiles { try file.requireNotAdopted(journal.origin(of: profile.name)) }
    }

    /// Lets an import stand whose undo a file system refused.
    private func keep(_ journal: borrowing Journal, _ id: [UInt8]) throws(ImportError) {
        _ = try journal.config.apply()
        _ = try journal.credentials.apply()
        var draft = try read()
        draft.setNote(journal.encoded(.done), .journal, id: id)
        try settle(&draft)
    }

    /// In the other order than the import: while both the keys and the line are there, both give the same key.
    func complete(undoing journal: borrowing Journal, _ id: [UInt8]) throws(ImportError) -> [String] {
        var draft = try read()
        let profiles = try journal.profiles.map { (profile) throws(ImportError) in
            Origin(stored: profile.name, profile: try journal.origin(of: profile.name))
        }
        if journal.isCredentialsFirst {
            try restore(journal.config, as: .config, profiles, keys: draft)
            try restore(journal.credentials, as: .credentials, profiles, keys: draft)
        } else {
            try restore(journal.credentials, as: .credentials, profiles, keys: draft)
            try restore(journal.config, as: .config, profiles, keys: draft)
        }
        var kept: [String] = []
        for profile in journal.profiles where profile.isNew {
            if try isRestored(profile.name, journal, draft) {
                draft.remove(profile: profile.name)
            } else {
                kept.append(profile.name)
            }
        }
        draft.removeNote(id)
        try settle(&draft)
        return kept
    }

    private func restore(
        _ change: borrowing Journal.Change?, as file: ConfigDocument.File, _ profiles: [Origin],
        keys draft: borrowing StoreDraft
    ) throws(ImportError) {
        switch change {
        case .some(let change): try restore(change, as: file, profiles, keys: draft)
        case nil: break
        }
    }

    private func restore(
        _ change: borrowing Journal.Change, as file: ConfigDocument.File, _ profiles: [Origin],
        keys draft: borrowing StoreDraft
    ) throws(ImportError) {
        let before = AWSFile(change.path, image: change.before.copy(), as: file)
        guard try change.look() != .other else {
            return try restoreLines(in: change.path, before: before, after: change.after, profiles, keys: draft)
        }
        guard before.bytes != nil else {
            return try removeAWSFile(change.path)
        }
        // Keys that were replaced since stand in the places of the old ones.
        var edits: [Edit] = []
        for profile in profiles {
            guard let now = try key(of: profile.stored, in: draft), let lines = before.keyLines(of: profile.profile)
            else { continue }
            guard !now.isSameKey(as: before.key(of: profile.profile, added: 0)) else { continue }
            if let id = lines.id { edits.append(Edit(id.value, [.plain(now.accessKeyID)])) }
            if let secret = lines.secret { edits.append(Edit(secret.value, [.secret(of: profile.stored)])) }
        }
        try write(edits, to: before, keys: draft)
    }

    /// Gives the key lines back to a file that was changed since the import, and takes the lines of ours out.
    private func restoreLines(
        in path: String, before: borrowing AWSFile, after: borrowing SecretBytes, _ profiles: [Origin],
        keys draft: borrowing StoreDraft
    ) throws(ImportError) {
        let now = try AWSFile(path, as: before.document.file)
        var edits = FileEdits()
        for origin in profiles {
            let (stored, profile) = (origin.stored, origin.profile)
            let needsKey = before.keyLines(of: profile) != nil && now.keyLines(of: profile) == nil
            if let line = now.line(for: stored), let section = now.document.section(of: stored) {
                // A section that the import made goes with its only line.
                let isOurs =
                    (!needsKey || stored != profile) && section.properties.count == 1
                    && line.own.lowerBound == section.headerEnd && before.document.section(of: stored) == nil
                if let other = before.otherLine(of: stored) {
                    edits.replace(line, with: other, in: now.document)
                } else {
                    edits.remove(isOurs ? section.start..<line.own.upperBound : line.own)
                }
            }
            if stored != profile { now.restoreSource(of: profile, from: stored, &edits) }
            guard needsKey, let key = try key(of: stored, in: draft) else { continue }
            let id: [Edit.Text] = [.plain("aws_access_key_id = " + key.accessKeyID)]
            let secret: [Edit.Text] = [.plain("aws_secret_access_key = "), .secret(of: stored)]
            edits.add([id, secret], to: profile, in: now.document)
        }
        try write(edits.all, to: now, keys: draft)
    }

    private func write(
        _ edits: [Edit], to file: borrowing AWSFile, keys draft: borrowing StoreDraft
    ) throws(ImportError) {
        var problem: ImportError?
        let bytes = file.withBytes { bytes in
            applying(edits, to: bytes) { profile in
                do throws(ImportError) {
                    if let key = try key(of: profile, in: draft) { return key.secretAccessKey.copy() }
                } catch {
                    problem = error
                }
                return SecretBytes(zeros: 0)
            }
        }
        if let problem { throw problem }
        try bytes.withBytes { (bytes) throws(ImportError) in try replaceAWSFile(file.path, with: bytes) }
    }

    /// Whether one of the files gave a profile's key before the change.
    func hadKey(of profile: String, _ journal: borrowing Journal) throws(ImportError) -> Bool {
        let origin = try journal.origin(of: profile)
        if try journal.config.gaveKey(of: origin, as: .config) { return true }
        return try journal.credentials.gaveKey(of: origin, as: .credentials)
    }

    func isRestored(
        _ profile: String, _ journal: borrowing Journal, _ draft: borrowing StoreDraft
    ) throws(ImportError) -> Bool {
        guard let stored = try key(of: profile, in: draft) else { return true }
        let profile = try journal.origin(of: profile)
        for (path, name) in [
            (journal.credentials.path, ConfigDocument.File.credentials), (journal.config.path, .config),
        ] {
            guard let path else { continue }
            let file = try AWSFile(path, as: name)
            if file.keyLines(of: profile) != nil { return file.key(of: profile, added: 0).isSameKey(as: stored) }
        }
        return false
    }
}

/// A stored profile, and the one whose lines had its key.
struct Origin {
    let stored: String
    let profile: String
}

extension Optional where Wrapped == Journal.Change {
    /// Whether the file gave a profile's key before the change.
    fileprivate borrowing func gaveKey(
        of profile: String, as file: ConfigDocument.File
    ) throws(ImportError) -> Bool {
        switch self {
        case .some(let change):
            AWSFile(change.path, image: change.before.copy(), as: file).keyLines(of: profile) != nil
        case nil: false
        }
    }
}

extension ConfigDocument.Section {
    /// Whether awskeys has taken settings over from the SDKs.
    fileprivate var isAdopted: Bool {
        Role.settingsOfSDKs.contains { property(Role.adoptedPrefix + $0) != nil }
    }
}

extension AWSFile {
    /// Refuses a profile that is adopted, and would be left with settings that nobody acts on.
    ///
    /// - Throws: ``ImportError/adopted(profile:)``.
    public func requireNotAdopted(_ profile: String) throws(ImportError) {
        if document.section(of: profile)?.isAdopted ?? false { throw .adopted(profile: profile) }
    }

    /// Lets a profile that was split name itself as its source again.
    fileprivate func restoreSource(of profile: String, from keyProfile: String, _ edits: inout FileEdits) {
        guard let property = document.section(of: profile)?.property("source_profile"), text(property) == keyProfile
        else { return }
        edits.replace(property.value, with: profile)
    }

    /// The line of another program that stood in a profile's section.
    fileprivate func otherLine(of profile: String) -> String? {
        guard line(for: profile) == nil,
            let property = document.section(of: profile)?.property(ProfileLine.property)
        else { return nil }
        let line = withBytes { String(decoding: $0.extracting(property.own).array(), as: UTF8.self) }
        return String(line.reversed().drop(while: \.isNewline).reversed())
    }

    /// The lines that give a profile's key.
    func keyLines(of profile: String) -> KeyLines? {
        document.section(of: profile).flatMap { KeyLines(in: $0, of: document.file) }
    }
}
