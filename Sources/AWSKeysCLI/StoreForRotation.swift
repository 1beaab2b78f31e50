import Rotation
import SealedStore
import Sealing
import Unlocking

extension UnlockedStore {
    /// The store as rotations use it.
    func forRotation() -> RotationStore {
        let access = Access(self)
        return RotationStore(
            read: { (body) throws(StoreError) in try access.read(body) },
            update: { (change) throws(StoreError) in try access.update(change) })
    }

    /// What is needed for it, apart from the store's value, which can't be kept.
    private final class Access {
        private let path: String
        private let dataKey: SealingKey
        private let context: Context

        /// A key that was just made must be sealed, so whoever writes is waited for longer than usual: in milliseconds.
        private static let patience = 60_000

        init(_ store: borrowing UnlockedStore) {
            path = store.path
            dataKey = store.dataKey.copy()
            context = store.context
        }

        func read(_ body: (borrowing StoreDraft) throws(StoreError) -> Void) throws(StoreError) {
            try body(StoreWriter(locking: path, waiting: Self.patience).read(with: dataKey))
        }

        func update(_ change: (inout StoreDraft) throws(StoreError) -> Void) throws(StoreError) {
            let writer = try StoreWriter(locking: path, waiting: Self.patience)
            try writer.update(with: dataKey, change)
            Unlocker.rememberGeneration(of: try ClosedStore(at: path), dataKey)
        }
    }
}
