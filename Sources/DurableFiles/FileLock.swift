private import Glibc

/// The right to write, held by one process at a time; the kernel takes it back when the process ends, however it ends.
public struct FileLock: ~Copyable {
    private let file: OpenFile

    /// Waits for the lock and takes it.
    ///
    /// The patience is for one holder: it begins anew whenever the lock changes hands, so that a long queue that moves
    /// is no reason to give up, and a holder that has stopped is.
    ///
    /// - Parameters:
    ///   - path: the lock file; it is made if need be, and stays.
    ///   - isShared: whether others may share it that say so too.
    ///   - milliseconds: how long to wait for one other process.
    /// - Throws: ``FileError``; its number is `EWOULDBLOCK` when one process held the lock all the time.
    public init(_ path: String, isShared: Bool = false, waiting milliseconds: Int = 10_000) throws(FileError) {
        let file = try OpenFile(path, O_RDWR | O_CREAT | O_NOFOLLOW)
        // flock(2) has no deadline of its own, and a signal's would reach the whole process: so ask again and again.
        var total = 0
        var waited = 0
        var holder = try Self.taken(file)
        while flock(file.descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, waited < milliseconds else {
                throw FileError("flock", path, number: errno)
            }
            // The kernel keeps no queue for who asks, so who has waited longer asks more often: every 10 ms at first,
            // every 4 ms after 3 s.
            let step = max(4, 10 - total / 500)
            usleep(UInt32(step * 1000))
            total += step
            waited += step
            let now = try Self.taken(file)
            if now != holder {
                holder = now
                waited = 0
            }
        }
        // Tells those who wait that the lock has changed hands.
        guard futimens(file.descriptor, nil) == 0 else { throw FileError("futimens", path, number: errno) }
        self.file = file
    }

    /// When somebody last took the lock, in nanoseconds.
    private static func taken(_ file: borrowing OpenFile) throws(FileError) -> Int {
        let time = try file.status().st_mtim
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
