private import CKeyutils
private import Glibc
public import Sealing

/// What the kernel's keyring remembers of an unlocked store.
public struct CachedKey: ~Copyable, Sendable {
    /// The store's data key.
    public let dataKey: SealingKey
    /// The highest generation of the store that was seen.
    public let generation: UInt64
    /// How long the key stays after each use, in seconds.
    public let lifetime: UInt32
}

/// Why the kernel's keyring can't hold a key: the number it gave, as in `errno(3)`.
///
/// Containers refuse the calls altogether (`EPERM` or `ENOSYS`); a user has 200 keys and 20,000 bytes (`EDQUOT`).
public struct KeyCacheError: Error, Equatable, Sendable {
    /// The error number.
    public let number: Int32
}

/// The data key of an unlocked store, in the kernel's keyring of the user.
///
/// It never touches a disk, survives the processes that use it, and goes by itself when nobody has used it for a while.
/// The key is of type `user`, named `awskeys:` and the store's id in hexadecimal, in the user keyring (`@u`), with
/// rights for this user only. Payload, 44 bytes, little-endian: data key 32, highest generation 8, lifetime 4.
public enum KeyCache {
    private static let payloadSize = SealingKey.size + 8 + 4

    /// The cached key of a store, and renews its life; `nil` where there is none or the kernel refuses.
    ///
    /// - Parameters:
    ///   - store: the store's id, 16 bytes.
    ///   - isUse: whether this counts as a use; if not, its life isn't renewed.
    public static func load(store: [UInt8], isUse: Bool = true) -> CachedKey? {
        guard let id = find(store) else { return nil }
        var payload = SecretBytes(zeros: payloadSize)
        let read = payload.withMutableBytes { payload in
            unsafe payload.withUnsafeMutableBytes { unsafe keyctl_read(id, $0.baseAddress, $0.count) }
        }
        guard read == payloadSize else { return nil }
        let generation: UInt64 = payload.withBytes { $0.littleEndian(at: SealingKey.size) }
        let lifetime: UInt32 = payload.withBytes { $0.littleEndian(at: SealingKey.size + 8) }
        payload.truncate(to: SealingKey.size)
        guard let key = SealingKey(payload) else { return nil }
        if isUse { _ = keyctl_set_timeout(id, lifetime) }
        return CachedKey(dataKey: key, generation: generation, lifetime: lifetime)
    }

    /// Puts a key into the kernel's keyring, or replaces the one there.
    ///
    /// - Parameters:
    ///   - key: the store's data key.
    ///   - store: the store's id, 16 bytes.
    ///   - generation: the highest generation seen.
    ///   - lifetime: how long it stays after each use, in seconds.
    /// - Throws: ``KeyCacheError`` where the kernel refuses.
    public static func save(
        _ key: borrowing SealingKey, store: [UInt8], generation: UInt64, lifetime: UInt32
    ) throws(KeyCacheError) {
        var payload = SecretBytes(zeros: payloadSize)
        var numbers: [UInt8] = []
        numbers.append(littleEndian: generation)
        numbers.append(littleEndian: lifetime)
        payload.withMutableBytes { payload in
            key.withBytes { payload.write($0, at: 0) }
            payload.write(numbers.span, at: SealingKey.size)
        }
        let id = payload.withBytes { payload in
            unsafe payload.withUnsafeBytes { payload in
                unsafe add_key("user", name(store), payload.baseAddress, payload.count, KEY_SPEC_USER_KEYRING)
            }
        }
        guard id >= 0 else { throw KeyCacheError(number: errno) }
        // Processes whose session keyring isn't linked to the user keyring don't possess the key: they read it and
        // renew its life as its user. (View, read, search, set attributes.)
        let rights = UInt32(KEY_POS_ALL | KEY_USR_VIEW | KEY_USR_READ | KEY_USR_SEARCH | KEY_USR_SETATTR)
        guard keyctl_setperm(id, rights) == 0,
            keyctl_set_timeout(id, lifetime) == 0
        else {
            let number = errno
            _ = keyctl_invalidate(id)
            throw KeyCacheError(number: number)
        }
    }

    /// The highest generation of a store that was seen; `nil` if its key isn't there.
    public static func generation(of store: [UInt8]) -> UInt64? { load(store: store)?.generation }

    /// Whether a store's key is there; that alone doesn't renew its life.
    public static func holds(store: [UInt8]) -> Bool { find(store) != nil }

    /// Why the kernel keeps no keys for this process; `nil` if it does.
    public static func problem() -> KeyCacheError? {
        keyctl_get_keyring_ID(KEY_SPEC_USER_KEYRING, 1) < 0 ? KeyCacheError(number: errno) : nil
    }

    /// Takes a store's key out of the kernel's keyring.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public static func remove(store: [UInt8]) -> Bool {
        guard let id = find(store) else { return false }
        return keyctl_invalidate(id) == 0 || keyctl_revoke(id) == 0
    }

    private static func find(_ store: [UInt8]) -> key_serial_t? {
        let id = unsafe keyctl_search(KEY_SPEC_USER_KEYRING, "user", name(store), 0)
        return id < 0 ? nil : key_serial_t(id)
    }

    private static func name(_ store: [UInt8]) -> String { "awskeys:" + hexadecimal(store) }
}
