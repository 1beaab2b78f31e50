public import Sealing

/// The whole content of a store, to be changed and written as its next generation.
///
/// Records that aren't touched stay sealed as they are.
public struct StoreDraft: ~Copyable {
    /// Which store it is.
    public let id: [UInt8]
    /// The generation that it will have once written.
    public private(set) var generation: UInt64
    /// The ways in.
    public private(set) var slots: [Slot] = []
    /// Whether a change that spans more than the store has been begun and not ended.
    public var isUnfinished = false

    private let minor: UInt16
    private let dataKey: SealingKey
    private let recordKey: SealingKey
    private var records: [SealedRecord] = []
    /// The id of each profile's record.
    private var recordOf: [String: [UInt8]] = [:]

    /// A new, empty store with a new data key and no way in yet.
    public init(new id: [UInt8] = randomBytes(16)) {
        self.init(id: id, generation: 1, minor: StoreHeader.minor, dataKey: SealingKey())
    }

    /// An empty draft. What it is given is sealed under this data key, from here to its end: a draft never changes it.
    private init(id: [UInt8], generation: UInt64, minor: UInt16, dataKey: consuming SealingKey) {
        self.id = id
        self.generation = generation
        self.minor = minor
        recordKey = SealedRecord.key(from: dataKey)
        self.dataKey = dataKey
    }

    /// Reads a store whole, and verifies all of it.
    ///
    /// - Throws: ``StoreError``: `wrongKey`, `damaged`, `newer`, `notAStore`.
    init(reading bytes: borrowing Span<UInt8>, with key: borrowing SealingKey) throws(StoreError) {
        let header = try StoreHeader(reading: bytes, fileSize: bytes.count)
        let slots = try Slot.read(
            bytes.extracting(StoreHeader.size..<header.indexOffset), count: header.slotCount, minor: header.minor)
        let index = try header.openIndex(in: bytes, with: key)
        let (entries, profiles) = try index.read(recordsSize: header.recordsSize)
        let recordKey = SealedRecord.key(from: key)
        var records: [SealedRecord] = []
        for entry in entries {
            let start = header.recordsOffset + entry.offset
            let record = SealedRecord(entry, bytes: bytes.extracting(start..<start + entry.size).array())
            guard record.tag == entry.tag else { throw .damaged(.record) }
            let plain = try record.open(store: header.id, with: recordKey)
            if entry.kind == KeyRecord.kind { _ = try KeyRecord(reading: plain) }
            records.append(record)
        }
        self.init(
            id: header.id, generation: header.generation + 1, minor: max(header.minor, StoreHeader.minor),
            dataKey: key.copy())
        isUnfinished = index.isUnfinished
        self.slots = slots
        self.records = records
        for (name, number) in profiles { recordOf[name] = records[number].id }
    }

    /// The store's file for this content.
    ///
    /// - Throws: ``StoreError/full``.
    func encoded() throws(StoreError) -> [UInt8] {
        // A key that no profile has any more is gone.
        let pointedAt = Set(recordOf.values)
        let records = records.filter { $0.kind != KeyRecord.kind || pointedAt.contains($0.id) }
        guard slots.count <= StoreHeader.mostSlots, records.count <= StoreIndex.mostRecords,
            recordOf.count <= StoreIndex.mostRecords, generation < StoreHeader.generationEnd
        else { throw .full }
        var entries: [StoreIndex.Entry] = []
        var numbers: [[UInt8]: Int] = [:]
        var offset = 0
        for record in records {
            numbers[record.id] = entries.count
            entries.append(
                StoreIndex.Entry(
                    id: record.id, generation: record.generation, tag: record.tag, offset: offset,
                    size: record.bytes.count, kind: record.kind))
            offset += record.bytes.count
        }
        let index = StoreIndex.bytes(
            entries: entries, profiles: recordOf.compactMapValues { numbers[$0] }, isUnfinished: isUnfinished)
        let slotBytes = slots.flatMap(\.bytes)
        let header = StoreHeader(
            minor: minor, id: id, generation: generation, commitment: StoreHeader.commitment(of: dataKey, id: id),
            slotCount: slots.count, slotsSize: slotBytes.count, indexSize: index.count + Sealed.tagSize,
            recordsSize: offset, indexNonce: randomBytes(Sealed.nonceSize))
        guard header.storeSize <= StoreHeader.largestStore else { throw .full }
        let clear = header.bytes + slotBytes
        let sealedIndex = Sealed.seal(
            index.span, associated: clear.span, nonce: header.indexNonce.span,
            with: StoreHeader.indexKey(from: dataKey))
        var bytes = clear + sealedIndex
        bytes.reserveCapacity(header.storeSize)
        for record in records { bytes += record.bytes }
        return bytes
    }

    /// Makes it newer than a generation that was seen, as after a backup has been put back on purpose.
    public mutating func raise(above seen: UInt64) { generation = max(generation, seen &+ 1) }

    /// Lends the data key: to be wrapped in a slot, or to be remembered.
    public func withDataKey<Result: ~Copyable>(_ body: (borrowing SealingKey) -> Result) -> Result { body(dataKey) }
}

// MARK: - Slots

extension StoreDraft {
    /// Adds a way in.
    public mutating func add(_ slot: Slot) { slots.append(slot) }

    /// Takes a way in away; the caller sees to it that one is left.
    ///
    /// - Parameter slotID: ``Slot/idSize`` bytes.
    public mutating func removeSlot(_ slotID: [UInt8]) { slots.removeAll { $0.id == slotID } }

    /// Puts a way in into the place of another.
    ///
    /// - Returns: whether that one was there; if not, nothing is changed.
    public mutating func replaceSlot(_ slotID: [UInt8], with slot: Slot) -> Bool {
        guard let place = slots.firstIndex(where: { $0.id == slotID }) else { return false }
        slots[place] = slot
        return true
    }
}

// MARK: - Another data key

extension StoreDraft {
    /// The same store under another data key: every record, of whatever kind, opened with the old one and sealed anew
    /// with the new one, in the same order and under the same id. Written, it is the store's next generation.
    ///
    /// It is another draft, with a data key of its own, which begins empty: so nothing that was sealed under the old
    /// key can be in it.
    ///
    /// - Parameters:
    ///   - dataKey: the new data key.
    ///   - slots: what opens it, since none of the old slots does.
    /// - Throws: ``StoreError/damaged(_:)``.
    public func rekeyed(with dataKey: borrowing SealingKey, slots: [Slot]) throws(StoreError) -> StoreDraft {
        var draft = StoreDraft(id: id, generation: generation, minor: minor, dataKey: dataKey.copy())
        draft.slots = slots
        draft.isUnfinished = isUnfinished
        draft.recordOf = recordOf
        for record in records {
            let plain = try record.open(store: id, with: recordKey)
            draft.records.append(
                SealedRecord(
                    sealing: plain, id: record.id, kind: record.kind, generation: draft.generation, store: id,
                    with: draft.recordKey))
        }
        return draft
    }
}

// MARK: - Keys

extension StoreDraft {
    /// The names of all profiles, in the order of their bytes.
    public var profiles: [String] { recordOf.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// The key that a profile has; `nil` if there is no such profile.
    public func key(of profile: String) throws(StoreError) -> KeyRecord? {
        guard let wanted = recordOf[profile], let record = records.first(where: { $0.id == wanted }) else { return nil }
        return try KeyRecord(reading: record.open(store: id, with: recordKey))
    }

    /// Gives a profile a key; a key that no profile has any more is gone.
    public mutating func set(_ key: borrowing KeyRecord, for profile: String) {
        let record = SealedRecord(
            sealing: key.plain(), kind: KeyRecord.kind, generation: generation, store: id, with: recordKey)
        records.append(record)
        recordOf[profile] = record.id
    }

    /// Gives a profile the very key that another profile has. If a person was to be asked more often about the one that
    /// it had, that holds for both from now on.
    public mutating func share(keyOf profile: String, with other: String) throws(StoreError) {
        let confirmation = try confirmation(of: other)
        recordOf[other] = recordOf[profile]
        try tighten(confirmation, of: other)
    }

    /// Says whether nobody is to have a profile's key itself, but sessions that are got with it; that holds for every
    /// profile that has the key.
    ///
    /// - Returns: whether that is new; `false` if there is no such profile.
    public mutating func setSessionsOnly(_ isSessionsOnly: Bool, of profile: String) throws(StoreError) -> Bool {
        guard let key = try key(of: profile), key.isSessionsOnly != isSessionsOnly else { return false }
        reseal(key.copy(exposed: key.exposed, isSessionsOnly: isSessionsOnly, key.confirmation), of: profile)
        return true
    }

    /// Says how often a person is asked before a program gets a profile's key, or what is got with it; that holds for
    /// every profile that has the key. What has been got so far is of no use any more, since the key's tag changes.
    ///
    /// - Returns: whether that is new; `false` if there is no such profile.
    public mutating func setConfirmation(
        _ confirmation: Confirmation?, of profile: String
    ) throws(StoreError) -> Bool {
        guard let key = try key(of: profile), key.confirmation != confirmation else { return false }
        reseal(key.copy(exposed: key.exposed, isSessionsOnly: key.isSessionsOnly, confirmation), of: profile)
        return true
    }

    /// Notes that a profile's key lay in plain text.
    public mutating func setExposed(_ profile: String) throws(StoreError) {
        guard let key = try key(of: profile), !key.exposed else { return }
        reseal(key.copy(exposed: true, isSessionsOnly: key.isSessionsOnly, key.confirmation), of: profile)
    }

    /// How often a person is asked about a profile's key; `nil` for never, or if there's no such profile.
    public func confirmation(of profile: String) throws(StoreError) -> Confirmation? {
        switch try key(of: profile) {
        case .some(let key): key.confirmation
        case nil: nil
        }
    }

    /// Has a person asked for a profile's key at least this often.
    public mutating func tighten(_ confirmation: Confirmation?, of profile: String) throws(StoreError) {
        let present = try self.confirmation(of: profile)
        _ = try setConfirmation(.stricter(present, confirmation), of: profile)
    }

    /// Writes something else about a profile's key into its record.
    private mutating func reseal(_ key: borrowing KeyRecord, of profile: String) {
        guard let place = records.firstIndex(where: { $0.id == recordOf[profile] }) else { return }
        records[place] = SealedRecord(
            sealing: key.plain(), id: records[place].id, kind: KeyRecord.kind, generation: generation, store: id,
            with: recordKey)
    }

    /// Takes a profile out, and its key unless other profiles have it too.
    public mutating func remove(profile: String) { recordOf[profile] = nil }
}

// MARK: - Notes

/// What a record that is no key is about: a change that spans more than the store.
public enum NoteKind: UInt16, Sendable {
    /// A change to the AWS files, under way or one that can be undone.
    case journal = 2
    /// A key that is being replaced in IAM.
    case rotation = 3
    /// A device for multi-factor authentication: what it makes codes of.
    case mfa = 4
    /// Who makes bundles and opens those that are meant for it.
    case identity = 5
}

extension StoreDraft {
    /// The ids of the notes of a kind, the oldest first.
    public func notes(_ kind: NoteKind) -> [[UInt8]] { records.filter { $0.kind == kind.rawValue }.map(\.id) }

    /// What a note says; `nil` if there is no such note.
    public func note(_ noteID: [UInt8], _ kind: NoteKind) throws(StoreError) -> SecretBytes? {
        guard let record = records.first(where: { $0.id == noteID && $0.kind == kind.rawValue }) else { return nil }
        return try record.open(store: id, with: recordKey)
    }

    /// Writes a note, new or in the place of one.
    ///
    /// - Returns: its id.
    @discardableResult
    public mutating func setNote(
        _ plain: borrowing SecretBytes, _ kind: NoteKind, id noteID: [UInt8]? = nil
    ) -> [UInt8] {
        let place = records.firstIndex { $0.id == noteID }
        let record = SealedRecord(
            sealing: plain, id: noteID ?? randomBytes(SealedRecord.idSize), kind: kind.rawValue,
            generation: generation, store: id, with: recordKey)
        if let place { records[place] = record } else { records.append(record) }
        return record.id
    }

    /// Takes a note out.
    public mutating func removeNote(_ noteID: [UInt8]) {
        records.removeAll { $0.id == noteID && $0.kind != KeyRecord.kind }
    }
}
