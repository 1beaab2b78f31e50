import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("A new data key")
struct RekeyTests {
    private static let newKey: UInt8 = 100

    private func slot(to dataKey: borrowing SealingKey, store: [UInt8]) -> Slot {
        Slot(wrapping: dataKey, kind: .keyring, under: .counting(from: 9), store: store, created: 2)
    }

    /// A store with a key for two profiles, one that only a later version understands, and notes of every kind.
    private func old() throws -> [UInt8] {
        var store = RawStore()
        store.minor = 7
        store.slots = slot(to: RawStore.dataKey, store: store.id).bytes
        store.slotCount = 1
        for (plain, kind) in [("journal", 2), ("later EXAMPLE", 9), ("rotation", 3), ("journal two", 2)]
            as [(String, UInt16)]
        {
            store.add(SecretBytes(text: plain), kind: kind)
        }
        var later = sampleKey(2).plain().array()
        let end = (later.lastIndex { $0 != 0 } ?? 0) + 1
        later.replaceSubrange(end..<end + 4, with: [0x15, 1, 0, 9])
        store.add(SecretBytes(copying: later.span), kind: 1)
        store.add(sampleKey(1).plain(), kind: 1)
        store.profiles = ["dev": 4, "test": 4, "prod": 5]
        return store.bytes()
    }

    private func rekeyed(_ bytes: [UInt8]) throws -> [UInt8] {
        let draft = try StoreDraft(reading: bytes.span, with: RawStore.dataKey)
        let key = SealingKey.counting(from: Self.newKey)
        return try draft.rekeyed(with: key, slots: [slot(to: key, store: draft.id)]).encoded()
    }

    /// The plain bytes of every record, with what the index says of it.
    private func records(_ bytes: [UInt8], _ key: borrowing SealingKey) throws -> [(
        entry: StoreIndex.Entry, plain: [UInt8]
    )] {
        let header = try StoreHeader(reading: bytes.span, fileSize: bytes.count)
        let (entries, _) = try header.openIndex(in: bytes.span, with: key).read(recordsSize: header.recordsSize)
        return try entries.map { entry in
            let start = header.recordsOffset + entry.offset
            let record = SealedRecord(entry, bytes: Array(bytes[start..<start + entry.size]))
            return (entry, try record.open(store: header.id, with: SealedRecord.key(from: key)).array())
        }
    }

    @Test(
        "everything is there as before, of whatever kind, in the same order, as the next generation of the same store")
    func kept() throws {
        let before = try old()
        let after = try rekeyed(before)
        let (old, new) = (try records(before, RawStore.dataKey), try records(after, .counting(from: Self.newKey)))
        #expect(new.map(\.plain) == old.map(\.plain) && new.count == 6)
        #expect(new.map(\.entry.kind) == old.map(\.entry.kind))
        #expect(new.map(\.entry.id) == old.map(\.entry.id))
        #expect(new.allSatisfy { $0.entry.generation == 2 })
        let (oldHeader, header) = (
            try StoreHeader(reading: before.span, fileSize: before.count),
            try StoreHeader(reading: after.span, fileSize: after.count)
        )
        #expect(header.id == oldHeader.id && header.generation == 2 && header.minor == 7)
        let draft = try StoreDraft(reading: after.span, with: .counting(from: Self.newKey))
        #expect(draft.profiles == ["dev", "prod", "test"])
        #expect(try draft.key(of: "dev")?.accessKeyID == "AKIA2EXAMPLE")
        #expect(try draft.key(of: "test")?.accessKeyID == "AKIA2EXAMPLE")
        let isUnfinished = draft.isUnfinished
        #expect(!isUnfinished)
    }

    @Test("the flag of an unfinished change is kept")
    func unfinished() throws {
        var draft = StoreDraft()
        draft.isUnfinished = true
        let isUnfinished = try draft.rekeyed(with: .counting(), slots: []).isUnfinished
        #expect(isUnfinished)
    }

    @Test("the old data key opens neither the index, nor a record, nor a slot; nothing has the bytes it had")
    func opensNothing() throws {
        let before = try old()
        let after = try rekeyed(before)
        #expect(wholeRead(after, with: RawStore.dataKey) == .wrongKey)
        let header = try StoreHeader(reading: after.span, fileSize: after.count)
        let index = problem { () throws(SealingError) in
            _ = try Sealed.open(
                after.span.extracting(header.indexOffset..<header.recordsOffset),
                associated: after.span.extracting(0..<header.indexOffset), nonce: header.indexNonce.span,
                with: StoreHeader.indexKey(from: RawStore.dataKey))
        }
        #expect(index == .notAuthentic)
        let key = SealedRecord.key(from: RawStore.dataKey)
        for (entry, _) in try records(after, .counting(from: Self.newKey)) {
            let start = header.recordsOffset + entry.offset
            let bytes = Array(after[start..<start + entry.size])
            let record = SealedRecord(entry, bytes: bytes)
            #expect(problem { () throws(StoreError) in _ = try record.open(store: header.id, with: key) } != nil)
            #expect(!before.indices.contains { before[$0...].starts(with: bytes.suffix(24)) })
        }
        let slots = try Slot.read(
            after.span.extracting(StoreHeader.size..<header.indexOffset), count: header.slotCount, minor: header.minor)
        let slot = try #require(slots.first)
        let isNew =
            switch slot.unwrap(with: .counting(from: 9), store: header.id) {
            case .some(let key): key.isEqual(to: .counting(from: Self.newKey))
            case nil: false
            }
        #expect(isNew && slots.count == 1)
    }

    @Test("what is put in afterwards is sealed under the new data key too, and written in one step")
    func written() throws {
        let sample = try SampleStore()
        let writer = try StoreWriter(locking: sample.path)
        var draft = try writer.read(with: sample.dataKey).rekeyed(with: .counting(from: Self.newKey), slots: [])
        draft.set(sampleKey(3), for: "new")
        try writer.write(draft)
        for (profile, expected) in [("new", "secret3EXAMPLE"), ("test", "secret2EXAMPLE")] {
            #expect(try secret(of: profile, in: sample.path, with: .counting(from: Self.newKey)) == expected)
        }
        let error = problem { () throws(StoreError) in _ = try secret(of: "test", in: sample.path, with: sample.dataKey)
        }
        #expect(error == .wrongKey)
        #expect(try ClosedStore(at: sample.path).generation == 2)
    }

    @Test("a slot is replaced in its place, or nothing is")
    func replaceSlot() {
        var draft = StoreDraft()
        let id = draft.id
        let slots = draft.withDataKey { key in (0..<4).map { _ in slot(to: key, store: id) } }
        for slot in slots.prefix(3) { draft.add(slot) }
        let (isReplaced, isGone) = (
            draft.replaceSlot(slots[1].id, with: slots[3]), draft.replaceSlot(slots[1].id, with: slots[3])
        )
        #expect(isReplaced && !isGone)
        let found = draft.slots
        #expect(found == [slots[0], slots[3], slots[2]])
    }
}
