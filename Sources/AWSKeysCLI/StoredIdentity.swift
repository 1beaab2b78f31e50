import Foundation
import SealedStore
import Sealing
import Sharing

extension UnlockedStore {
    /// Unlocks the store, or makes one where there is none.
    static func unlockOrMake(in context: Context, yes: Bool = false) throws -> UnlockedStore {
        let path = try context.storePath()
        if FileManager.default.fileExists(atPath: path) { return try unlock(in: context) }
        let way = try NewStore.choose(in: context)
        Console.note("a new store will be made at \(path), \(way.words)")
        return try way.make(in: context, yes: yes)
    }

    /// The identity that the store keeps; `nil` if it has none yet.
    func identity() throws -> Identity? {
        let store = try open()
        var note: SecretBytes?
        do throws(StoreError) {
            try store.forEachNote(.identity) { (_, bytes) in note = bytes.copy() }
            guard let note else { return nil }
            guard let identity = Identity(reading: note) else { throw StoreError.damaged(.record) }
            return identity
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// The identity that the store keeps, which is made if it has none yet.
    func identityMadeIfNeedBe() throws -> Identity {
        if let identity = try identity() { return identity }
        try update { draft in
            // Another command may have made one since.
            guard draft.notes(.identity).isEmpty else { return }
            draft.setNote(Identity(created: UInt64(context.now())).encoded(), .identity)
        }
        guard let identity = try identity() else { throw Failure(StoreError.damaged(.record), store: path) }
        return identity
    }
}
