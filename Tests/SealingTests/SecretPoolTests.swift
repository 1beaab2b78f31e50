import TestSupport
import Testing

@testable import Sealing

@Suite("The pool of locked memory")
struct SecretPoolTests {
    /// Keeps a secret where many of them have to be alive at once.
    private final class Box: Sendable {
        let secret: SecretBytes
        init(_ secret: consuming SecretBytes) { self.secret = secret }

        /// The bytes of the address space that the secret takes.
        var place: Range<UInt> {
            let start = unsafe UInt(bitPattern: secret.start)
            return start..<start + UInt(secret.count)
        }
    }

    @Test("secrets that are alive at once have memory of their own, in the pool and past its end")
    func apart() {
        var generator = SeededGenerator(seed: 1)
        let contents = (0..<200).map { _ in generator.bytes(Int.random(in: 1...400, using: &generator)) }
        // Five times what the pool has room for.
        let boxes = contents.map { Box(SecretBytes(copying: $0.span)) }
        let places = boxes.map(\.place).sorted { $0.lowerBound < $1.lowerBound }
        for (one, next) in zip(places, places.dropFirst()) { #expect(one.upperBound <= next.lowerBound) }
        for (box, content) in zip(boxes, contents) { #expect(box.secret.array() == content) }
    }

    @Test("what a secret held is gone from its memory when the secret is", arguments: [16, 128, 129, 1024])
    func wiped(size: Int) throws {
        let pattern = [UInt8](repeating: 0, count: size).indices.map { UInt8(truncatingIfNeeded: $0 * 7 + size) | 1 }
        let start = try #require(placeOnceHeld(pattern), "the pool is full all the time")
        var differing = 0
        for index in pattern.indices {
            let now = unsafe UnsafePointer<UInt8>(bitPattern: start).map { unsafe $0[index] }
            if now != pattern[index] { differing += 1 }
        }
        // Whether it is zeros or another secret by now: none of it is left in its place but by chance.
        #expect(differing > size * 9 / 10)
    }

    /// Where a secret in the pool lay that is gone now.
    private func placeOnceHeld(_ pattern: [UInt8]) -> UInt? {
        for _ in 0..<10_000 {
            let secret = SecretBytes(copying: pattern.span)
            let start = unsafe secret.start
            // Only the pool's memory may still be looked at afterwards; a full pool has room again before long.
            if secret.isInPool { return UInt(bitPattern: unsafe UnsafePointer(start)) }
        }
        return nil
    }

    @Test("memory is used again, more often than there are blocks")
    func reuse() {
        var taken = 0
        for _ in 0..<10_000 {
            guard let start = unsafe SecretPool.take(1024) else { continue }
            taken += 1
            _ = unsafe SecretPool.giveBack(start, 1024)
        }
        #expect(taken > 64)
    }

    @Test("a secret that is too large for the pool gets memory elsewhere, and gives it back")
    func large() {
        for size in [1025, 4096, 100_000] {
            let secret = SecretBytes(zeros: size)
            let isInPool = secret.isInPool
            #expect(!isInPool)
            #expect(secret.array() == [UInt8](repeating: 0, count: size))
        }
    }

    @Test("many threads take and give back, and no secret shows up in another")
    func threads() async {
        let isRight = await withTaskGroup(of: Bool.self) { group in
            for task in 0..<16 as Range<UInt64> { group.addTask { Self.keepsApart(seed: task) } }
            return await group.allSatisfy { $0 }
        }
        #expect(isRight)
    }

    /// Takes and gives back again and again; whether every secret stayed what it was.
    private static func keepsApart(seed: UInt64) -> Bool {
        var generator = SeededGenerator(seed: seed)
        return (0..<300).allSatisfy { _ in
            let contents = (0..<8).map { _ in generator.bytes(Int.random(in: 1...300, using: &generator)) }
            let boxes = contents.map { Box(SecretBytes(copying: $0.span)) }
            return zip(boxes, contents).allSatisfy { $0.secret.array() == $1 }
        }
    }
}

extension SecretBytes {
    /// Whether the memory is the pool's: a secret of the pool begins at one of its blocks.
    fileprivate var isInPool: Bool {
        guard count <= 1024, let probe = unsafe SecretPool.take(1) else { return false }
        let distance = unsafe abs(start - probe)
        _ = unsafe SecretPool.giveBack(probe, 1)
        return distance < 64 * 128 && distance.isMultiple(of: 128)
    }
}
