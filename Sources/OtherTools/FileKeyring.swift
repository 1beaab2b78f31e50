import DurableFiles
private import Glibc
import Sealing
import Unlocking

/// The library's file backend: a file an item in one folder, named after it, with `/` and `%` percent-encoded.
struct FileKeyring {
    let folder: String

    /// The largest file that is read, in bytes; an item has about a thousand.
    private static let largest = 64 << 10

    /// The files, by the names of their items.
    func files() throws(OtherToolError) -> [String: String] {
        guard let stream = unsafe opendir(folder) else {
            if errno == ENOENT { return [:] }
            throw .file(FileError("open", folder, number: errno))
        }
        defer { unsafe closedir(stream) }
        var files: [String: String] = [:]
        while let entry = unsafe readdir(stream) {
            let file = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // A profile's name may begin with a dot, but what does is mostly of a desktop or of git.
            if !file.hasPrefix(".") || isItem(folder + "/" + file) {
                files[decoding(file.utf8, after: UInt8(ascii: "%"))] = folder + "/" + file
            }
        }
        return files
    }

    /// Opens files with the passphrase that opens any of them.
    ///
    /// - Parameter passphrase: gets it, by whether one is right.
    func open(
        _ files: [(item: String, path: String)], into keys: inout OtherKeys,
        passphrase: ((borrowing SecretBytes) -> Bool) throws(OtherToolError) -> SecretBytes
    ) throws(OtherToolError) {
        var sealed: [SealedItem] = []
        for file in files {
            let bytes = try read(file.path)
            sealed.append(try about(file.path) { () throws(ItemProblem) in try SealedItem(bytes) })
        }
        let passphrase = try passphrase { passphrase in sealed.contains { $0.opens(with: passphrase) } }
        for (file, item) in zip(files, sealed) {
            try about(file.path) { () throws(ItemProblem) in
                switch try item.open(with: passphrase) {
                case .some(let plain): try keys.add(file.item, plain)
                case nil: throw .otherPassphrase
                }
            }
        }
    }

    private func isItem(_ path: String) -> Bool {
        do {
            _ = try SealedItem(readFile(at: path, atMost: Self.largest))
            return true
        } catch {
            return false
        }
    }

    private func read(_ path: String) throws(OtherToolError) -> SecretBytes {
        do throws(FileError) {
            return try readFile(at: path, atMost: Self.largest)
        } catch {
            throw .file(error)
        }
    }
}

/// Says where the item lies that something is wrong with.
func about<Result>(
    _ place: String, _ body: () throws(ItemProblem) -> Result
) throws(OtherToolError) -> Result {
    do throws(ItemProblem) {
        return try body()
    } catch {
        throw .item(error, place)
    }
}
