import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("What a later version may have written")
struct LaterVersionTests {
    /// A key's plain bytes with one more field; the key is exposed, so that the last byte before the padding is 1.
    private func plain(adding number: UInt8) -> SecretBytes {
        let key = KeyRecord(
            accessKeyID: exampleID, secretAccessKey: SecretBytes(text: exampleSecret), added: 1, exposed: true)
        var bytes = key.plain().array()
        let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        bytes.replaceSubrange(end..<end + 4, with: [number, 1, 0, 9])
        return SecretBytes(copying: bytes.span)
    }

    private func store(adding number: UInt8) -> RawStore {
        var store = RawStore()
        store.minor = 9
        store.add(plain(adding: number), kind: 1)
        store.profiles = ["dev": 0]
        return store
    }

    @Test("a field that may be passed over is passed over, and kept when the store is written again")
    func field() throws {
        let bytes = store(adding: 0x05).bytes()
        var draft = try StoreDraft(reading: bytes.span, with: RawStore.dataKey)
        let found = try draft.key(of: "dev")?.secretAccessKey.text()
        #expect(found == exampleSecret)
        draft.set(sampleKey(2), for: "other")
        let again = try draft.encoded()
        let header = try StoreHeader(reading: again.span, fileSize: again.count)
        #expect(header.minor == 9)
        let record = store(adding: 0x05).records[0].bytes.count
        let old = bytes.suffix(record)
        #expect(again[header.recordsOffset..<header.recordsOffset + record] == old)
    }

    @Test("a field that may not be passed over makes the store newer", arguments: [0x81, 0x82, 0x85, 0xFF] as [UInt8])
    func criticalField(number: UInt8) {
        #expect(store(adding: number).problem() == .newer(major: 1, minor: 3))
    }

    @Test("fields that are cut off, out of order or missing are damage")
    func badFields() {
        let whole = sampleKey(2).plain().array()
        let changes: [(String, (inout [UInt8]) -> Void)] = [
            ("a size past the end", { $0[2] = 0xFF }), ("the first field twice", { $0[0] = 2 }),
            ("no fields", { $0[0] = 0 }), ("an id with a space", { $0[3] = 0x20 }),
            ("a flag that is neither 0 nor 1", { $0[($0.lastIndex { $0 != 0 } ?? 0)] = 2 }),
            ("something in the padding", { $0[$0.count - 1] = 1 }), ("nothing at all", { $0 = [] }),
        ]
        for (what, change) in changes {
            var bytes = whole
            change(&bytes)
            let error = problem { () throws(StoreError) in
                _ = try KeyRecord(reading: SecretBytes(copying: bytes.span))
            }
            #expect(error == .damaged(.record), "\(what)")
        }
    }

    @Test("a kind of record that nobody knows is kept")
    func kind() throws {
        var store = RawStore()
        store.add(SecretBytes(text: "later"), kind: 9)
        let bytes = store.bytes()
        var draft = try StoreDraft(reading: bytes.span, with: RawStore.dataKey)
        draft.set(sampleKey(1), for: "dev")
        let again = try draft.encoded()
        let header = try StoreHeader(reading: again.span, fileSize: again.count)
        let record = store.records[0].bytes
        #expect(Array(again[header.recordsOffset..<header.recordsOffset + record.count]) == record)
    }

    @Test("a store of a later minor version is read, of a later major one refused")
    func versions() {
        var store = RawStore()
        store.minor = 65535
        #expect(store.problem() == nil)
        var bytes = store.bytes()
        bytes[8] = 2
        #expect(wholeRead(bytes, with: RawStore.dataKey) == .newer(major: 2, minor: 65535))
    }
}
