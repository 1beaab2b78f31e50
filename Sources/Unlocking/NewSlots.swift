public import Keyring
public import SealedStore
public import Sealing

extension StoreDraft {
    /// Adds a slot that the desktop's keyring opens: its key is put there and read back first.
    ///
    /// - Parameters:
    ///   - now: the time, in seconds since 1970.
    ///   - mayPrompt: whether the keyring may ask the person to unlock it.
    /// - Throws: ``KeyringError``; the draft is then as it was.
    public mutating func addKeyringSlot(now: UInt64, mayPrompt: Bool) throws(KeyringError) {
        let key = SealingKey()
        let slotID = randomBytes(Slot.idSize)
        try Keyring.save(key, store: id, slot: slotID, mayPrompt: mayPrompt)
        let kept = try Keyring.load(store: id, slot: slotID, mayPrompt: false)
        guard kept.key.isEqual(to: key) else { throw .malformed }
        let store = id
        let slot = withDataKey {
            Slot(wrapping: $0, kind: .keyring, under: key, id: slotID, store: store, created: now)
        }
        add(slot)
    }

    /// Adds a slot that a passphrase opens.
    ///
    /// - Throws: ``SealingError/noMemory``; the draft is then as it was.
    public mutating func addPassphraseSlot(_ passphrase: borrowing SecretBytes, now: UInt64) throws(SealingError) {
        let salt = randomBytes(SealingKey.saltSize)
        try add(.passphrase(salt: salt, cost: .standard), passphrase, salt, now: now)
    }

    /// Adds a slot that a new recovery code opens.
    ///
    /// - Returns: the code, to be shown once.
    /// - Throws: ``SealingError/noMemory``; the draft is then as it was.
    public mutating func addRecoverySlot(now: UInt64) throws(SealingError) -> SecretBytes {
        let salt = randomBytes(SealingKey.saltSize)
        let code = RecoveryCode.make()
        try add(.recovery(salt: salt, cost: .standard), code, salt, now: now)
        return code
    }

    private mutating func add(
        _ kind: Slot.Kind, _ passphrase: borrowing SecretBytes, _ salt: [UInt8], now: UInt64
    ) throws(SealingError) {
        let key = try SealingKey(passphrase: passphrase, salt: salt.span, cost: .standard)
        let store = id
        let slot = withDataKey { Slot(wrapping: $0, kind: kind, under: key, store: store, created: now) }
        add(slot)
    }
}
