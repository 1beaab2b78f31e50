import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("An index that is sealed and still wrong")
struct IndexTests {
    /// Two keys and a journal, each as it should be.
    private func valid() -> RawStore {
        var store = RawStore()
        store.add(sampleKey(1).plain(), kind: 1)
        store.add(sampleKey(2).plain(), kind: 1)
        store.add(SecretBytes(text: "journal"), kind: 2)
        store.profiles = ["a": 0, "b": 1, "c": 1]
        return store
    }

    @Test("the parts that fit are read")
    func fits() { #expect(valid().problem() == nil) }

    @Test("an entry that doesn't begin where the one before ends is refused", arguments: [0, 1, 200])
    func offsets(offset: Int) {
        var store = valid()
        store.changeEntries = { entries in entries[1] = entries[1].with(offset: offset) }
        #expect(store.problem() == .damaged(.index))
    }

    @Test(
        "a size past the records, or too small for a record, is refused", arguments: [0, 39, 1 << 20, Int(UInt32.max)])
    func sizes(size: Int) {
        var store = valid()
        store.changeEntries = { entries in entries[2] = entries[2].with(size: size) }
        #expect(store.problem() == .damaged(.index))
    }

    @Test("something in the bytes that are kept for later is refused")
    func reserved() {
        var store = valid()
        store.changeIndex = { $0[12 + 50] = 1 }
        #expect(store.problem() == .damaged(.index))
    }

    @Test("reading one profile refuses a size past the records too", arguments: [1 << 20, Int(UInt32.max)])
    func oneSize(size: Int) throws {
        let folder = try TemporaryFolder()
        var store = valid()
        store.changeEntries = { entries in entries[0] = entries[0].with(size: size) }
        try put(store.bytes(), at: folder["store"])
        let error = problem { () throws(StoreError) in
            _ = try secret(of: "a", in: folder["store"], with: RawStore.dataKey)
        }
        #expect(error == .damaged(.index))
    }

    @Test("a key that no profile has, and a profile whose record is no key, are refused")
    func pointers() {
        var orphan = valid()
        orphan.profiles["a"] = nil
        #expect(orphan.problem() == .damaged(.index))
        var journal = valid()
        journal.profiles["d"] = 2
        #expect(journal.problem() == .damaged(.index))
        var nowhere = valid()
        nowhere.profiles["d"] = 3
        #expect(nowhere.problem() == .damaged(.index))
    }

    @Test("two records of one name are refused")
    func names() {
        var store = valid()
        let twin = store.records[2].id
        store.add(SecretBytes(text: "twin"), kind: 2, recordID: twin)
        #expect(store.problem() == .damaged(.index))
    }

    @Test("counts that lie, flags that nobody knows and bytes at the end are refused")
    func counts() {
        let changes: [(String, (inout [UInt8]) -> Void)] = [
            ("records", { $0.replaceSubrange(0..<4, with: [0xFF, 0xFF, 0xFF, 0xFF]) }),
            ("one record more", { $0[0] += 1 }), ("profiles", { $0.replaceSubrange(4..<8, with: [0, 0, 1, 0]) }),
            ("no profiles", { $0[4] = 0 }), ("a flag", { $0[8] |= 2 }), ("a byte more", { $0.append(0) }),
            ("a byte less", { $0.removeLast() }), ("nothing", { $0 = [] }),
        ]
        for (what, change) in changes {
            var store = valid()
            store.changeIndex = change
            #expect(store.problem() == .damaged(.index), "\(what)")
        }
    }

    @Test("names that are empty, out of order or not UTF-8 are refused")
    func profileNames() {
        // The names stand at the end, each with a size of 2 bytes before it and a number of 4 behind it.
        let changes: [(String, (inout [UInt8]) -> Void)] = [
            ("not UTF-8", { $0[$0.count - 5] = 0xFF }), ("out of order", { $0[$0.count - 5] = UInt8(ascii: "A") }),
            ("twice", { $0[$0.count - 5] = UInt8(ascii: "b") }),
            ("empty", { $0.replaceSubrange($0.count - 7..<$0.count - 4, with: [0, 0]) }),
        ]
        for (what, change) in changes {
            var store = valid()
            store.changeIndex = change
            #expect(store.problem() == .damaged(.index), "\(what)")
        }
    }

    @Test("records of another store or kind are refused, even under the same key")
    func foreignRecords() {
        var store = valid()
        store.changeEntries = { entries in
            entries[2] = StoreIndex.Entry(
                id: entries[2].id, generation: 2, tag: entries[2].tag, offset: entries[2].offset,
                size: entries[2].size, kind: 2)
        }
        #expect(store.problem() == .damaged(.record))
        var kind = valid()
        kind.changeEntries = { entries in
            entries[2] = StoreIndex.Entry(
                id: entries[2].id, generation: 1, tag: entries[2].tag, offset: entries[2].offset,
                size: entries[2].size, kind: 3)
        }
        #expect(kind.problem() == .damaged(.record))
        var other = valid()
        other.records[2] = SealedRecord(
            sealing: SecretBytes(text: "journal"), kind: 2, generation: 1, store: [UInt8](repeating: 8, count: 16),
            with: SealedRecord.key(from: RawStore.dataKey))
        #expect(other.problem() == .damaged(.record))
    }
}

extension StoreIndex.Entry {
    fileprivate func with(offset: Int? = nil, size: Int? = nil) -> Self {
        Self(
            id: id, generation: generation, tag: tag, offset: offset ?? self.offset, size: size ?? self.size,
            kind: kind)
    }
}
