public import AWSConfig
import DurableFiles
import SealedStore
public import Sealing

/// One of the two files before and after what mends it, though it may be one that botocore can't read.
public struct MendedFile: ~Copyable {
    /// Where it lies.
    public let path: String
    /// What it held when somebody looked at it.
    public let before: SecretBytes
    /// What happens to it.
    public let edits: [Edit]

    /// A file that is there.
    public init(_ path: String, before: borrowing SecretBytes, edits: [Edit]) {
        self.path = path
        self.before = before.copy()
        self.edits = edits
    }

    /// Its bytes afterwards.
    public func after() -> SecretBytes {
        before.withBytes { applying(edits, to: $0) { _ in SecretBytes(zeros: 0) } }
    }

    fileprivate func change() -> Journal.Change? {
        edits.isEmpty ? nil : Journal.Change(path: path, before: before.copy(), after: after())
    }
}

extension Importer {
    /// Mends the files. What they held is kept, sealed, so that ``undoMending()`` can give every byte back.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    /// - Throws: ``ImportError``; `changedMeanwhile` if a file isn't any more what somebody looked at.
    public func mend(
        config: borrowing MendedFile, credentials: borrowing MendedFile, now: UInt64
    ) throws(ImportError) {
        let journal = Journal(
            state: .applying, purpose: .mending, isCredentialsFirst: false, began: now, profiles: [],
            config: config.change(), credentials: credentials.change())
        guard journal.changesAnything else { return }
        var draft = try read()
        try carryOut(journal, in: &draft)
    }

    /// Gives the files that were mended last their bytes back.
    ///
    /// - Throws: ``ImportError``; `nothingToUndo`, `changedSince`, and `undoFirst` if it was an import that has changed
    ///   the file since.
    public func undoMending() throws(ImportError) {
        var draft = try read()
        guard let id = try last(.mending, in: draft) else { throw .nothingToUndo }
        let journal = try Self.journal(id, in: draft)
        guard try journal.isInPlace() else {
            let (config, credentials) = (journal.config.path, journal.credentials.path)
            for later in draft.notes(.journal).drop(while: { $0 != id }).dropFirst() {
                let other = try Self.journal(later, in: draft)
                let paths = [other.config.path, other.credentials.path].compactMap(\.self)
                if paths.contains(where: { $0 == config || $0 == credentials }) { throw .undoFirst(isMending: false) }
            }
            throw .changedSince(path: try journal.changedPath() ?? "")
        }
        draft.setNote(journal.encoded(.undoing), .journal, id: id)
        draft.isUnfinished = true
        try write(draft)
        do throws(ImportError) {
            try complete(unmending: journal, id)
        } catch .file(let error) {
            // Nothing is undone, or all of it: what this can't put back, the next command finishes.
            try? keepMended(journal, id)
            throw .file(error)
        }
    }

    /// In the other order than it was mended. The bytes of a file that somebody changed meanwhile are kept.
    ///
    /// - Returns: whether the files have their bytes back.
    @discardableResult
    func complete(unmending journal: borrowing Journal, _ id: [UInt8]) throws(ImportError) -> Bool {
        let changed = [try journal.config.changedPath(), try journal.credentials.changedPath()]
        let isChanged = changed.contains { $0 != nil }
        if !isChanged {
            try journal.credentials.revert()
            try journal.config.revert()
        }
        var draft = try read()
        if isChanged { draft.setNote(journal.encoded(.done), .journal, id: id) } else { draft.removeNote(id) }
        try settle(&draft)
        return !isChanged
    }

    private func keepMended(_ journal: borrowing Journal, _ id: [UInt8]) throws(ImportError) {
        _ = try journal.config.apply()
        _ = try journal.credentials.apply()
        var draft = try read()
        draft.setNote(journal.encoded(.done), .journal, id: id)
        try settle(&draft)
    }

    /// The latest journal of a purpose.
    func last(_ purpose: Journal.Purpose, in draft: borrowing StoreDraft) throws(ImportError) -> [UInt8]? {
        for id in draft.notes(.journal).reversed() where try Self.journal(id, in: draft).purpose == purpose {
            return id
        }
        return nil
    }

    /// Refuses to take an import back to the byte while something was mended since that can be taken back.
    func requireNotMended(after id: [UInt8], in draft: borrowing StoreDraft) throws(ImportError) {
        for later in draft.notes(.journal).drop(while: { $0 != id }).dropFirst() {
            let journal = try Self.journal(later, in: draft)
            if journal.purpose == .mending, try journal.isInPlace() { throw .undoFirst(isMending: true) }
        }
    }
}

extension Journal {
    /// Whether the files still hold what the change made of them.
    fileprivate borrowing func isInPlace() throws(ImportError) -> Bool { try changedPath() == nil }

    /// The path of a file that holds something else than what the change made of it.
    fileprivate borrowing func changedPath() throws(ImportError) -> String? {
        if let path = try config.pathUnlessAfter() { return path }
        return try credentials.pathUnlessAfter()
    }
}

extension Optional where Wrapped == Journal.Change {
    fileprivate borrowing func pathUnlessAfter() throws(ImportError) -> String? {
        switch self {
        case .some(let change): try change.look() == .after ? nil : change.path
        case nil: nil
        }
    }
}
