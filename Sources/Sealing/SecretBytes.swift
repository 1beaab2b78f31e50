private import CSodium

/// Bytes that nobody but their owner may see: locked in memory, left out of core dumps, wiped when they go.
///
/// The memory comes from `sodium_malloc`, that of small secrets by way of a pool: guard pages around it, `mlock`ed
/// where the process may lock memory, excluded from core dumps, zeroed before it is given back. It can't be copied,
/// printed or encoded by accident; readers borrow it.
@safe public struct SecretBytes: ~Copyable, @unchecked Sendable {
    let start: UnsafeMutablePointer<UInt8>

    /// The size in bytes.
    public private(set) var count: Int

    /// The size in bytes that it had at first.
    private let capacity: Int

    /// Zeros.
    ///
    /// - Parameter count: the size in bytes.
    public init(zeros count: Int) {
        self.init(uninitialized: count)
        unsafe start.update(repeating: 0, count: count)
    }

    /// Whatever lies in the memory; for who writes all of it.
    public init(uninitialized count: Int) {
        precondition(count >= 0, "a size is never negative")
        Sodium.ready()
        if count == 0 {
            unsafe start = Self.nothing
        } else if let pooled = unsafe SecretPool.take(count) {
            unsafe start = pooled
        } else {
            guard let memory = unsafe sodium_malloc(count) else { fatalError("no memory for \(count) secret bytes") }
            unsafe start = memory.assumingMemoryBound(to: UInt8.self)
        }
        self.count = count
        capacity = count
    }

    /// Random bytes from the kernel's generator.
    public init(random count: Int) {
        self.init(uninitialized: count)
        unsafe randombytes_buf(start, count)
    }

    /// A copy of bytes that lie elsewhere; the caller wipes its own.
    public init(copying bytes: borrowing Span<UInt8>) {
        self.init(uninitialized: bytes.count)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            if let from = bytes.baseAddress { unsafe start.update(from: from, count: bytes.count) }
        }
    }

    /// The same bytes once more, in memory of their own.
    public func copy() -> SecretBytes { withBytes { SecretBytes(copying: $0) } }

    /// Where no bytes lie: many a secret has none, such as the token of a long-term key.
    nonisolated(unsafe) private static let nothing = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

    deinit {
        if capacity > 0, unsafe !SecretPool.giveBack(start, capacity) { unsafe sodium_free(start) }
    }

    /// Whether secrets are kept out of swap space: where the process may lock no memory (`ulimit -l`), or no more than
    /// it has locked, they aren't.
    public static var areLocked: Bool {
        Sodium.ready()
        return SecretPool.isLocked
    }

    /// Gives up the bytes from `newCount` on; they are wiped at once.
    public mutating func truncate(to newCount: Int) {
        precondition((0...count).contains(newCount), "only existing bytes can be given up")
        unsafe sodium_memzero(start + newCount, count - newCount)
        count = newCount
    }

    /// Lends the bytes for reading.
    public func withBytes<Result: ~Copyable, Problem: Error>(
        _ body: (Span<UInt8>) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try body(unsafe Span(_unsafeStart: start, count: count))
    }

    /// Lends the bytes for writing.
    public mutating func withMutableBytes<Result: ~Copyable, Problem: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        var span = unsafe MutableSpan(_unsafeStart: start, count: count)
        return try body(&span)
    }

    /// Whether both hold the same bytes; the time it takes tells nothing about where they differ.
    public func equals(_ other: borrowing Span<UInt8>) -> Bool {
        guard other.count == count else { return false }
        return unsafe other.withUnsafeBufferPointer { other in
            unsafe sodium_memcmp(start, other.baseAddress ?? UnsafePointer(start), count) == 0
        }
    }
}

/// Wipes bytes that C or the standard library handed over outside a ``SecretBytes``.
public func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    unsafe sodium_memzero(start, bytes.count)
}
