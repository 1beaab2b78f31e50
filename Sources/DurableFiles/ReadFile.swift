private import Glibc
public import Sealing

/// Reads a whole file.
///
/// - Parameters:
///   - path: the file; a symbolic link is followed.
///   - limit: the largest size in bytes that is read.
/// - Throws: ``FileError``; its number is `EFBIG` for a file past `limit`, `EISDIR` for a folder, and
///   ``FileError/notAFile`` for what is neither.
public func readFile(at path: String, atMost limit: Int) throws(FileError) -> SecretBytes {
    // A FIFO in the file's place must not make the call wait.
    let file = try OpenFile(path, O_RDONLY | O_NONBLOCK)
    let status = try file.status()
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
        throw FileError("read", path, number: kind == S_IFDIR ? EISDIR : FileError.notAFile)
    }
    guard status.st_size <= limit else { throw FileError("read", path, number: EFBIG) }
    var bytes = SecretBytes(zeros: Int(status.st_size))
    let got = try bytes.withMutableBytes { (span) throws(FileError) in try file.read(into: &span, at: 0) }
    bytes.truncate(to: got)
    return bytes
}
