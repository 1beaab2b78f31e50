public import DurableFiles

/// Why a store could not be read or written.
public enum StoreError: Error, Equatable, Sendable {
    /// There is no file.
    case missing
    /// A call to the file system failed.
    case file(FileError)
    /// The file belongs to someone else.
    case foreignOwner
    /// Others than the owner may read or write the file; its permission bits.
    case exposed(mode: UInt32)
    /// Somebody else could put another file in its place.
    case weakFolder(WeakFolder)
    /// The file is no store: it doesn't begin as one.
    case notAStore
    /// The file was written by a later version of the format, or holds something that this version must not pass over.
    case newer(major: UInt16, minor: UInt16)
    /// The file begins as a store, and then isn't one: cut off, changed, or put together from others.
    case damaged(Part)
    /// The data key is another store's.
    case wrongKey
    /// A newer state of this store has been seen; generations of the file and of the newest one.
    case rolledBack(found: UInt64, seen: UInt64)
    /// Another process was writing all the time.
    case busy
    /// The store would grow past the bounds of its format.
    case full

    /// A part of the file, in the order of the bytes.
    public enum Part: String, Sendable {
        case header, slots, index, record
    }
}

/// Does something with files; what fails there is a ``StoreError/file(_:)``.
func withFiles<Result: ~Copyable>(_ body: () throws(FileError) -> Result) throws(StoreError) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        throw .file(error)
    }
}
