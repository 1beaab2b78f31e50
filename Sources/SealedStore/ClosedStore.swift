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
    /// Everything up to the sealed index.
    private let head: [UInt8]
    /// The sealed index, in the memory that it will be opened in.
    private let sealedIndex: SecretBytes

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
        var head = try file.bytes(count: min(size, Self.firstRead), at: 0)
        let header = try StoreHeader(reading: head.span, fileSize: size)
        if header.indexOffset > head.count {
            head += try file.bytes(count: header.indexOffset - head.count, at: head.count)
        }
        guard head.count >= header.indexOffset else { throw .damaged(.header) }
        sealedIndex = try file.index(of: header, begunIn: head.span)
        head.removeSubrange(header.indexOffset...)
        self.file = file
        self.header = header
        self.head = head
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
            head.span.extracting(StoreHeader.size..<header.indexOffset), count: header.slotCount, minor: header.minor)
    }

    /// Whether a data key is this store's, by its commitment.
    public func isOpened(by dataKey: borrowing SealingKey) -> Bool {
        StoreHeader.commitment(of: dataKey, id: id) == header.commitment
    }

    /// Proves the header, the slots and the index.
    ///
    /// - Throws: ``StoreError``: `wrongKey`, `damaged`.
    public func prove(with dataKey: borrowing SealingKey) throws(StoreError) {
        _ = try header.openIndex(sealedIndex.copy(), after: head.span, with: dataKey)
    }

    /// Proves the header, the slots and the index, and opens the index.
    ///
    /// - Throws: ``StoreError``: `wrongKey`, `damaged`.
    public consuming func open(with dataKey: borrowing SealingKey) throws(StoreError) -> OpenStore {
        let (header, head) = (header, head)
        let index = try header.openIndex(sealedIndex, after: head.span, with: dataKey)
        return OpenStore(file: file, header: header, index: index, dataKey: dataKey)
    }
}

extension OpenFile {
    /// The sealed index, of which the first read brought the beginning.
    fileprivate func index(of header: StoreHeader, begunIn head: borrowing Span<UInt8>) throws(StoreError)
        -> SecretBytes
    {
        var index = SecretBytes(uninitialized: header.indexSize)
        let begun = min(head.count - header.indexOffset, header.indexSize)
        let got: Int
        do throws(FileError) {
            got = try index.withMutableBytes { (index) throws(FileError) in
                index.write(head.extracting(header.indexOffset..<header.indexOffset + begun), at: 0)
                return try read(into: &index, after: begun, at: header.indexOffset)
            }
        } catch {
            throw .file(error)
        }
        guard got == header.indexSize else { throw .damaged(.header) }
        return index
    }

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

/// Refuses a place where somebody else could exchange a store. Whoever opens one by a slot, or writes it, looks first;
/// answers need not, since a data key that is at hand opens no other store, nor an older one.
///
/// - Throws: ``StoreError``: `weakFolder`, `file`.
public func requireStrongFolders(above path: String) throws(StoreError) {
    if let weak = try withFiles({ () throws(FileError) in try weakFolder(above: path) }) { throw .weakFolder(weak) }
}
