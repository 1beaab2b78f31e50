public import Sealing

/// What the keyring has for a slot.
public struct KeptKey: ~Copyable, Sendable {
    /// The slot's key.
    public let key: SealingKey
    /// The highest generation of the store that was seen, if it was noted.
    public let generation: UInt64?
}

/// Keys in the desktop's keyring: the Secret Service of the session bus (specification: freedesktop.org, Secret Service
/// API 0.2), through libsecret.
///
/// Each item has the schema `org.awskeys.DataKey`, the attributes `store` and `slot` in lower-case hexadecimal, and a
/// key's 32 bytes as 64 lower-case hexadecimal characters, content type `text/plain`. The attribute `generation` is the
/// highest one of the store that was seen, in decimal.
///
/// Every call blocks, for no longer than its deadlines. The parameters that they share:
/// - `store`: the store's id, 16 bytes; `slot`: the slot's id, 8 bytes.
/// - `patience`: how long everything but a prompt may take. A person's answer starts it afresh.
/// - `mayPrompt`: whether the person may be asked to unlock what is locked. Without it, no prompt ever comes up.
/// - `promptPatience`: how long the person has for the answer; then the prompt is taken away.
public enum Keyring {
    /// The key that the keyring has for a slot.
    ///
    /// - Throws: ``KeyringError``; ``KeyringError/absent`` only when the service could look and found nothing, so that
    ///   nobody takes a locked keyring for an empty one.
    public static func load(
        store: [UInt8], slot: [UInt8], patience: Duration = .seconds(2), mayPrompt: Bool,
        promptPatience: Duration = .seconds(50)
    ) throws(KeyringError) -> KeptKey {
        let storage = try SecretStorage(Conversation(patience: patience))
        let attributes = Attributes(store: store, slot: slot)
        let collection = try storage.defaultCollection()
        // Some services (KWallet, KeePassXC) can't see what is in a locked collection, and KeePassXC brings up a prompt
        // of its own for a search where everything is locked.
        if let collection, collection.isLocked, try storage.isLockedAltogether() {
            try unlock(collection, in: storage, mayPrompt: mayPrompt, promptPatience)
        }
        var found = try storage.items(attributes).first
        if found == nil, let collection, collection.isLocked {
            try unlock(collection, in: storage, mayPrompt: mayPrompt, promptPatience)
            found = try storage.items(attributes).first
        }
        guard let item = found else { throw .absent }
        if item.isLocked { try unlock(item, in: storage, mayPrompt: mayPrompt, promptPatience) }
        guard let key = try storage.secret(of: item, { Hexadecimal.decode($0) }) else { throw .malformed }
        return KeptKey(key: key, generation: item.attributes?.generation)
    }

    /// Puts a slot's key into the default collection, in the place of the one there.
    ///
    /// Where the service has no default collection yet and `mayPrompt` is true, it is asked to make one, for which it
    /// asks the person for a passphrase.
    ///
    /// - Throws: ``KeyringError``; ``KeyringError/locked`` also where a collection would have to be made.
    public static func save(
        _ key: borrowing SealingKey, store: [UInt8], slot: [UInt8], patience: Duration = .seconds(2), mayPrompt: Bool,
        promptPatience: Duration = .seconds(50)
    ) throws(KeyringError) {
        let storage = try SecretStorage(Conversation(patience: patience))
        let attributes = Attributes(store: store, slot: slot)
        let collection = try storage.defaultCollection()
        if let collection, collection.isLocked {
            try unlock(collection, in: storage, mayPrompt: mayPrompt, promptPatience)
        }
        guard collection != nil || mayPrompt else { throw .locked }
        let target =
            if let collection { collection } else {
                try storage.conversation.prompting(for: promptPatience) { () throws(KeyringError) in
                    try storage.makeDefaultCollection()
                }
            }
        let label = "awskeys: the key to your AWS access keys (store \(hexadecimal(Array(store.prefix(4)))))"
        let text = Hexadecimal.encode(key)
        try text.withBytes { text throws(KeyringError) in
            try storage.put(text, attributes, label: label, in: target)
        }
    }

    /// Notes beside a slot's key the highest generation of the store that was seen. Never prompts, and does nothing
    /// where the keyring can't do it now: the note is then an older one.
    public static func rememberGeneration(
        _ generation: UInt64, store: [UInt8], slot: [UInt8], patience: Duration = .milliseconds(500)
    ) {
        do throws(KeyringError) {
            let storage = try SecretStorage(Conversation(patience: patience))
            guard try storage.defaultCollection()?.isLocked == false,
                let item = try storage.items(Attributes(store: store, slot: slot)).first, !item.isLocked,
                item.attributes?.generation ?? 0 < generation
            else { return }
            try storage.set(Attributes(store: store, slot: slot, generation: generation), of: item)
        } catch {
            // No keyring, or one that doesn't answer: nothing hangs on it.
        }
    }

    /// Takes a slot's key out of the keyring. Never prompts.
    ///
    /// - Throws: ``KeyringError``; ``KeyringError/absent`` where there was none.
    public static func remove(
        store: [UInt8], slot: [UInt8], patience: Duration = .seconds(2)
    ) throws(KeyringError) {
        let storage = try SecretStorage(Conversation(patience: patience))
        let items = try storage.items(Attributes(store: store, slot: slot))
        for item in items where !item.isLocked { try storage.delete(item) }
        guard items.allSatisfy({ !$0.isLocked }) else { throw .locked }
        guard items.isEmpty else { return }
        if let collection = try storage.defaultCollection(), collection.isLocked { throw .locked }
        throw .absent
    }

    /// Whether a Secret Service answers and has a default collection that can be written to: unlocked, or, where the
    /// person may be asked, locked. It doesn't ask yet.
    public static func isAvailable(patience: Duration = .seconds(2), mayPrompt: Bool) -> Bool {
        do throws(KeyringError) {
            let storage = try SecretStorage(Conversation(patience: patience))
            guard let collection = try storage.defaultCollection() else { return false }
            return mayPrompt || !collection.isLocked
        } catch {
            return false
        }
    }

    static func unlock(
        _ object: Owned, in storage: SecretStorage, mayPrompt: Bool, _ promptPatience: Duration
    ) throws(KeyringError) {
        guard mayPrompt else { throw .locked }
        try storage.conversation.prompting(for: promptPatience) { () throws(KeyringError) in
            try storage.unlock(object)
        }
    }
}
