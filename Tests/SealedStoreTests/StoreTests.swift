import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("The store")
struct StoreTests {
    @Test("it gives what was put in, and shares a key between profiles")
    func roundTrip() throws {
        let sample = try SampleStore()
        for (profile, expected) in [
            ("default", "secret1EXAMPLE"), ("dev", "secret2EXAMPLE"), ("test", "secret2EXAMPLE"),
        ] {
            #expect(try secret(of: profile, in: sample.path, with: sample.dataKey) == expected)
        }
        #expect(try secret(of: "nobody", in: sample.path, with: sample.dataKey) == nil)
        let draft = try StoreWriter(locking: sample.path).read(with: sample.dataKey)
        #expect(draft.profiles == ["default", "dev", "test"])
        #expect(draft.generation == 2)
        let journal = try #require(draft.notes(.journal).first)
        #expect(try draft.note(journal, .journal)?.text() == "journal")
    }

    @Test("a key whose sessions alone go out says so, and the others don't")
    func sessionsOnly() throws {
        let sample = try SampleStore()
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { draft in
            draft.set(
                KeyRecord(
                    accessKeyID: "AKIA3EXAMPLE", secretAccessKey: SecretBytes(text: "secret3EXAMPLE"), added: 3,
                    exposed: false, isSessionsOnly: true), for: "careful")
        }
        let store = try ClosedStore(at: sample.path).open(with: sample.dataKey)
        let flags = try ["careful", "dev"].map { try store.key(of: $0)?.isSessionsOnly }
        #expect(flags == [true, false])
    }

    @Test("how often a person is asked holds for all profiles with the key, and stays with it")
    func confirmation() throws {
        let sample = try SampleStore()
        let writer = try StoreWriter(locking: sample.path)
        var draft = try writer.read(with: sample.dataKey)
        let tag = try ClosedStore(at: sample.path).open(with: sample.dataKey).keyTag(of: "dev")
        let changes = try [
            draft.setConfirmation(.oncePerSession, of: "dev"), draft.setConfirmation(.oncePerSession, of: "test"),
            draft.setSessionsOnly(true, of: "dev"), draft.setConfirmation(.always, of: "nobody"),
        ]
        #expect(changes == [true, false, true, false])
        // A profile that was asked about more often than the key that it gets.
        _ = try draft.setConfirmation(.always, of: "default")
        try draft.share(keyOf: "dev", with: "default")
        try draft.tighten(.oncePerSession, of: "dev")
        try writer.write(draft)
        let store = try ClosedStore(at: sample.path).open(with: sample.dataKey)
        let found = try ["dev", "test", "default", "nobody"].map { try store.confirmation(of: $0) }
        #expect(found == [.always, .always, .always, nil])
        let isSessionsOnly = try store.key(of: "dev")?.isSessionsOnly
        #expect(isSessionsOnly == true)
        // What was got with the key before is of no use any more.
        #expect(try store.keyTag(of: "dev") != tag)
    }

    @Test("a slot opens with its own key only, and only in its own store")
    func slots() throws {
        let sample = try SampleStore()
        let closed = try ClosedStore(at: sample.path)
        let slot = try #require(try closed.slots().first)
        switch slot.unwrap(with: .counting(), store: closed.id) {
        case .some(let key):
            let isSame = key.isEqual(to: sample.dataKey)
            #expect(isSame)
        case nil: Issue.record("the slot did not open")
        }
        let withAnotherKey = slot.unwrap(with: .counting(from: 1), store: closed.id) != nil
        let inAnotherStore = slot.unwrap(with: .counting(), store: Array(closed.id.reversed())) != nil
        #expect(!withAnotherKey && !inAnotherStore)
    }

    @Test("its own data key proves it before anything is opened, and no other does")
    func proof() throws {
        let sample = try SampleStore()
        let closed = try ClosedStore(at: sample.path)
        let isOpened = [closed.isOpened(by: sample.dataKey), closed.isOpened(by: .counting())]
        #expect(isOpened == [true, false])
        try closed.prove(with: sample.dataKey)
        let another = problem { () throws(StoreError) in try closed.prove(with: .counting()) }
        #expect(another == .wrongKey)
    }

    @Test("what lies in it is lent: keys in the order of the names, the notes of a kind from the oldest on")
    func everything() throws {
        let sample = try SampleStore()
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { draft in
            draft.setNote(SecretBytes(text: "phone"), .mfa)
            draft.setNote(SecretBytes(text: "later journal"), .journal)
        }
        let store = try ClosedStore(at: sample.path).open(with: sample.dataKey)
        var keys: [String] = []
        try store.forEachKey { profile, key in keys.append("\(profile) \(key.accessKeyID)") }
        #expect(keys == ["default AKIA1EXAMPLE", "dev AKIA2EXAMPLE", "test AKIA2EXAMPLE"])
        var notes: [String] = []
        try store.forEachNote(.journal) { _, note in notes.append(note.text()) }
        #expect(notes == ["journal", "later journal"])
    }

    @Test("a profile's tag changes with its key, and with nothing else")
    func tags() throws {
        let sample = try SampleStore()
        func tags() throws -> [[UInt8]?] {
            let store = try ClosedStore(at: sample.path).open(with: sample.dataKey)
            return try ["dev", "test", "default", "nobody"].map { try store.keyTag(of: $0) }
        }
        let before = try tags()
        #expect(before[0] != nil && before[0] == before[1] && before[0] != before[2] && before[3] == nil)
        try sample.rewrite()
        #expect(try tags() == before)
        // The record keeps its id, and both profiles that have it.
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { (draft) throws(StoreError) in
            _ = try draft.setSessionsOnly(true, of: "dev")
        }
        let after = try tags()
        #expect(after[0] != before[0] && after[0] == after[1] && after[2...] == before[2...])
    }

    @Test("a key stays as long as one profile has it")
    func sharedKeys() throws {
        let sample = try SampleStore()
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { $0.remove(profile: "dev") }
        #expect(try secret(of: "test", in: sample.path, with: sample.dataKey) == "secret2EXAMPLE")
        let before = try sample.file().count
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { $0.remove(profile: "test") }
        #expect(try sample.file().count < before - 100)
    }

    @Test("a new store never takes the place of one")
    func creation() throws {
        let sample = try SampleStore()
        let before = try sample.file()
        let error = problem { () throws(StoreError) in
            try StoreWriter(locking: sample.path).create(StoreDraft())
        }
        #expect(error == .busy)
        #expect(try sample.file() == before)
    }

    @Test("the flag of an unfinished change is there until it is taken away")
    func unfinished() throws {
        let sample = try SampleStore()
        for flag in [true, false] {
            try StoreWriter(locking: sample.path).update(with: sample.dataKey) { $0.isUnfinished = flag }
            let isUnfinished = try ClosedStore(at: sample.path).open(with: sample.dataKey).isUnfinished
            #expect(isUnfinished == flag)
        }
    }

    @Test("an unknown kind of slot is kept, a critical one makes the store newer")
    func unknownSlots() throws {
        let sample = try SampleStore()
        let id = try ClosedStore(at: sample.path).id
        let slot = Slot(
            wrapping: sample.dataKey, kind: .unknown(0x70, parameters: [1, 2, 3]), under: .counting(), store: id,
            created: 5)
        try StoreWriter(locking: sample.path).update(with: sample.dataKey) { $0.add(slot) }
        try sample.rewrite()
        #expect(try ClosedStore(at: sample.path).slots().last == slot)
        var bytes = slot.bytes
        bytes[0] = 0x81
        let error = problem { () throws(StoreError) in _ = try Slot.read(bytes.span, count: 1, minor: 0) }
        #expect(error == .newer(major: 1, minor: 0))
    }

    @Test("random changes leave the store as a dictionary would be", arguments: 0..<4 as Range<UInt64>)
    func model(seed: UInt64) throws {
        let sample = try SampleStore()
        var generator = SeededGenerator(seed: seed)
        var model = ["default": "secret1EXAMPLE", "dev": "secret2EXAMPLE", "test": "secret2EXAMPLE"]
        for round in 0..<60 {
            let name = "p\(Int.random(in: 0..<8, using: &generator))"
            let other = model.keys.sorted().randomElement(using: &generator)
            let choice = Int.random(in: 0..<4, using: &generator)
            try StoreWriter(locking: sample.path).update(with: sample.dataKey) { (draft) throws(StoreError) in
                switch choice {
                case 0, 1: draft.set(sampleKey(round), for: name)
                case 2: if let other { try draft.share(keyOf: other, with: name) }
                default: if let other { draft.remove(profile: other) }
                }
            }
            switch choice {
            case 0, 1: model[name] = "secret\(round)EXAMPLE"
            case 2: if let other { model[name] = model[other] }
            default: if let other { model[other] = nil }
            }
            let draft = try StoreWriter(locking: sample.path).read(with: sample.dataKey)
            #expect(draft.profiles == model.keys.sorted())
            for (profile, expected) in model {
                #expect(try secret(of: profile, in: sample.path, with: sample.dataKey) == expected)
            }
        }
    }
}
