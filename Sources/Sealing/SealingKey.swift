private import CSodium

/// A 32-byte key for one purpose.
///
/// Two purposes never share a key: each is derived from the data key with BLAKE2b (`crypto_kdf_derive_from_key`), an
/// eight-character context and a number.
public struct SealingKey: ~Copyable, Sendable {
    /// The size of a key in bytes.
    public static let size = 32
    /// The size of a commitment in bytes.
    public static let commitmentSize = 32

    let bytes: SecretBytes

    /// A new random key.
    public init() { bytes = SecretBytes(random: Self.size) }

    /// A key that lies elsewhere.
    ///
    /// - Parameter bytes: exactly ``size`` bytes.
    public init?(_ bytes: consuming SecretBytes) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    /// Lends the key itself: to be wrapped in a slot, or to be put in the kernel's keyring.
    public func withBytes<Result: ~Copyable, Problem: Error>(
        _ body: (Span<UInt8>) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try bytes.withBytes(body)
    }

    /// The same key once more, in memory of its own.
    public func copy() -> SealingKey { SealingKey(unchecked: bytes.withBytes { SecretBytes(copying: $0) }) }

    /// Whether both are the same key; the time it takes tells nothing about where they differ.
    public func isEqual(to other: borrowing SealingKey) -> Bool { other.withBytes { bytes.equals($0) } }

    /// The key for one purpose, derived from this one.
    ///
    /// - Parameter context: eight ASCII characters that name the purpose.
    public func derived(_ context: StaticString) -> SealingKey {
        precondition(context.utf8CodeUnitCount == crypto_kdf_CONTEXTBYTES, "a context has eight characters")
        let subkey = SecretBytes(zeros: Self.size)
        let name = unsafe UnsafeRawPointer(context.utf8Start).assumingMemoryBound(to: CChar.self)
        _ = unsafe crypto_kdf_derive_from_key(subkey.start, subkey.count, 1, name, bytes.start)
        wipeStack()
        return SealingKey(unchecked: subkey)
    }

    init(unchecked bytes: consuming SecretBytes) { self.bytes = bytes }

    /// A public value that only this key has: 32 bytes of keyed BLAKE2b over `context` and `binding`.
    ///
    /// XChaCha20-Poly1305 doesn't commit to its key: a ciphertext can be made that opens under two. Whoever stores a
    /// commitment beside the ciphertext and compares it first accepts one key only.
    public func commitment(context: StaticString, binding: borrowing Span<UInt8>) -> [UInt8] {
        let subkey = derived(context)
        return unsafe [UInt8](unsafeUninitializedCapacity: Self.commitmentSize) { out, written in
            guard let out = out.baseAddress else { return }
            unsafe withAddresses(binding, binding, binding) { bound, _, _ in
                _ = unsafe crypto_generichash(
                    out, Self.commitmentSize, bound, UInt64(binding.count), subkey.bytes.start, subkey.bytes.count)
            }
            written = Self.commitmentSize
        }
    }
}
