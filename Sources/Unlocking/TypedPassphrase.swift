public import SealedStore
public import Sealing

extension Slot {
    /// Whether a passphrase, or a recovery code as somebody typed it, opens this slot: a trial at the slot's cost.
    ///
    /// - Parameter store: the store's id.
    /// - Throws: ``SealingError/noMemory``.
    public func isOpened(by typed: borrowing SecretBytes, store: [UInt8]) throws(SealingError) -> Bool {
        try unwrap(withTyped: typed, store: store) != nil
    }

    /// The data key, if what was typed is the slot's passphrase or recovery code.
    ///
    /// - Throws: ``SealingError/noMemory``.
    func unwrap(withTyped typed: borrowing SecretBytes, store: [UInt8]) throws(SealingError) -> SealingKey? {
        switch kind {
        case .passphrase(let salt, let cost):
            return unwrap(with: try SealingKey(passphrase: typed, salt: salt.span, cost: cost), store: store)
        case .recovery(let salt, let cost):
            switch RecoveryCode.read(typed) {
            case .some(let code):
                return unwrap(with: try SealingKey(passphrase: code, salt: salt.span, cost: cost), store: store)
            case nil: return nil
            }
        case .keyring, .unknown: return nil
        }
    }
}
