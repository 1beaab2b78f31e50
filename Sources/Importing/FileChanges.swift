import AWSConfig
import DurableFiles
import Sealing

extension Journal.Change {
    /// What a file holds now, beside what it held before the change and what it is to hold.
    enum Found {
        case before, after, other
    }

    /// Looks at the file.
    func look() throws(ImportError) -> Found {
        let now = try AWSFile.read(path)
        let (isThere, wasThere) = (now != nil, before != nil)
        return now.withBytesOrNone { now in
            if isThere, after.equals(now) { return .after }
            let isBefore = before.withBytesOrNone { SecretBytes(copying: $0).equals(now) }
            return isThere == wasThere && isBefore ? .before : .other
        }
    }
}

extension Journal.Change {
    /// Makes the file what it was; one that wasn't there goes.
    func writeBefore() throws(ImportError) {
        guard before != nil else {
            return try removeAWSFile(path)
        }
        try before.withBytesOrNone { (bytes) throws(ImportError) in try replaceAWSFile(path, with: bytes) }
    }
}

extension Optional where Wrapped == Journal.Change {
    /// The path of the file.
    var path: String? {
        switch self {
        case .some(let change): change.path
        case nil: nil
        }
    }

    /// The path of the file, if somebody has changed it since the change was planned.
    borrowing func changedPath() throws(ImportError) -> String? {
        switch self {
        case .some(let change): try change.look() == .other ? change.path : nil
        case nil: nil
        }
    }

    /// Makes the file what it was, unless it never was what it is to be.
    borrowing func revert() throws(ImportError) {
        switch self {
        case .some(let change):
            guard try change.look() == .after else { return }
            try change.writeBefore()
        case nil: break
        }
    }

    /// Makes the file what it is to be, unless somebody has changed it since.
    ///
    /// - Returns: the path of a file that was left alone.
    borrowing func apply() throws(ImportError) -> String? {
        switch self {
        case .some(let change):
            switch try change.look() {
            case .after: return nil
            case .other: return change.path
            case .before:
                try change.after.withBytes { (bytes) throws(ImportError) in
                    try replaceAWSFile(change.path, with: bytes)
                }
                return nil
            }
        case nil: return nil
        }
    }
}

private let noBytes: [UInt8] = []

extension Optional where Wrapped == SecretBytes {
    /// Lends the bytes; none where there are none.
    borrowing func withBytesOrNone<Result: ~Copyable, Problem: Error>(
        _ body: (borrowing Span<UInt8>) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        switch self {
        case .some(let bytes): try bytes.withBytes { (bytes) throws(Problem) in try body(bytes) }
        case nil: try body(noBytes.span)
        }
    }

    /// The same bytes once more.
    borrowing func copy() -> SecretBytes? {
        switch self {
        case .some(let bytes): bytes.copy()
        case nil: nil
        }
    }
}

/// Refuses to write what is no file: in its place, there would be one afterwards.
func requireShown(_ path: String) throws(ImportError) {
    if isHidden(path) { throw .hidden(path: path) }
}

/// Replaces one of the AWS files, which keeps its owner and its permissions; a new one is its owner's alone.
func replaceAWSFile(_ path: String, with bytes: borrowing Span<UInt8>) throws(ImportError) {
    try requireShown(path)
    do throws(FileError) {
        let attributes = try attributes(of: path) ?? .secret
        try makeFolder(at: folder(of: path))
        try replaceFile(at: path, with: bytes, attributes: attributes)
    } catch {
        throw .file(error)
    }
}

/// Removes one of the AWS files; where its name is a symbolic link, the link stays.
func removeAWSFile(_ path: String) throws(ImportError) {
    try requireShown(path)
    do throws(FileError) {
        try removeFile(at: try resolvingLinks(path))
    } catch {
        throw .file(error)
    }
}
