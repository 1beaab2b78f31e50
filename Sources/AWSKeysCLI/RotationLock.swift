import DurableFiles
import Foundation

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
