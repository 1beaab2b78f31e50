private import DurableFiles
private import Glibc
public import Sealing

/// The right to write a store, held by one process at a time.
public struct StoreWriter: ~Copyable {
    private let path: String
    private let lock: FileLock

    /// Waits for the right to write.
    ///
    /// - Parameters:
    ///   - path: the store's file, which need not exist; its folder is made if need be.
    ///   - milliseconds: how long to wait for another process.
    /// - Throws: ``StoreError``: `busy`, `file`, `weakFolder`.
    public init(locking path: String, waiting milliseconds: Int = 10_000) throws(StoreError) {
        try requireStrongFolders(above: path)
        let target: String
        let lock: FileLock
        do throws(FileError) {
            try makeFolder(at: folder(of: path))
            target = try resolvingLinks(path)
            lock = try FileLock(target + ".lock", waiting: milliseconds)
        } catch {
            throw error.call == "flock" && error.number == EWOULDBLOCK ? .busy : .file(error)
        }
        // Nobody else writes now, so what lies under the temporary name was left by a killed writer.
        try withFiles { () throws(FileError) in try removeTemporary(of: target) }
        self.path = target
        self.lock = lock
    }

    /// Reads the store as it is now, and verifies all of it.
    ///
    /// - Throws: ``StoreError``.
    public func read(with dataKey: borrowing SealingKey) throws(StoreError) -> StoreDraft {
        try StoreDraft.read(path, with: dataKey)
    }

    /// Copies the store as it is now to a file that isn't there yet, once all of it has been verified.
    ///
    /// - Returns: the generation of what was copied.
    /// - Throws: ``StoreError``; `file` with `EEXIST` if there is such a file.
    public func copy(to copy: String, with dataKey: borrowing SealingKey) throws(StoreError) -> UInt64 {
        let bytes = try bytes(ofStore: path)
        let next = try bytes.withBytes { (span) throws(StoreError) in
            try StoreDraft(reading: span, with: dataKey).generation
        }
        try withFiles { () throws(FileError) in try makeFile(at: copy, with: bytes) }
        return next - 1
    }

    /// Gives whatever lies in the store's place a second name, which it has still when it is replaced.
    ///
    /// - Returns: the second name, which goes by the content; `nil` if nothing lies there.
    /// - Throws: ``StoreError/file(_:)``.
    public func keep() throws(StoreError) -> String? {
        let hash: [UInt8]
        do throws(FileError) {
            hash = try readFile(at: path, atMost: StoreHeader.largestStore).withBytes { sha256($0) }
        } catch {
            if error.number == ENOENT { return nil }
            throw .file(error)
        }
        let name = path + ".replaced-" + hexadecimal(Array(hash.prefix(8)))
        guard unsafe link(path, name) == 0 || errno == EEXIST else {
            throw .file(FileError("link", name, number: errno))
        }
        // The first name is about to be given away.
        try withFiles { () throws(FileError) in try flushFolder(of: name) }
        return name
    }

    /// Writes a new store, where there is none.
    ///
    /// - Throws: ``StoreError``; `busy` if another process made one meanwhile, which then stays.
    public func create(_ draft: borrowing StoreDraft) throws(StoreError) {
        do throws(StoreError) {
            _ = try ClosedStore(at: path)
        } catch .missing {
            return try write(draft)
        }
        throw .busy
    }

    /// Replaces the store.
    ///
    /// - Throws: ``StoreError``: `full`, `file`; the store is then as it was.
    public func write(_ draft: borrowing StoreDraft) throws(StoreError) {
        let bytes = try draft.encoded()
        // What can't be read back must not take the place of what can.
        _ = try draft.withDataKey { (key) -> Result<Void, StoreError> in
            Result { () throws(StoreError) in _ = try StoreDraft(reading: bytes.span, with: key) }
        }.get()
        try withFiles { () throws(FileError) in
            try replaceFile(at: path, with: bytes.span, attributes: .secret)
        }
    }

    /// Reads the store, changes it and writes it.
    public func update<Result: ~Copyable>(
        with dataKey: borrowing SealingKey, _ change: (inout StoreDraft) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        var draft = try read(with: dataKey)
        let result = try change(&draft)
        try write(draft)
        return result
    }
}

extension StoreDraft {
    /// Reads the store in a file, and verifies all of it.
    ///
    /// - Throws: ``StoreError``.
    public static func read(_ path: String, with dataKey: borrowing SealingKey) throws(StoreError) -> StoreDraft {
        let bytes = try bytes(ofStore: path)
        return try bytes.withBytes { (span) throws(StoreError) in try StoreDraft(reading: span, with: dataKey) }
    }
}

private func bytes(ofStore path: String) throws(StoreError) -> SecretBytes {
    // Owner, mode and slots are looked at as every reader does.
    _ = try ClosedStore(at: path)
    do throws(FileError) {
        return try readFile(at: path, atMost: StoreHeader.largestStore)
    } catch {
        throw error.number == EFBIG ? .damaged(.header) : .file(error)
    }
}
