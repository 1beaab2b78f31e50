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
    /// What the store was opened with.
    public let opener: Opener
    /// Whether uses of profiles are written to the journal.
    public let isLogged: Bool
}

/// What a store was opened with, as it stands in the cached key.
public enum Opener: UInt8, Sendable {
    /// The desktop's keyring.
    case keyring = 1
    /// A file with the passphrase.
    case passphraseFile
    /// A person at the terminal.
    case terminal
    /// A person at a pinentry's dialog.
    case pinentry
    /// A person at the dialog of the program that `SSH_ASKPASS` names.
    case askpass
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
/// rights for this user only. Payload, 45 bytes, little-endian: data key 32, highest generation 8, lifetime 4, and what
/// opened it 1, with its highest bit set if uses are logged.
public enum KeyCache {
    private static let payloadSize = SealingKey.size + 8 + 4 + 1
    private static let logged: UInt8 = 0x80

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
        let opened = payload.withBytes { $0[SealingKey.size + 12] }
        payload.truncate(to: SealingKey.size)
        guard let opener = Opener(rawValue: opened & ~logged), let key = SealingKey(payload) else { return nil }
        if isUse { _ = keyctl_set_timeout(id, lifetime) }
        return CachedKey(
            dataKey: key, generation: generation, lifetime: lifetime, opener: opener,
            isLogged: opened & logged != 0)
    }

    /// Puts a key into the kernel's keyring, or replaces the one there.
    ///
    /// - Parameters:
    ///   - key: the store's data key.
    ///   - store: the store's id, 16 bytes.
    ///   - generation: the highest generation seen.
    ///   - lifetime: how long it stays after each use, in seconds.
    ///   - opener: what the store was opened with.
    ///   - isLogged: whether uses of profiles are written to the journal.
    /// - Throws: ``KeyCacheError`` where the kernel refuses.
    public static func save(
        _ key: borrowing SealingKey, store: [UInt8], generation: UInt64, lifetime: UInt32, opener: Opener,
        isLogged: Bool
    ) throws(KeyCacheError) {
        var payload = SecretBytes(zeros: payloadSize)
        var rest: [UInt8] = []
        rest.append(littleEndian: generation)
        rest.append(littleEndian: lifetime)
        rest.append(opener.rawValue | (isLogged ? logged : 0))
        payload.withMutableBytes { payload in
            key.withBytes { payload.write($0, at: 0) }
            payload.write(rest.span, at: SealingKey.size)
        }
        try payload.withBytes { (payload) throws(KeyCacheError) in
            try put(payload, named: name(store), lifetime: lifetime)
        }
    }

    /// Why the kernel keeps no keys for this process; `nil` if it does. It is tried, since a user's quota shows only
    /// then.
    public static func problem() -> KeyCacheError? {
        let attempt: [UInt8] = [0]
        do throws(KeyCacheError) {
            try put(attempt.span, named: prefix + "attempt", lifetime: 1)
            return nil
        } catch {
            return error
        }
    }

    /// Takes a store's key out of the kernel's keyring, and what a person agreed to while it was there.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public static func remove(store: [UInt8]) -> Bool {
        forgetConfirmations(store: store)
        guard let id = find(store) else { return false }
        return keyctl_invalidate(id) == 0 || keyctl_revoke(id) == 0
    }

    /// Puts a payload into the user keyring, in the place of what has the same name there.
    ///
    /// It comes into being in the process's own keyring: a process whose session keyring isn't linked to the user
    /// keyring doesn't possess what is in there, and could neither set its rights nor its life.
    static func put(_ payload: borrowing Span<UInt8>, named name: String, lifetime: UInt32) throws(KeyCacheError) {
        let id = unsafe payload.withUnsafeBytes { payload in
            unsafe add_key("user", name, payload.baseAddress, payload.count, KEY_SPEC_PROCESS_KEYRING)
        }
        guard id >= 0 else { throw KeyCacheError(number: errno) }
        defer { _ = keyctl_unlink(id, KEY_SPEC_PROCESS_KEYRING) }
        // Whoever doesn't possess the key reads it and renews its life as its user.
        let rights = UInt32(KEY_POS_ALL | KEY_USR_VIEW | KEY_USR_READ | KEY_USR_SEARCH | KEY_USR_SETATTR)
        guard keyctl_setperm(id, rights) == 0, keyctl_set_timeout(id, lifetime) == 0,
            keyctl_link(id, KEY_SPEC_USER_KEYRING) == 0
        else { throw KeyCacheError(number: errno) }
    }

    static func find(named name: String) -> Int32? {
        let id = unsafe keyctl_search(KEY_SPEC_USER_KEYRING, "user", name, 0)
        return id < 0 ? nil : Int32(id)
    }

    private static func find(_ store: [UInt8]) -> Int32? { find(named: name(store)) }

    static func name(_ store: [UInt8]) -> String { prefix + hexadecimal(store) }

    static let prefix = "awskeys:"
}
