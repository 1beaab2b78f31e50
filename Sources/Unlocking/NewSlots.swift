private import Glibc
public import Keyring
public import SealedStore
public import Sealing

/// Makes ways in to one data key of one store. They lead somewhere once they are written into the store.
public struct NewSlots: ~Copyable {
    private let dataKey: SealingKey
    private let store: [UInt8]
    private let created: UInt64
    private let available: UInt64?
    private let seconds: () -> Double

    /// - Parameters:
    ///   - dataKey: what they lead to.
    ///   - store: the store's id.
    ///   - now: the time, in seconds since 1970.
    public init(to dataKey: borrowing SealingKey, store: [UInt8], now: UInt64) {
        self.init(
            to: dataKey, store: store, now: now, available: AvailableMemory.kibibytes(), seconds: processorSeconds)
    }

    /// - Parameters:
    ///   - available: the memory that may be used, in KiB.
    ///   - seconds: a clock; what counts is how far it goes while a key is derived.
    init(
        to dataKey: borrowing SealingKey, store: [UInt8], now: UInt64, available: UInt64?,
        seconds: @escaping () -> Double
    ) {
        self.dataKey = dataKey.copy()
        self.store = store
        created = now
        self.available = available
        self.seconds = seconds
    }

    /// A slot that the desktop's keyring opens: its key is put there and read back first.
    ///
    /// Whoever can't write the slot into the store takes the key out of the keyring again.
    ///
    /// - Parameter mayPrompt: whether the keyring may ask the person to unlock it.
    /// - Throws: ``KeyringError``.
    public func keyring(mayPrompt: Bool) throws(KeyringError) -> Slot {
        let key = SealingKey()
        let slotID = randomBytes(Slot.idSize)
        try Keyring.save(key, store: store, slot: slotID, mayPrompt: mayPrompt)
        do throws(KeyringError) {
            let kept = try Keyring.load(store: store, slot: slotID, mayPrompt: false)
            guard kept.key.isEqual(to: key) else { throw .malformed }
        } catch {
            try? Keyring.remove(store: store, slot: slotID)
            throw error
        }
        return Slot(wrapping: dataKey, kind: .keyring, under: key, id: slotID, store: store, created: created)
    }

    /// A slot that a passphrase opens, at the cost that suits this machine.
    ///
    /// The derivation that the slot needs anyway is the measurement; only where it was too cheap is there a second one.
    ///
    /// - Parameter old: the cost of the slot that this one replaces, which the new one isn't below.
    /// - Throws: ``SealingError/noMemory``.
    public func passphrase(
        _ passphrase: borrowing SecretBytes, replacing old: PassphraseCost? = nil
    ) throws(SealingError) -> Slot {
        let salt = randomBytes(SealingKey.saltSize)
        var cost = PassphraseCost.starting(available: available, replacing: old)
        let began = seconds()
        var key = try SealingKey(passphrase: passphrase, salt: salt.span, cost: cost)
        let calibrated = cost.calibrated(took: seconds() - began)
        if calibrated != cost {
            key = try SealingKey(passphrase: passphrase, salt: salt.span, cost: calibrated)
            cost = calibrated
        }
        return slot(.passphrase(salt: salt, cost: cost), under: key)
    }

    /// A slot that a recovery code opens. Its 128 random bits can't be guessed at any cost, so nothing is calibrated.
    ///
    /// - Parameter code: from ``RecoveryCode/make()``.
    /// - Throws: ``SealingError/noMemory``.
    public func recovery(_ code: borrowing SecretBytes) throws(SealingError) -> Slot {
        let salt = randomBytes(SealingKey.saltSize)
        let cost = PassphraseCost.starting(available: available)
        return slot(
            .recovery(salt: salt, cost: cost), under: try SealingKey(passphrase: code, salt: salt.span, cost: cost))
    }

    private func slot(_ kind: Slot.Kind, under key: borrowing SealingKey) -> Slot {
        Slot(wrapping: dataKey, kind: kind, under: key, store: store, created: created)
    }
}

extension Slot {
    /// Whether a passphrase, or a recovery code as somebody typed it, opens this slot: a trial at the slot's cost.
    ///
    /// - Parameter store: the store's id.
    /// - Throws: ``SealingError/noMemory``.
    public func isOpened(by typed: borrowing SecretBytes, store: [UInt8]) throws(SealingError) -> Bool {
        switch kind {
        case .passphrase(let salt, let cost):
            return unwrap(with: try SealingKey(passphrase: typed, salt: salt.span, cost: cost), store: store) != nil
        case .recovery(let salt, let cost):
            switch RecoveryCode.read(typed) {
            case .some(let code):
                return unwrap(with: try SealingKey(passphrase: code, salt: salt.span, cost: cost), store: store) != nil
            case nil: return false
            }
        case .keyring, .unknown: return false
        }
    }
}

/// The processor's time that this thread has used, in seconds: a machine that is busy otherwise doesn't look slow.
private func processorSeconds() -> Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
