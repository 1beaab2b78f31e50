import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("Journals and slots beside the keys")
struct JournalModelTests {
    /// What the store is to hold.
    private struct Model {
        var secrets: [String: String] = [:]
        var journals: [(id: [UInt8], text: String)] = []
        var slots: [Slot] = []
    }

    @Test(
        "random changes of every kind leave what a model says, in every generation", arguments: 0..<8 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var model = Model()
        var bytes = try StoreDraft().encodedWithKey()
        for round in 0..<80 {
            var draft = try StoreDraft(reading: bytes.file.span, with: bytes.key)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                try change(&draft, &model, round, &generator)
            }
            bytes = try draft.encodedWithKey()
            let read = try StoreDraft(reading: bytes.file.span, with: bytes.key)
            #expect(read.generation == UInt64(round) + 3)
            #expect(read.slots == model.slots)
            #expect(read.profiles == model.secrets.keys.sorted())
            for (profile, secret) in model.secrets {
                let found = try read.key(of: profile)?.secretAccessKey.text()
                #expect(found == secret)
            }
            #expect(read.notes(.journal) == model.journals.map(\.id))
            for journal in model.journals { #expect(try read.note(journal.id, .journal).text() == journal.text) }
        }
        #expect(!model.secrets.isEmpty)
    }

    private func change(
        _ draft: inout StoreDraft, _ model: inout Model, _ round: Int, _ generator: inout SeededGenerator
    ) throws(StoreError) {
        let name = "p\(Int.random(in: 0..<6, using: &generator))"
        let other = model.secrets.keys.sorted().randomElement(using: &generator)
        let journal = model.journals.indices.randomElement(using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1:
            draft.set(sampleKey(round), for: name)
            model.secrets[name] = "secret\(round)EXAMPLE"
        case 2:
            guard let other else { return }
            try draft.share(keyOf: other, with: name)
            model.secrets[name] = model.secrets[other]
        case 3:
            draft.remove(profile: name)
            model.secrets[name] = nil
        case 4:
            let text = "journal \(round)"
            model.journals.append((draft.setNote(SecretBytes(text: text), .journal), text))
        case 5:
            guard let journal else { return }
            model.journals[journal].text = "again \(round)"
            draft.setNote(SecretBytes(text: model.journals[journal].text), .journal, id: model.journals[journal].id)
        case 6:
            guard let journal else { return }
            draft.removeNote(model.journals.remove(at: journal).id)
        default:
            let store = draft.id
            let slot = draft.withDataKey {
                Slot(wrapping: $0, kind: .keyring, under: .counting(), store: store, created: UInt64(round))
            }
            draft.add(slot)
            model.slots.append(slot)
            guard model.slots.count > 3 else { return }
            draft.removeSlot(model.slots.removeFirst().id)
        }
    }

    @Test("a journal of an older generation can't come back, though its name is the same")
    func replay() throws {
        var draft = StoreDraft()
        let id = draft.setNote(SecretBytes(text: "applying"), .journal)
        let old = try draft.encoded()
        draft.setNote(SecretBytes(text: "finished"), .journal, id: id)
        let new = try draft.encoded()
        try #require(old.count == new.count)
        let header = try StoreHeader(reading: new.span, fileSize: new.count)
        let mixed = new[..<header.recordsOffset] + old[header.recordsOffset...]
        #expect(draft.withDataKey { wholeRead(Array(mixed), with: $0) } == .damaged(.record))
    }

    @Test("a key is no journal, and removing it as one does nothing")
    func kinds() throws {
        var draft = StoreDraft()
        draft.set(sampleKey(1), for: "dev")
        let file = try draft.encoded()
        let header = try StoreHeader(reading: file.span, fileSize: file.count)
        let index = try draft.withDataKey { key in
            Result { () throws(StoreError) in try header.openIndex(in: file.span, with: key).entry(0) }
        }.get()
        draft.removeNote(index.id)
        #expect(try draft.note(index.id, .journal).text() == nil)
        #expect(draft.notes(.journal) == [])
        #expect(draft.profiles == ["dev"])
    }
}

/// A store's file, with what opens it.
private struct Written: ~Copyable {
    let file: [UInt8]
    let key: SealingKey
}

extension StoreDraft {
    fileprivate borrowing func encodedWithKey() throws(StoreError) -> Written {
        Written(file: try encoded(), key: withDataKey { $0.copy() })
    }
}

extension Optional where Wrapped == SecretBytes {
    fileprivate borrowing func text() -> String? {
        switch self {
        case .some(let bytes): bytes.text()
        case nil: nil
        }
    }
}
