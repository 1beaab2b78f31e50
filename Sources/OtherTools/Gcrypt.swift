private import CGcrypt
import Sealing

/// What libsodium doesn't have and other tools use, by libgcrypt, which libsecret brings along. It wipes what it works
/// with, the stack included.
enum Gcrypt {
    /// A key made of a passphrase: PBKDF2 with HMAC-SHA-256 (RFC 8018).
    ///
    /// - Parameter size: the key's size in bytes.
    static func key(
        from passphrase: borrowing SecretBytes, salt: [UInt8], iterations: Int, size: Int
    ) -> SecretBytes? {
        guard make_gcrypt_ready() else { return nil }
        var key = SecretBytes(zeros: size)
        let isMade = key.withMutableBytes { key in
            unsafe key.withUnsafeMutableBytes { key in
                passphrase.withBytes { passphrase in
                    unsafe passphrase.withUnsafeBytes { passphrase in
                        unsafe gcry_kdf_derive(
                            passphrase.baseAddress, passphrase.count, Int32(GCRY_KDF_PBKDF2.rawValue),
                            Int32(GCRY_MD_SHA256.rawValue), salt, salt.count, UInt(iterations), key.count,
                            key.baseAddress) == 0
                    }
                }
            }
        }
        return isMade ? consume key : nil
    }

    /// What was wrapped with a key of 16 bytes: AES key wrap (RFC 3394). `nil` if it was another key.
    static func unwrap(_ wrapped: [UInt8], with key: borrowing SecretBytes) -> SecretBytes? {
        guard let cipher = Cipher(GCRY_CIPHER_AES, GCRY_CIPHER_MODE_AESWRAP, key: key) else { return nil }
        return cipher.decrypt(wrapped, size: wrapped.count - 8)
    }

    /// What was sealed with a key of 32 bytes: AES-GCM (NIST SP 800-38D). `nil` if a bit of it was changed.
    static func open(
        _ sealed: [UInt8], tag: [UInt8], nonce: [UInt8], associated: [UInt8], with key: borrowing SecretBytes
    ) -> SecretBytes? {
        guard let cipher = Cipher(GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM, key: key),
            cipher.take(nonce: nonce, associated: associated),
            let plain = cipher.decrypt(sealed, size: sealed.count), cipher.agrees(with: tag)
        else { return nil }
        return plain
    }
}

/// A cipher with its key, which is wiped when this goes.
@safe private struct Cipher: ~Copyable {
    private let handle: gcry_cipher_hd_t

    init?(_ algorithm: gcry_cipher_algos, _ mode: gcry_cipher_modes, key: borrowing SecretBytes) {
        var opened: gcry_cipher_hd_t?
        guard make_gcrypt_ready(),
            unsafe gcry_cipher_open(
                &opened, Int32(algorithm.rawValue), Int32(mode.rawValue), GCRY_CIPHER_SECURE.rawValue) == 0,
            let handle = unsafe opened
        else { return nil }
        let isSet = key.withBytes { key in
            unsafe key.withUnsafeBytes { unsafe gcry_cipher_setkey(handle, $0.baseAddress, $0.count) == 0 }
        }
        guard isSet else {
            unsafe gcry_cipher_close(handle)
            return nil
        }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe gcry_cipher_close(handle) }

    func take(nonce: [UInt8], associated: [UInt8]) -> Bool {
        unsafe gcry_cipher_setiv(handle, nonce, nonce.count) == 0
            && gcry_cipher_authenticate(handle, associated, associated.count) == 0
    }

    func decrypt(_ sealed: [UInt8], size: Int) -> SecretBytes? {
        guard size > 0 else { return nil }
        var plain = SecretBytes(zeros: size)
        let isOpened = plain.withMutableBytes { plain in
            unsafe plain.withUnsafeMutableBytes { plain in
                unsafe gcry_cipher_decrypt(handle, plain.baseAddress, plain.count, sealed, sealed.count) == 0
            }
        }
        return isOpened ? consume plain : nil
    }

    func agrees(with tag: [UInt8]) -> Bool { unsafe gcry_cipher_checktag(handle, tag, tag.count) == 0 }
}
