public import Glibc

/// An open file, closed when it goes.
public struct OpenFile: ~Copyable {
    /// Its descriptor, never inherited by programs that are started.
    public let descriptor: Int32
    /// The path it was opened by, for errors.
    public let path: String

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: the file; a symbolic link is followed.
    ///   - flags: as for `open(2)`; `O_CLOEXEC` is added.
    ///   - mode: the permissions of a file that is made.
    /// - Throws: ``FileError``.
    public init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(FileError) {
        descriptor = try retrying("open", path) { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) }
        self.path = path
    }

    deinit { _ = close(descriptor) }

    /// What `fstat(2)` says.
    public func status() throws(FileError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError("fstat", path, number: errno) }
        return status
    }

    /// Fills `bytes` with what lies at `offset`, all but its first `known` bytes.
    ///
    /// - Returns: how many bytes are there now, the known ones too; fewer than asked for only at the end of the file.
    public func read(into bytes: inout MutableSpan<UInt8>, after known: Int = 0, at offset: Int) throws(FileError)
        -> Int
    {
        var done = known
        while done < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw FileError("read", path, number: errno)
            }
            done += got
        }
        return done
    }

    /// Writes all of `bytes` at the current position.
    public func write(_ bytes: borrowing Span<UInt8>) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let put = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if put < 0 {
                if errno == EINTR { continue }
                throw FileError("write", path, number: errno)
            }
            done += put
        }
    }
}

/// Makes a system call again for as long as a signal interrupts it.
func retrying(_ name: String, _ path: String, _ call: () -> Int32) throws(FileError) -> Int32 {
    while true {
        let result = call()
        if result >= 0 { return result }
        if errno != EINTR { throw FileError(name, path, number: errno) }
    }
}
