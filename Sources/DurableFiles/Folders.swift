private import Glibc

/// Makes a folder that only its owner can enter, and the folders above it, for good.
public func makeFolder(at path: String) throws(FileError) {
    if unsafe mkdir(path, 0o700) != 0 {
        if errno == EEXIST { return }
        guard errno == ENOENT, folder(of: path) != path else { throw FileError("mkdir", path, number: errno) }
        try makeFolder(at: folder(of: path))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw FileError("mkdir", path, number: errno)
        }
    }
    // What is flushed in a folder is lost with the folder.
    try flushFolder(of: path)
}

/// The folder that a file lies in.
public func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The path that a chain of symbolic links leads to; the last of them may name a file that isn't there yet.
public func resolvingLinks(_ path: String) throws(FileError) -> String {
    if let real = unsafe realpath(path, nil) {
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
    guard errno == ENOENT else { throw FileError("realpath", path, number: errno) }
    let named = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
        guard let start = buffer.baseAddress else { return "" }
        let size = unsafe max(0, readlink(path, start, buffer.count))
        return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: size), as: UTF8.self)
    }
    guard !named.isEmpty else { return path }
    // What it names may be a link that leads nowhere yet; a circle was ELOOP above.
    return try resolvingLinks(named.hasPrefix("/") ? named : folder(of: path) + "/" + named)
}
