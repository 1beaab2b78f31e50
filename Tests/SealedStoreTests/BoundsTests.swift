import DurableFiles
import Foundation
import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("The bounds of a store")
struct BoundsTests {
    @Test("one slot more than there may be is refused by the writer, and by the reader")
    func slots() throws {
        var draft = StoreDraft()
        let store = draft.id
        let slot = draft.withDataKey {
            Slot(wrapping: $0, kind: .keyring, under: .counting(), store: store, created: 1)
        }
        for _ in 0..<32 { draft.add(slot) }
        let bytes = try draft.encoded()
        #expect(draft.withDataKey { wholeRead(bytes, with: $0) } == nil)
        draft.add(slot)
        #expect(problem { () throws(StoreError) in _ = try draft.encoded() } == .full)
        var raw = RawStore()
        raw.slots = (0..<33).flatMap { _ in slot.bytes }
        raw.slotCount = 33
        #expect(raw.problem() == .damaged(.header))
    }

    @Test("slots that go past what is read at first are read, and missed where the file ends before they do")
    func manySlots() throws {
        let sample = try SampleStore()
        let slot = Slot(
            wrapping: sample.dataKey, kind: .unknown(0x70, parameters: [UInt8](repeating: 1, count: 400)),
            under: .counting(), store: try ClosedStore(at: sample.path).id, created: 1)
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { draft in
            for _ in 0..<31 { draft.add(slot) }
        }
        let closed = try ClosedStore(at: sample.path)
        let slots = try closed.slots()
        #expect(slots.count == 32 && slots[1...].allSatisfy { $0 == slot })
        #expect(try secret(of: "dev", in: sample.path, with: sample.dataKey) == "secret2EXAMPLE")
        try put(Array(try sample.file().prefix(10_000)), at: sample.path)
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: sample.path) } == .damaged(.header))
    }

    @Test("a store of the last generation isn't written any more, and stays readable")
    func lastGeneration() throws {
        let sample = try SampleStore()
        let last = UInt64.max - 1
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { $0.raise(above: last - 1) }
        let before = try sample.file()
        #expect(try ClosedStore(at: sample.path).generation == last)
        let error = problem { () throws(StoreError) in
            try StoreWriter(locking: sample.path).update(with: sample.dataKey) { _ in }
        }
        #expect(error == .full)
        #expect(try sample.file() == before)
    }

    @Test("a store that would grow too large isn't written, and the old one stays")
    func size() throws {
        let sample = try SampleStore()
        let before = try sample.file()
        let error = problem { () throws(StoreError) in
            try StoreWriter(locking: sample.path).update(with: sample.dataKey) { draft in
                _ = draft.setNote(SecretBytes(zeros: StoreHeader.largestStore), .journal)
            }
        }
        #expect(error == .full)
        #expect(try sample.file() == before)
    }

    @Test("a file past the largest size is refused, and so are sizes that lie, without memory for them")
    func lies() throws {
        let sample = try SampleStore()
        let file = try sample.file()
        let before = residentMebibytes()
        for offset in [12, 72, 76, 80] {
            var changed = file
            changed.replaceSubrange(offset..<offset + 4, with: [0xFF, 0xFF, 0xFF, 0xFF])
            try put(changed, at: sample.path)
            #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: sample.path) } == .damaged(.header))
        }
        let large = try FileHandle(forWritingTo: URL(fileURLWithPath: sample.path))
        try large.truncate(atOffset: 8 << 30)
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: sample.path) } == .damaged(.header))
        let whole = problem { () throws(StoreError) in
            _ = try StoreWriter(locking: sample.path).read(with: sample.dataKey)
        }
        #expect(whole == .damaged(.header))
        // Each size asked for 4 GiB, and the file had 8; what runs at the same time needs some hundred MiB.
        #expect(residentMebibytes() - before < 2048)
    }

    /// The most memory that the process has had so far.
    private func residentMebibytes() -> Int {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }

    @Test("sizes that add up to the file's and cut through its parts are refused")
    func shifted() throws {
        let sample = try SampleStore()
        let file = try sample.file()
        for (from, to) in [(72, 76), (76, 80), (80, 76), (76, 72)] {
            var changed = file
            changed[from] &-= 1
            changed[to] &+= 1
            #expect(wholeRead(changed, with: sample.dataKey) != nil, "from \(from) to \(to)")
        }
    }
}

@Suite("A store's file")
struct StoreFileTests {
    @Test("others may neither read nor write it", arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
    func exposed(mode: Int) throws {
        let sample = try SampleStore()
        try put(try sample.file(), at: sample.path, mode: mode)
        let error = problem { () throws(StoreError) in _ = try ClosedStore(at: sample.path) }
        #expect(error == .exposed(mode: UInt32(mode)))
        let whole = problem { () throws(StoreError) in
            _ = try StoreWriter(locking: sample.path).read(with: sample.dataKey)
        }
        #expect(whole == .exposed(mode: UInt32(mode)))
    }

    @Test("another user's store is refused", .enabled(if: geteuid() == 0, "only root can give a file away"))
    func foreignOwner() throws {
        let sample = try SampleStore()
        try FileManager.default.setAttributes([.ownerAccountID: 12345], ofItemAtPath: sample.path)
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: sample.path) } == .foreignOwner)
    }

    @Test("a pipe in its place makes nobody wait, and text is no store")
    func notAStore() throws {
        let folder = try TemporaryFolder()
        try #require(unsafe mkfifo(folder["pipe"], 0o600) == 0)
        try put("[default]\nregion = eu-west-1\n", at: folder["text"])
        try put("", at: folder["empty"])
        for name in ["pipe", "text", "empty"] {
            #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: folder[name]) } == .notAStore)
        }
        let below = folder["text/store"]
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: below) } == .missing)
    }

    @Test("it is written for its owner alone, in a folder made for it, and through a link")
    func place() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: "store")
        try StoreWriter(locking: folder["link"]).create(StoreDraft())
        #expect(try folder.names() == ["link", "store", "store.lock"])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder["store"])
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try StoreWriter(locking: folder["deep/er/store"]).create(StoreDraft())
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: folder["deep/er/store"]) } == nil)
    }

    @Test("a second writer is told that the store is busy, also by way of a link")
    func busy() throws {
        let sample = try SampleStore()
        try FileManager.default.createSymbolicLink(atPath: sample.folder["link"], withDestinationPath: "store")
        let writer = try StoreWriter(locking: sample.path)
        for path in [sample.path, sample.folder["link"]] {
            #expect(problem { () throws(StoreError) in _ = try StoreWriter(locking: path, waiting: 0) } == .busy)
        }
        _ = consume writer
        #expect(problem { () throws(StoreError) in _ = try StoreWriter(locking: sample.path, waiting: 0) } == nil)
    }

    @Test("what no reader could read doesn't take the place of what can be read")
    func unreadable() throws {
        let sample = try SampleStore()
        let before = try sample.file()
        let slot = Slot(
            wrapping: sample.dataKey, kind: .unknown(0x81, parameters: []), under: .counting(), store: [], created: 1)
        let error = problem { () throws(StoreError) in
            try StoreWriter(locking: sample.path).update(with: sample.dataKey) { $0.add(slot) }
        }
        #expect(error == .newer(major: 1, minor: 3))
        #expect(try sample.file() == before)
    }

    @Test("the generation counts how often it was written")
    func generation() throws {
        let sample = try SampleStore()
        for expected in 1...5 as ClosedRange<UInt64> {
            #expect(try ClosedStore(at: sample.path).generation == expected)
            try sample.rewrite()
        }
    }
}
