private import CKeyutils
private import Sealing

extension KeyCache {
    /// As long as a store stays unlocked at most without a use. Whoever unlocks one forgets what was said before.
    private static let confirmationLifetime: UInt32 = 365 * 86400
    private static let confirmationSize = 16
    private static let mostConfirmations = 256

    /// Remembers that a person agreed to something until the store is locked; not where the kernel doesn't keep the
    /// store's key either.
    ///
    /// - Parameter what: any text.
    public static func rememberConfirmation(of what: String, store: [UInt8]) {
        guard load(store: store, isUse: false) != nil else { return }
        let all = (confirmations(store) + [digest(what)]).suffix(mostConfirmations).flatMap(\.self)
        // Where it can't be kept, the next one asks again.
        try? put(all.span, named: confirmed(store), lifetime: confirmationLifetime)
    }

    /// Whether a person has agreed to it since the store was unlocked.
    public static func hasConfirmation(of what: String, store: [UInt8]) -> Bool {
        confirmations(store).contains(digest(what))
    }

    /// Forgets all that a person agreed to.
    public static func forgetConfirmations(store: [UInt8]) {
        if let id = find(named: confirmed(store)) { _ = keyctl_invalidate(id) == 0 || keyctl_revoke(id) == 0 }
    }

    private static func confirmations(_ store: [UInt8]) -> [[UInt8]] {
        guard let id = find(named: confirmed(store)) else { return [] }
        var bytes = [UInt8](repeating: 0, count: mostConfirmations * confirmationSize)
        let size = unsafe bytes.withUnsafeMutableBytes { unsafe keyctl_read(id, $0.baseAddress, $0.count) }
        guard (1...bytes.count).contains(size) else { return [] }
        return stride(from: 0, to: size - confirmationSize + 1, by: confirmationSize).map {
            Array(bytes[$0..<$0 + confirmationSize])
        }
    }

    private static func digest(_ what: String) -> [UInt8] { Array(sha256(what.utf8.span).prefix(confirmationSize)) }

    private static func confirmed(_ store: [UInt8]) -> String { name(store) + ":confirmed" }
}
