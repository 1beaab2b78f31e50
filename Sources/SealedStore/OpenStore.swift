import DurableFiles
public import Sealing

/// A store whose data key is known, for reading: each record is opened when it is asked for.
public struct OpenStore: ~Copyable {
    /// Whether a change that spans more than the store was begun and not ended.
    public var isUnfinished: Bool { index.isUnfinished }

    private let file: OpenFile
    private let header: StoreHeader
    private let index: StoreIndex
    private let recordKey: SealingKey

    init(file: consuming OpenFile, header: StoreHeader, index: consuming StoreIndex, dataKey: borrowing SealingKey) {
        self.file = file
        self.header = header
        self.index = index
        recordKey = SealedRecord.key(from: dataKey)
    }

    /// The names of all profiles, in the order of their bytes.
    public func profiles() throws(StoreError) -> [String] { try index.profiles().map(\.name) }

    /// The key that a profile has; `nil` if there is no such profile.
    ///
    /// - Throws: ``StoreError``: `damaged`, `file`.
    public func key(of profile: String) throws(StoreError) -> KeyRecord? {
        guard let number = try index.record(of: profile) else { return nil }
        return try key(number)
    }

    /// How often a person is asked about a profile's key; `nil` for never, or if there's no such profile.
    public func confirmation(of profile: String) throws(StoreError) -> Confirmation? {
        switch try key(of: profile) {
        case .some(let key): key.confirmation
        case nil: nil
        }
    }

    /// What tells a profile's key from any that it had before, its record's tag; `nil` if there is no such profile.
    ///
    /// - Throws: ``StoreError/damaged(_:)``.
    public func keyTag(of profile: String) throws(StoreError) -> [UInt8]? {
        guard let number = try index.record(of: profile) else { return nil }
        return try index.entry(number).tag
    }

    private func key(_ number: Int) throws(StoreError) -> KeyRecord {
        let entry = try index.entry(number)
        guard entry.kind == KeyRecord.kind else { throw .damaged(.index) }
        return try KeyRecord(reading: open(entry))
    }

    /// Lends every profile's key, in the order of the names.
    ///
    /// - Throws: ``StoreError``: `damaged`, `file`, and what `body` throws.
    public func forEachKey(
        _ body: (_ profile: String, borrowing KeyRecord) throws(StoreError) -> Void
    ) throws(StoreError) {
        for (profile, number) in try index.profiles() { try body(profile, key(number)) }
    }

    /// Lends every note of a kind, the oldest first.
    ///
    /// - Throws: ``StoreError``: `damaged`, `file`, and what `body` throws.
    public func forEachNote(
        _ kind: NoteKind, _ body: (_ id: [UInt8], borrowing SecretBytes) throws(StoreError) -> Void
    ) throws(StoreError) {
        for number in 0..<index.recordCount {
            let entry = try index.entry(number)
            if entry.kind == kind.rawValue { try body(entry.id, open(entry)) }
        }
    }

    private func open(_ entry: StoreIndex.Entry) throws(StoreError) -> SecretBytes {
        guard entry.size <= header.recordsSize, entry.offset <= header.recordsSize - entry.size else {
            throw .damaged(.index)
        }
        let bytes = try file.bytes(count: entry.size, at: header.recordsOffset + entry.offset)
        guard bytes.count == entry.size else { throw .damaged(.record) }
        let record = SealedRecord(entry, bytes: bytes)
        guard record.tag == entry.tag else { throw .damaged(.record) }
        return try record.open(store: header.id, with: recordKey)
    }
}
