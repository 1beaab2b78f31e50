import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("Slots")
struct SlotTests {
    private let store = [UInt8](repeating: 7, count: 16)

    private func slot(_ kind: Slot.Kind) -> Slot {
        Slot(wrapping: .counting(), kind: kind, under: .counting(from: 1), store: store, created: 5)
    }

    private func kinds() throws -> [Slot.Kind] {
        let salt = [UInt8](0..<16)
        return [
            .keyring, .passphrase(salt: salt, cost: try PassphraseCost(passes: 2, memory: 65536)),
            .recovery(salt: salt, cost: .standard), .unknown(4, parameters: []), .unknown(0x7F, parameters: [1, 2]),
        ]
    }

    private func read(_ bytes: [UInt8], count: Int = 1) throws(StoreError) -> [Slot] {
        try Slot.read(bytes.span, count: count, minor: 0)
    }

    @Test("every kind reads as it was written, and opens")
    func roundTrip() throws {
        let slots = try kinds().map(slot)
        let found = try read(slots.flatMap(\.bytes), count: slots.count)
        #expect(found == slots)
        for slot in found {
            let isOpen = slot.unwrap(with: .counting(from: 1), store: store).isKey(.counting())
            #expect(isOpen, "\(slot.kind)")
        }
    }

    @Test("a slot of which any bit was changed opens nothing")
    func everyBit() throws {
        let bytes = slot(.keyring).bytes
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let slots = try? read(changed) else { continue }
            let opens = slots[0].unwrap(with: .counting(from: 1), store: store) != nil
            #expect(!opens, "bit \(bit)")
        }
    }

    @Test("a slot that was cut off or goes on is damaged")
    func lengths() throws {
        for bytes in try kinds().map({ slot($0).bytes }) {
            for count in 0..<bytes.count {
                #expect(problem { () throws(StoreError) in _ = try read(Array(bytes.prefix(count))) } != nil)
            }
            #expect(problem { () throws(StoreError) in _ = try read(bytes + [0]) } == .damaged(.slots))
        }
    }

    @Test(
        "a cost that cheapens the guessing or exhausts the memory is damage, and never run",
        arguments: [(1, 65536), (11, 65536), (2, 65535), (2, 1_048_577), (.max, .max)] as [(UInt32, UInt32)])
    func costs(passes: UInt32, memory: UInt32) throws {
        for kind in try kinds()[1...2] {
            var bytes = slot(kind).bytes
            var cost: [UInt8] = []
            cost.append(littleEndian: passes)
            cost.append(littleEndian: memory)
            bytes.replaceSubrange(36..<44, with: cost)
            #expect(problem { () throws(StoreError) in _ = try read(bytes) } == .damaged(.slots))
        }
    }

    @Test("parameters that a kind doesn't have are damage", arguments: [1, 2, 3] as [UInt8])
    func parameters(number: UInt8) {
        var bytes = slot(.unknown(4, parameters: [1])).bytes
        bytes[0] = number
        #expect(problem { () throws(StoreError) in _ = try read(bytes) } == .damaged(.slots))
    }

    @Test("kinds that may not be passed over make the store newer", arguments: [0, 0x80, 0x84, 0xFF] as [UInt8])
    func critical(number: UInt8) {
        var bytes = slot(.unknown(4, parameters: [1])).bytes
        bytes[0] = number
        #expect(problem { () throws(StoreError) in _ = try read(bytes) } == .newer(major: 1, minor: 0))
    }

    @Test("no slot can be taken out, put in twice or moved, even if the header is made to fit")
    func stripped() throws {
        var draft = StoreDraft()
        draft.set(sampleKey(1), for: "dev")
        draft.add(slot(.keyring))
        draft.add(slot(.unknown(4, parameters: [])))
        let file = try draft.encoded()
        let size = slot(.keyring).bytes.count
        let parts = (0..<2).map { file[StoreHeader.size + $0 * size..<StoreHeader.size + ($0 + 1) * size] }
        let rest = file[(StoreHeader.size + 2 * size)...]
        for order in [[], [0], [1], [1, 0], [0, 0], [0, 1, 1]] {
            var changed = Array(file[..<StoreHeader.size])
            changed[12] = UInt8(order.count)
            let sizes = order.count * size
            changed.replaceSubrange(72..<74, with: [UInt8(truncatingIfNeeded: sizes), UInt8(sizes >> 8)])
            for part in order { changed += parts[part] }
            let error = draft.withDataKey { wholeRead(changed + rest, with: $0) }
            #expect(error == .damaged(.index), "\(order)")
        }
        #expect(draft.withDataKey { wholeRead(file, with: $0) } == nil)
    }
}

extension Optional where Wrapped == SealingKey {
    fileprivate borrowing func isKey(_ other: borrowing SealingKey) -> Bool {
        switch self {
        case .some(let key): key.isEqual(to: other)
        case nil: false
        }
    }
}
