private import Glibc

/// The right to write, held by one process at a time; the kernel takes it back when the process ends, however it ends.
public struct FileLock: ~Copyable {
    private let file: OpenFile

    /// Waits for the lock and takes it.
    ///
    /// - Parameters:
    ///   - path: the lock file; it is made if need be, and stays.
    ///   - milliseconds: how long to wait for another process.
    /// - Throws: ``FileError``; its number is `EWOULDBLOCK` when another process held the lock all the time.
    public init(_ path: String, waiting milliseconds: Int = 10_000) throws(FileError) {
        let file = try OpenFile(path, O_RDWR | O_CREAT | O_NOFOLLOW)
        // flock(2) has no deadline of its own, and a signal's would reach the whole process: so ask again and again.
        let step = 10
        var waited = 0
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, waited < milliseconds else {
                throw FileError("flock", path, number: errno)
            }
            usleep(UInt32(step * 1000))
            waited += step
        }
        self.file = file
    }
}
