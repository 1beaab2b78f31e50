public import Sealing

/// An item of another program, and its secret.
public final class OtherItem: Sendable {
    /// What it is called.
    public let label: String
    /// Its secret.
    public let secret: SecretBytes

    init(_ label: String, secret: consuming SecretBytes) {
        self.label = label
        self.secret = secret
    }
}

extension Keyring {
    /// What lies in a collection that another program has made; nothing if there is no such collection.
    ///
    /// - Parameters:
    ///   - name: the collection's name, as its path on the bus has it.
    ///   - isWanted: whether an item is, by its label; the secrets of others aren't fetched.
    /// - Throws: ``KeyringError``.
    public static func items(
        ofCollection name: String, isWanted: (String) -> Bool, patience: Duration = .seconds(2), mayPrompt: Bool,
        promptPatience: Duration = .seconds(50)
    ) throws(KeyringError) -> [OtherItem] {
        let storage = try SecretStorage(Conversation(patience: patience))
        guard let collection = try storage.collections().first(where: { $0.name == name }) else { return [] }
        if collection.isLocked { try unlock(collection, in: storage, mayPrompt: mayPrompt, promptPatience) }
        var items: [OtherItem] = []
        for item in try storage.items(of: collection) where isWanted(item.label) {
            if item.isLocked { try unlock(item, in: storage, mayPrompt: mayPrompt, promptPatience) }
            guard let secret = try storage.secret(of: item, { SecretBytes(copying: $0) }) else { throw .malformed }
            items.append(OtherItem(item.label, secret: secret))
        }
        return items
    }
}
