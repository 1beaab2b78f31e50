import Sealing
import TestSupport
import Testing

@testable import SealedStore

/// Stores of ten shapes, changed in every way that needs no key: none is accepted, each is refused for the right
/// reason.
///
/// By default every seventeenth case of the larger stores; `AWSKEYS_TORTURE=1` has all of them.
@Suite("Stores of many shapes that somebody changed")
struct TamperKitTests {
    static let shapes: [Shape] = [
        Shape(name: "no key, one way in", slots: [.keyring]),
        Shape(name: "one key, no way in", keys: 1),
        Shape(name: "ten keys", keys: 10, slots: [.keyring]),
        Shape(name: "one key of twenty profiles", keys: 1, sharing: 20, slots: [.keyring]),
        Shape(name: "every way in", keys: 1, slots: [.keyring, passphrase, .recovery(salt: salt, cost: .standard)]),
        Shape(
            name: "ways in of a later version", slots: [.unknown(4, parameters: []), .unknown(9, parameters: [1, 2])]),
        Shape(name: "a large journal", keys: 2, slots: [passphrase], notes: [(.journal, 3000)]),
        Shape(name: "notes of all kinds", keys: 2, notes: [(.journal, 90), (.rotation, 200), (.mfa, 60)]),
        Shape(name: "keys that are kept back", keys: 3, isSessionsOnly: true, slots: [.keyring]),
        Shape(name: "keys that a person is asked about", keys: 3, confirmation: .always, slots: [.keyring]),
        Shape(
            name: "an unfinished change", keys: 4, slots: [.keyring, .keyring], notes: [(.journal, 1)],
            isUnfinished: true),
    ]
    private static let salt = [UInt8](0..<16)
    private static var passphrase: Slot.Kind { .passphrase(salt: salt, cost: .standard) }

    @Test("none is accepted", arguments: shapes)
    func refused(shape: Shape) throws {
        let draft = try shape.draft()
        let dataKey = draft.withDataKey { $0.copy() }
        let victim = try Victim(shape, draft, with: dataKey)
        let step = isTorture || victim.file.count < 700 ? 1 : 17
        var count = 0
        func refuses(_ what: String, _ changed: [UInt8], _ allowed: [StoreError]) {
            guard changed != victim.file else { return }
            count += 1
            let error = wholeRead(changed, with: dataKey)
            #expect(error.map(allowed.contains) == true, "\(what): \(String(describing: error))")
        }
        for bit in stride(from: 0, to: victim.file.count * 8, by: step) {
            var changed = victim.file
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            refuses("bit \(bit)", changed, victim.reasons(byte: bit / 8, of: changed))
        }
        for size in stride(from: 0, to: victim.file.count, by: step) {
            refuses("\(size) bytes", Array(victim.file.prefix(size)), [size < 12 ? .notAStore : .damaged(.header)])
        }
        for change in victim.exchanges + victim.replays + victim.withoutSlots {
            refuses(change.what, change.file, [change.reason])
        }
        #expect(wholeRead(victim.file, with: dataKey) == nil, "untouched, it is accepted")
        print("\(shape.name): \(victim.file.count) bytes, \(count) changes, none accepted")
    }
}

/// What a store holds.
struct Shape: Sendable, CustomTestStringConvertible {
    let name: String
    var keys = 0
    /// How many profiles share the first key.
    var sharing = 0
    var isSessionsOnly = false
    var confirmation: SealedStore.Confirmation?
    var slots: [Slot.Kind] = []
    /// Notes, and how many bytes they have.
    var notes: [(NoteKind, Int)] = []
    var isUnfinished = false

    var testDescription: String { name }

    func draft() throws -> StoreDraft {
        var draft = StoreDraft()
        for number in 0..<keys { draft.set(sampleKey(number), for: "profile-\(number)") }
        for number in 0..<sharing { try draft.share(keyOf: "profile-0", with: "sharing-\(number)") }
        if isSessionsOnly { _ = try draft.setSessionsOnly(true, of: "profile-0") }
        if let confirmation { _ = try draft.setConfirmation(confirmation, of: "profile-0") }
        let id = draft.id
        for kind in slots {
            draft.add(draft.withDataKey { Slot(wrapping: $0, kind: kind, under: .counting(), store: id, created: 1) })
        }
        for (kind, size) in notes { draft.setNote(SecretBytes(zeros: size), kind) }
        draft.isUnfinished = isUnfinished
        return draft
    }
}

/// A store that is changed, with an older state of it and another store of the same shape.
private struct Victim {
    let file: [UInt8]
    let older: [UInt8]
    let foreign: [UInt8]
    /// The parts of the file: header, each slot, index, each record.
    let slots: [Range<Int>]
    let index: Range<Int>
    let records: [Range<Int>]

    init(_ shape: Shape, _ draft: borrowing StoreDraft, with key: borrowing SealingKey) throws {
        let older = try draft.encoded()
        var newer = try StoreDraft(reading: older.span, with: key)
        // The same size, so that parts of one fit into the other.
        if shape.keys > 0 { _ = try newer.setSessionsOnly(!shape.isSessionsOnly, of: "profile-0") }
        let file = try newer.encoded()
        let header = try StoreHeader(reading: file.span, fileSize: file.count)
        var slots: [Range<Int>] = []
        for slot in newer.slots {
            let start = slots.last?.upperBound ?? StoreHeader.size
            slots.append(start..<start + slot.bytes.count)
        }
        let opened = try header.openIndex(in: file.span, with: key)
        var records: [Range<Int>] = []
        for number in 0..<opened.recordCount {
            let entry = try opened.entry(number)
            let start = header.recordsOffset + entry.offset
            records.append(start..<start + entry.size)
        }
        foreign = try shape.draft().encoded()
        index = (slots.last?.upperBound ?? StoreHeader.size)..<header.recordsOffset
        (self.older, self.file, self.slots, self.records) = (older, file, slots, records)
    }

    /// What a change of one byte may be refused for.
    func reasons(byte: Int, of changed: [UInt8]) -> [StoreError] {
        switch byte {
        case 0..<8: [.notAStore]
        case 8..<10: [.newer(major: changed[8..<10].littleEndian, minor: 3)]
        case 10..<12: [.wrongKey, .damaged(.index)]
        case 12..<16, 72..<112: [.damaged(.header), .damaged(.slots), .damaged(.index)]
        case 16..<32, 40..<72: [.wrongKey]
        case 32..<40: [.damaged(.index)]
        case ..<index.lowerBound: [.damaged(.slots), .damaged(.index), .newer(major: 1, minor: 3)]
        case index: [.damaged(.index)]
        default: [.damaged(.record)]
        }
    }

    /// Any two slots or records, and any two places for entries in the index, in each other's place.
    var exchanges: [Change] {
        let entries = stride(from: index.lowerBound + 12, to: index.upperBound - 104, by: 52).map { $0..<$0 + 52 }
        let parts: [([Range<Int>], StoreError)] = [
            (slots, .damaged(.index)), (records, .damaged(.record)), (entries, .damaged(.index)),
        ]
        return parts.flatMap { parts, reason in
            parts.indices.flatMap { one in
                parts.indices.dropFirst(one + 1).map { two in
                    let middle = parts[one].upperBound..<parts[two].lowerBound
                    let order = [parts[two], middle, parts[one]].flatMap { file[$0] }
                    let (head, tail) = (file[..<parts[one].lowerBound], file[parts[two].upperBound...])
                    return Change(what: "\(parts[one]) for \(parts[two])", file: head + order + tail, reason: reason)
                }
            }
        }
    }

    /// Every part as it was in an older state, and as it is in another store.
    var replays: [Change] {
        let (id, generation, commitment, nonce) = (16..<32, 32..<40, 40..<72, 88..<112)
        var parts: [([Range<Int>], StoreError)] = [
            ([id], .wrongKey), ([generation], .damaged(.index)), ([commitment], .wrongKey), ([nonce], .damaged(.index)),
            ([index], .damaged(.index)), ([nonce, index], .damaged(.index)),
            ([nonce, index] + records, .damaged(.index)), (records, .damaged(.record)),
        ]
        parts += slots.map { ([$0], .damaged(.index)) } + records.map { ([$0], .damaged(.record)) }
        let changes = [("older", older), ("another", foreign)].flatMap { name, source in
            parts.map { part, reason in
                var changed = file
                for range in part { changed.replaceSubrange(range, with: source[range]) }
                return Change(what: "\(part) of \(name)", file: changed, reason: reason)
            }
        }
        let headers = [("older", older, StoreError.damaged(.index)), ("another", foreign, .wrongKey)]
        return changes
            + headers.map { name, source, reason in
                Change(
                    what: "the header of \(name)", file: source[..<StoreHeader.size] + file[StoreHeader.size...],
                    reason: reason)
            }
    }

    /// Without one slot or all, and a header that is made to fit.
    var withoutSlots: [Change] {
        guard let first = slots.first, let last = slots.last else { return [] }
        return ((slots.count > 1 ? slots : []) + [first.lowerBound..<last.upperBound]).map { part in
            var changed = file
            changed.removeSubrange(part)
            changed[12] = UInt8(part.count == last.upperBound - first.lowerBound ? 0 : slots.count - 1)
            let size = last.upperBound - first.lowerBound - part.count
            changed.replaceSubrange(72..<74, with: [UInt8(truncatingIfNeeded: size), UInt8(size >> 8)])
            return Change(what: "without \(part)", file: changed, reason: .damaged(.index))
        }
    }
}

/// A changed store, and why it is refused.
private struct Change {
    let what: String
    let file: [UInt8]
    let reason: StoreError

    init(what: String, file: some Sequence<UInt8>, reason: StoreError) {
        (self.what, self.file, self.reason) = (what, Array(file), reason)
    }
}

extension ArraySlice<UInt8> {
    fileprivate var littleEndian: UInt16 { UInt16(self[startIndex]) | UInt16(self[startIndex + 1]) << 8 }
}
