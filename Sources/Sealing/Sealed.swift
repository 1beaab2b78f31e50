private import CSodium

/// XChaCha20-Poly1305 (IETF construction, draft-irtf-cfrg-xchacha-03): encryption that also proves who wrote it.
public enum Sealed {
    /// The size of a nonce in bytes; random ones of this size never meet.
    public static let nonceSize = 24
    /// The size of the authentication tag in bytes.
    public static let tagSize = 16

    /// Seals `plain` under `key`.
    ///
    /// - Parameters:
    ///   - plain: what to hide.
    ///   - associated: what to prove along with it; it isn't hidden and isn't part of the result.
    ///   - nonce: ``nonceSize`` random bytes, never used before.
    /// - Returns: the ciphertext, followed by the tag: ``tagSize`` bytes more than `plain`.
    public static func seal(
        _ plain: borrowing Span<UInt8>, associated: borrowing Span<UInt8>, nonce: borrowing Span<UInt8>,
        with key: borrowing SealingKey
    ) -> [UInt8] {
        precondition(nonce.count == nonceSize, "a nonce has 24 bytes")
        return unsafe [UInt8](unsafeUninitializedCapacity: plain.count + tagSize) { out, written in
            guard let out = out.baseAddress else { return }
            unsafe withAddresses(plain, associated, nonce) { from, proved, nonce in
                _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                    out, nil, from, UInt64(plain.count), proved, UInt64(associated.count), nil, nonce,
                    key.bytes.start)
            }
            written = plain.count + tagSize
        }
    }

    /// Opens what ``seal(_:associated:nonce:with:)`` made.
    ///
    /// - Throws: ``SealingError/notAuthentic`` if the key, the nonce, the associated data or a byte isn't what it was.
    public static func open(
        _ sealed: borrowing Span<UInt8>, associated: borrowing Span<UInt8>, nonce: borrowing Span<UInt8>,
        with key: borrowing SealingKey
    ) throws(SealingError) -> SecretBytes {
        guard sealed.count >= tagSize, nonce.count == nonceSize else { throw .notAuthentic }
        let plain = SecretBytes(uninitialized: sealed.count - tagSize)
        let status = unsafe withAddresses(sealed, associated, nonce) { from, proved, nonce in
            unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                plain.start, nil, nil, from, UInt64(sealed.count), proved, UInt64(associated.count), nonce,
                key.bytes.start)
        }
        guard status == 0 else { throw .notAuthentic }
        return plain
    }

    /// The same, in the memory that the sealed bytes lie in: all of it is proved before any of it is opened.
    ///
    /// - Throws: ``SealingError/notAuthentic``, as above.
    public static func open(
        inPlace sealed: consuming SecretBytes, associated: borrowing Span<UInt8>, nonce: borrowing Span<UInt8>,
        with key: borrowing SealingKey
    ) throws(SealingError) -> SecretBytes {
        guard sealed.count >= tagSize, nonce.count == nonceSize else { throw .notAuthentic }
        let status = unsafe withAddresses(nonce, associated, nonce) { nonce, proved, _ in
            unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                sealed.start, nil, nil, sealed.start, UInt64(sealed.count), proved, UInt64(associated.count), nonce,
                key.bytes.start)
        }
        guard status == 0 else { throw .notAuthentic }
        sealed.truncate(to: sealed.count - tagSize)
        return sealed
    }
}
