private import CSodium
private import Synchronization

/// Locked memory for small secrets, set up once: each `sodium_malloc` costs eight system calls and some page faults,
/// and one answer of the fast lane holds about ten secrets.
///
/// The pool itself comes from `sodium_malloc`: guard pages around it, `mlock`ed where the process may lock memory, left
/// out of core dumps. A secret is wiped when it goes.
enum SecretPool {
    private static let blockSize = 128
    /// One page with the 16 bytes that `sodium_malloc` puts before it.
    private static let blockCount = 31
    /// Larger secrets get memory of their own.
    private static let largest = 1024

    @safe private struct Memory: @unchecked Sendable {
        let start: UnsafeMutablePointer<UInt8>?
    }

    private static let memory = unsafe Memory(
        start: sodium_malloc(blockSize * blockCount)?.assumingMemoryBound(to: UInt8.self))
    /// A bit for each block that is taken.
    private static let taken = Mutex<UInt64>(0)

    /// Memory for `count` bytes; `nil` where the pool is no place for it.
    static func take(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
        guard count <= largest, let start = unsafe memory.start else { return nil }
        let blocks = max(1, (count + blockSize - 1) / blockSize)
        let mask = UInt64.max >> UInt64(UInt64.bitWidth - blocks)
        let block = taken.withLock { taken -> Int? in
            for block in 0...blockCount - blocks where taken & mask << UInt64(block) == 0 {
                taken |= mask << UInt64(block)
                return block
            }
            return nil
        }
        guard let block else { return nil }
        return unsafe start + block * blockSize
    }

    /// Takes memory back and wipes it.
    ///
    /// - Returns: whether it was the pool's.
    static func giveBack(_ memory: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
        guard let start = unsafe Self.memory.start else { return false }
        let offset = unsafe memory - start
        guard (0..<blockSize * blockCount).contains(offset) else { return false }
        let blocks = max(1, (count + blockSize - 1) / blockSize)
        unsafe sodium_memzero(memory, blocks * blockSize)
        let mask = UInt64.max >> UInt64(UInt64.bitWidth - blocks)
        taken.withLock { $0 &= ~(mask << UInt64(offset / blockSize)) }
        return true
    }
}
