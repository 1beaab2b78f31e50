import DurableFiles
import Foundation
import Rotation
import SealedStore
import Sealing

/// The right to rotate the keys of a store, held by one process at a time.
struct RotationLock: ~Copyable {
    private let lock: FileLock

    /// How long to wait for another one, in seconds: as long as IAM may take with one key.
    private static let patience = 600

    init(store path: String) throws {
        do throws(FileError) {
            let file = try resolvingLinks(path) + ".rotation.lock"
            lock = try Self.take(file)
        } catch {
            guard error.call == "flock", error.number == EWOULDBLOCK else { throw Failure(error) }
            throw Failure(.busy, "another `awskeys rotate` is at work", hint: "try again when it has ended")
        }
    }

    private static func take(_ file: String) throws(FileError) -> FileLock {
        do throws(FileError) {
            return try FileLock(file, waiting: 0)
        } catch {
            guard error.call == "flock", error.number == EWOULDBLOCK else { throw error }
        }
        Console.note("awskeys: waiting for another `awskeys rotate`, which is at work")
        return try FileLock(file, waiting: patience * 1000)
    }
}

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
        private let id: [UInt8]
        private let dataKey: SealingKey
        private let context: Context

        /// A key that was just made must be sealed, so whoever writes is waited for longer than usual: in milliseconds.
        private static let patience = 60_000

        init(_ store: borrowing UnlockedStore) {
            path = store.path
            id = store.id
            dataKey = store.dataKey.copy()
            context = store.context
        }

        func read(_ body: (borrowing StoreDraft) throws(StoreError) -> Void) throws(StoreError) {
            try body(StoreWriter(locking: path, waiting: Self.patience).read(with: dataKey))
        }

        func update(_ change: (inout StoreDraft) throws(StoreError) -> Void) throws(StoreError) {
            let writer = try StoreWriter(locking: path, waiting: Self.patience)
            try writer.update(with: dataKey, change)
            context.remember(dataKey, store: id, generation: try ClosedStore(at: path).generation)
        }
    }
}
