import Glibc

/// An open file, closed when it goes. Names are bytes: not every one is text.
struct Descriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    /// Opens what a folder has under a name; a path, where the folder is the one that the process is in.
    ///
    /// A FIFO in a file's place makes nobody wait.
    init(_ name: [UInt8], in folder: Int32, _ flags: Int32) throws(ScanProblem) {
        let number = unsafe withCName(name) { name in
            unsafe openat(folder, name, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        }
        guard number >= 0 else { throw ScanProblem.system(errno) }
        self.number = number
    }

    deinit { _ = close(number) }

    func status() throws(ScanProblem) -> stat {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw ScanProblem.system(errno) }
        return status
    }

    /// Reads what comes next, at most as much as there is room for; 0 at the end.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws(ScanProblem) -> Int {
        try unsafe readSome(number, into: bytes)
    }

    /// A folder's entries, without the two that every folder has.
    func entries() throws(ScanProblem) -> [Entry] {
        // The stream closes the descriptor that it was made of.
        let own = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { throw ScanProblem.system(errno) }
        guard let stream = unsafe fdopendir(own) else {
            _ = close(own)
            throw ScanProblem.system(errno)
        }
        defer { unsafe closedir(stream) }
        var entries: [Entry] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                unsafe Array(name.prefix { $0 != 0 })
            }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            entries.append(Entry(name: name, kind: unsafe kind(of: name, Int32(entry.pointee.d_type))))
        }
        return entries
    }

    private func kind(of name: [UInt8], _ type: Int32) -> Entry.Kind {
        switch type {
        case Int32(DT_REG): return .file
        case Int32(DT_DIR): return .folder
        case Int32(DT_UNKNOWN):
            // Not every file system says it.
            var status = stat()
            let result = unsafe withCName(name) { name in unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) }
            return result == 0 ? Entry.Kind(status) : .other
        default: return .other
        }
    }
}

/// What a folder has.
struct Entry {
    enum Kind {
        case file, folder, other

        init(_ status: stat) {
            switch status.st_mode & S_IFMT {
            case S_IFREG: self = .file
            case S_IFDIR: self = .folder
            default: self = .other
            }
        }
    }

    let name: [UInt8]
    let kind: Kind
}

/// Lends a name as C has it.
func withCName<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    return unsafe name.withUnsafeBufferPointer { name in
        guard let name = name.baseAddress else { fatalError("it has a NUL at least") }
        return unsafe body(name)
    }
}

/// Reads what comes next, at most as much as there is room for; 0 at the end.
func readSome(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) throws(ScanProblem) -> Int {
    while true {
        let got = unsafe read(descriptor, bytes.baseAddress, bytes.count)
        if got >= 0 { return got }
        guard errno == EINTR else { throw .system(errno) }
    }
}
