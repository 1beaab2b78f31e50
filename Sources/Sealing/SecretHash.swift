private import CSodium

/// HMAC-SHA-256 (RFC 2104, FIPS 180-4) of a message that is no secret.
///
/// - Parameter key: of any size.
/// - Returns: 32 bytes, which may be a key in turn.
public func hmacSHA256(_ message: borrowing Span<UInt8>, key: borrowing SecretBytes) -> SecretBytes {
    let code = SecretBytes(uninitialized: crypto_auth_hmacsha256_bytes())
    let count = UInt64(message.count)
    var state = crypto_auth_hmacsha256_state()
    _ = unsafe crypto_auth_hmacsha256_init(&state, key.start, key.count)
    unsafe withAddresses(message, message, message) { message, _, _ in
        _ = unsafe crypto_auth_hmacsha256_update(&state, message, count)
    }
    _ = unsafe crypto_auth_hmacsha256_final(&state, code.start)
    // What the key left in it is as good as the key.
    unsafe withUnsafeMutableBytes(of: &state) { unsafe wipe($0) }
    wipeStack()
    return code
}

/// SHA-256 (FIPS 180-4) of bytes that are no secret: 32 bytes.
public func sha256(_ bytes: borrowing Span<UInt8>) -> [UInt8] {
    let count = UInt64(bytes.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: crypto_hash_sha256_bytes()) { out, written in
        guard let out = out.baseAddress else { return }
        unsafe withAddresses(bytes, bytes, bytes) { bytes, _, _ in
            _ = unsafe crypto_hash_sha256(out, bytes, count)
        }
        written = crypto_hash_sha256_bytes()
    }
}
