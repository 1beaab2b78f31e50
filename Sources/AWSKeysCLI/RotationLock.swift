import DurableFiles
import Foundation

/// The right to rotate the keys of a store, held by one process at a time; or the right to take keys away, which
/// several share, since a rotation must not lose them under its hands.
struct RotationLock: ~Copyable {
    private let lock: FileLock
    /// Whether another process had it first.
    let hasWaited: Bool

    /// How long to wait for another one, in seconds: as long as IAM may take with one key.
    private static let patience = 600

    init(store path: String, isShared: Bool = false) throws {
        do throws(FileError) {
            let file = try resolvingLinks(path) + ".rotation.lock"
            switch try Self.atOnce(file, isShared) {
            case .some(let lock):
                self.lock = lock
                hasWaited = false
            case nil:
                Console.note("awskeys: waiting for another `awskeys rotate` or a command that takes keys away")
                lock = try FileLock(file, isShared: isShared, waiting: Self.patience * 1000)
                hasWaited = true
            }
        } catch {
            guard error.call == "flock", error.number == EWOULDBLOCK else { throw Failure(error) }
            throw Failure(
                .busy, "another awskeys is rotating keys, or taking some away", hint: "try again when it has ended")
        }
    }

    /// The lock, if nobody has it.
    private static func atOnce(_ file: String, _ isShared: Bool) throws(FileError) -> FileLock? {
        do throws(FileError) {
            return try FileLock(file, isShared: isShared, waiting: 0)
        } catch {
            guard error.call == "flock", error.number == EWOULDBLOCK else { throw error }
            return nil
        }
    }
}
