import DurableFiles
private import Glibc
public import Sealing

/// A store's file as it was found: it says which store it is and what opens it, and is believed once the data key has
/// proved it.
public struct ClosedStore: ~Copyable {
    /// Which store it is: 16 random bytes that it keeps for life.
    public var id: [UInt8] { header.id }
    /// How often it has been written.
    public var generation: UInt64 { header.generation }
    private let file: OpenFile
    private let header: StoreHeader
    /// Everything up to the first record.
    private let bytes: [UInt8]

    /// The size of the first read: the header, some slots and the index of some dozens of profiles.
    private static let firstRead = 8192

    /// Opens the file; readers take no lock, since writers replace the file as a whole.
    ///
    /// - Throws: ``StoreError``: `missing`, `file`, `foreignOwner`, `exposed`, `notAStore`, `newer`, `damaged`.
    public init(at path: String) throws(StoreError) {
        let file = try Self.open(path)
        let status = try withFiles { () throws(FileError) in try file.status() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAStore }
        guard status.st_uid == geteuid() else { throw .foreignOwner }
        guard status.st_mode & 0o077 == 0 else { throw .exposed(mode: status.st_mode & 0o7777) }
        let size = Int(status.st_size)
        var bytes = try file.bytes(count: min(size, Self.firstRead), at: 0)
        let header = try StoreHeader(reading: bytes.span, fileSize: size)
        if header.recordsOffset > bytes.count {
            bytes += try file.bytes(count: header.recordsOffset - bytes.count, at: bytes.count)
        }
        guard bytes.count >= header.recordsOffset else { throw .damaged(.header) }
        self.file = file
        self.header = header
        self.bytes = bytes
    }

    private static func open(_ path: String) throws(StoreError) -> OpenFile {
        do throws(FileError) {
            // A FIFO in the file's place must not make the call wait.
            return try OpenFile(path, O_RDONLY | O_NONBLOCK)
        } catch {
            throw error.number == ENOENT || error.number == ENOTDIR ? .missing : .file(error)
        }
    }

    /// The ways in.
    ///
    /// - Throws: ``StoreError``: `newer`, `damaged`.
    public func slots() throws(StoreError) -> [Slot] {
        try Slot.read(
            bytes.span.extracting(StoreHeader.size..<header.indexOffset), count: header.slotCount, minor: header.minor)
    }

    /// Whether a data key is this store's, by its commitment.
    public func isOpened(by dataKey: borrowing SealingKey) -> Bool {
        StoreHeader.commitment(of: dataKey, id: id) == header.commitment
    }

    /// Proves the header, the slots and the index.
    ///
    /// - Throws: ``StoreError``: `wrongKey`, `damaged`.
    public func prove(with dataKey: borrowing SealingKey) throws(StoreError) {
        _ = try header.openIndex(in: bytes.span, with: dataKey)
    }

    /// Proves the header, the slots and the index, and opens the index.
    ///
    /// - Throws: ``StoreError``: `wrongKey`, `damaged`.
    public consuming func open(with dataKey: borrowing SealingKey) throws(StoreError) -> OpenStore {
        let index = try header.openIndex(in: bytes.span, with: dataKey)
        return OpenStore(file: file, header: header, index: index, dataKey: dataKey)
    }
}

extension OpenFile {
    /// What lies at `offset`; fewer bytes than asked for only at the end of the file.
    func bytes(count: Int, at offset: Int) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got: Int
        do throws(FileError) {
            var span = bytes.mutableSpan
            got = try read(into: &span, at: offset)
        } catch {
            throw .file(error)
        }
        return got == count ? bytes : Array(bytes.prefix(got))
    }
}
