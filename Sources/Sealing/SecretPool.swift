private import CSodium
private import Synchronization

/// Locked memory for small secrets, set up once: each `sodium_malloc` costs eight system calls and some page faults,
/// and one answer of the fast lane holds about ten secrets.
///
/// The pool itself comes from `sodium_malloc`: guard pages around it, `mlock`ed where the process may lock memory, left
/// out of core dumps. A secret is wiped when it goes.
struct SecretPool: ~Copyable {
    private static let blockSize = 128
    /// Larger secrets get memory of their own.
    private static let largest = 1024

    /// One page with the 16 bytes that `sodium_malloc` puts before it: enough for an answer of the fast lane.
    private static let first = SecretPool(blockCount: 31)
    /// Two pages more, for who has many secrets at once.
    private static let second = SecretPool(blockCount: 63)

    private let memory: Memory
    private let blockCount: Int
    /// A bit for each block that is taken.
    private let taken = Atomic<UInt64>(0)

    @safe private struct Memory: @unchecked Sendable {
        let start: UnsafeMutablePointer<UInt8>?
    }

    /// Whether the kernel keeps what lies in it out of swap space; libsodium goes on where it doesn't.
    static var isLocked: Bool {
        unsafe first.memory.start.map { unsafe sodium_mlock($0, blockSize * first.blockCount) == 0 } ?? false
    }

    private init(blockCount: Int) {
        self.blockCount = blockCount
        memory = unsafe Memory(
            start: sodium_malloc(Self.blockSize * blockCount)?.assumingMemoryBound(to: UInt8.self))
    }

    /// Memory for `count` bytes; `nil` where the pool is no place for it.
    static func take(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
        guard count <= largest else { return nil }
        let blocks = max(1, (count + blockSize - 1) / blockSize)
        if let found = unsafe first.take(blocks: blocks) { return unsafe found }
        return unsafe second.take(blocks: blocks)
    }

    /// Takes memory back and wipes it.
    ///
    /// - Returns: whether it was the pool's.
    static func giveBack(_ memory: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
        let blocks = max(1, (count + blockSize - 1) / blockSize)
        if unsafe first.giveBack(memory, blocks: blocks) { return true }
        // What is larger never asked for it.
        return unsafe count <= largest && second.giveBack(memory, blocks: blocks)
    }

    private borrowing func take(blocks: Int) -> UnsafeMutablePointer<UInt8>? {
        guard let start = unsafe memory.start else { return nil }
        let mask = UInt64.max >> UInt64(UInt64.bitWidth - blocks)
        var seen = taken.load(ordering: .relaxed)
        var block = 0
        while block + blocks <= blockCount {
            guard seen & mask << UInt64(block) == 0 else {
                block += 1
                continue
            }
            let (isOurs, now) = taken.compareExchange(
                expected: seen, desired: seen | mask << UInt64(block), successOrdering: .acquiring,
                failureOrdering: .relaxed)
            if isOurs { return unsafe start + block * Self.blockSize }
            // Somebody else was quicker, or gave something back.
            (seen, block) = (now, 0)
        }
        return nil
    }

    private borrowing func giveBack(_ memory: UnsafeMutablePointer<UInt8>, blocks: Int) -> Bool {
        guard let start = unsafe self.memory.start else { return false }
        let offset = unsafe memory - start
        guard (0..<Self.blockSize * blockCount).contains(offset) else { return false }
        unsafe sodium_memzero(memory, blocks * Self.blockSize)
        let mask = UInt64.max >> UInt64(UInt64.bitWidth - blocks)
        taken.bitwiseAnd(~(mask << UInt64(offset / Self.blockSize)), ordering: .releasing)
        return true
    }
}
