public import DurableFiles
private import Glibc
public import Sealing

/// The folder in which sessions lie, sealed, a file each.
///
/// Files go by themselves: what can't be opened, is of another store or has ended counts as not there, and is replaced
/// or swept away. Nothing is lost with them that AWS wouldn't give again.
public struct SessionFolder: ~Copyable {
    private let path: String
    private let store: [UInt8]
    private let key: SealingKey

    private static let magic: [UInt8] = Array("AWSKSESS".utf8)
    private static let version: UInt16 = 1
    /// The size in bytes of what stands before the nonce: magic, version and the store's id.
    private static let headSize = 8 + 2 + 16
    /// The size in bytes that no file exceeds; AWS limits a session's token to far less.
    private static let largest = 64 << 10
    /// How long no session lives, in seconds: GetSessionToken gives 36 hours at most.
    private static let longestLife = 36 * 3600

    /// - Parameters:
    ///   - path: the folder, which need not exist.
    ///   - store: the id of the store whose keys and profiles they are of.
    ///   - dataKey: its data key.
    public init(_ path: String, store: [UInt8], dataKey: borrowing SealingKey) {
        self.path = path
        self.store = store
        key = dataKey.derived("sessions")
    }

    /// The session of a name; `nil` where there is none that can be believed.
    public func session(_ name: String) -> Session? {
        let file = file(of: name)
        guard let session = try? read(file), session.name == name else { return nil }
        return session
    }

    /// Puts a session into its place, and sweeps away files that nobody has needed for longer than any session lives.
    ///
    /// - Parameter milliseconds: how long to wait for another process that does.
    /// - Throws: ``FileError``.
    public func save(_ session: borrowing Session, waiting milliseconds: Int) throws(FileError) {
        let file = file(of: session.name)
        let nonce = randomBytes(Sealed.nonceSize)
        let plain = session.encoded()
        let sealed = plain.withBytes {
            Sealed.seal($0, associated: associated(file).span, nonce: nonce.span, with: key)
        }
        let bytes = head + nonce + sealed
        // A larger one isn't read again.
        guard bytes.count <= Self.largest else { throw FileError("write", path + "/" + file, number: EFBIG) }
        try makeFolder(at: path)
        let lock = try FileLock(path + "/lock", waiting: milliseconds)
        try replaceFile(at: path + "/" + file, with: bytes.span, attributes: .secret)
        sweep()
        _ = consume lock
    }

    /// Takes a session away.
    ///
    /// - Throws: ``FileError``; that there was none is none.
    public func remove(_ name: String) throws(FileError) { try removeFile(at: path + "/" + file(of: name)) }

    /// Lends every session of this store, in no order.
    public func forEach(_ body: (borrowing Session) -> Void) {
        for file in Self.files(in: path) {
            if let session = try? read(file) { body(session) }
        }
    }

    /// Takes every session of every store away, for which no key is needed.
    ///
    /// - Returns: how many there were.
    /// - Throws: ``FileError``.
    public static func removeAll(in path: String) throws(FileError) -> Int {
        let files = files(in: path)
        for file in files { try removeFile(at: path + "/" + file) }
        return files.count
    }

    /// What stands for a session's name where it tells nothing to whoever hasn't the key: 16 bytes.
    public func id(of name: String) -> [UInt8] {
        key.commitment(context: "sessname", binding: name.utf8.span).span.extracting(..<16).array()
    }

    private func file(of name: String) -> String { hexadecimal(id(of: name)) }

    private var head: [UInt8] {
        var head = Self.magic
        head.append(littleEndian: Self.version)
        return head + store
    }

    /// A file that was renamed proves nothing.
    private func associated(_ file: String) -> [UInt8] {
        var bytes = head
        bytes += file.utf8
        return bytes
    }

    private func read(_ file: String) throws(StoreError) -> Session {
        let bytes = try bytes(of: file)
        let head = head
        let span = bytes.span
        let sealed = Self.headSize + Sealed.nonceSize
        guard span.count >= sealed + Sealed.tagSize, head.indices.allSatisfy({ bytes[$0] == head[$0] }) else {
            throw .damaged(.record)
        }
        let plain: SecretBytes
        do throws(SealingError) {
            plain = try Sealed.open(
                span.extracting(sealed...), associated: associated(file).span,
                nonce: span.extracting(Self.headSize..<sealed), with: key)
        } catch {
            throw .damaged(.record)
        }
        return try Session(reading: plain)
    }

    private func bytes(of file: String) throws(StoreError) -> [UInt8] {
        let path = path + "/" + file
        // A FIFO in the file's place must not make the call wait.
        let opened = try withFiles { () throws(FileError) in try OpenFile(path, O_RDONLY | O_NONBLOCK) }
        let size = try withFiles { () throws(FileError) in Int(try opened.status().st_size) }
        guard size <= Self.largest else { throw .damaged(.record) }
        return try opened.bytes(count: size, at: 0)
    }

    private static func files(in path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var files: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            let isOurs = name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            if isOurs, name.utf8.count == 32 { files.append(name) }
        }
        return files
    }

    private func sweep() {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
        for file in Self.files(in: path) {
            let modified = FileStamp(of: path + "/" + file).modified / 1_000_000_000
            if Int(modified) + Self.longestLife < now.tv_sec { try? removeFile(at: path + "/" + file) }
        }
    }
}
