import DurableFiles
import Sealing
import TestSupport

@testable import SealedStore

/// A store in a folder of its own: three profiles with two keys, a keyring slot and a journal.
struct SampleStore: ~Copyable {
    let folder: TemporaryFolder
    let dataKey: SealingKey
    var path: String { folder["store"] }

    init() throws {
        let folder = try TemporaryFolder()
        var draft = StoreDraft()
        draft.set(sampleKey(1), for: "default")
        draft.set(sampleKey(2), for: "dev")
        try draft.share(keyOf: "dev", with: "test")
        draft.setNote(SecretBytes(text: "journal"), .journal)
        let id = draft.id
        draft.add(
            draft.withDataKey { Slot(wrapping: $0, kind: .keyring, under: .counting(), store: id, created: 1) })
        try StoreWriter(locking: folder["store"]).create(draft)
        dataKey = draft.withDataKey { $0.copy() }
        self.folder = folder
    }

    /// What the file holds.
    func file() throws -> [UInt8] { try readFile(at: path, atMost: 1 << 20).array() }

    /// Writes the store once more, which seals nothing anew but the index.
    func rewrite() throws { try StoreWriter(locking: path).update(with: dataKey) { _ in } }
}

/// A key that differs from those of other numbers.
func sampleKey(_ number: Int) -> KeyRecord {
    KeyRecord(
        accessKeyID: "AKIA\(number)EXAMPLE", secretAccessKey: SecretBytes(text: "secret\(number)EXAMPLE"),
        added: UInt64(number), exposed: number % 2 == 0)
}

/// The secret that a store gives for a profile, by the way that the fast lane takes.
func secret(of profile: String, in path: String, with key: borrowing SealingKey) throws(StoreError) -> String? {
    let store = try ClosedStore(at: path).open(with: key)
    return try store.key(of: profile)?.secretAccessKey.text()
}
