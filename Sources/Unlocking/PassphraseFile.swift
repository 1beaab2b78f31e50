import DurableFiles
public import Sealing

/// A file whose first line is the store's passphrase, for machines that nobody sits at.
public struct PassphraseFile: Sendable, Equatable {
    /// Where it lies.
    public let path: String
    /// The variable that leads to it.
    public let variable: String

    /// A file and the variable that leads to it.
    public init(path: String, variable: String) {
        self.path = path
        self.variable = variable
    }

    /// The file that the environment names: by `AWSKEYS_PASSPHRASE_FILE`, or as a systemd credential of the name
    /// `awskeys-passphrase` (systemd.exec(5), "Credentials").
    public static func named(by environment: (String) -> String?) -> PassphraseFile? {
        if let path = environment("AWSKEYS_PASSPHRASE_FILE") {
            return PassphraseFile(path: path, variable: "AWSKEYS_PASSPHRASE_FILE")
        }
        guard let folder = environment("CREDENTIALS_DIRECTORY") else { return nil }
        let file = PassphraseFile(path: folder + "/awskeys-passphrase", variable: "CREDENTIALS_DIRECTORY")
        // A service has this folder for any credential, ours or not.
        return (try? attributes(of: file.path)) == nil ? nil : file
    }

    /// The passphrase.
    ///
    /// - Throws: ``Obstacle/unreadable(_:)``, wrapped in an ``UnlockError``.
    public func read() throws(UnlockError) -> SecretBytes {
        do throws(FileError) {
            var bytes = try readFile(at: path, atMost: 64 * 1024)
            bytes.truncateToFirstLine()
            guard bytes.count > 0 else { throw FileError("read", path, number: 0) }
            return bytes
        } catch {
            throw .locked([.init(way: way, obstacle: .unreadable(error.number))])
        }
    }

    var way: Way { .file(path: path, namedBy: variable) }
}

extension SecretBytes {
    /// Gives up what follows the first line, and the end of that line.
    mutating func truncateToFirstLine() {
        let end = withBytes { bytes in
            bytes.indices.first { bytes[$0] == UInt8(ascii: "\n") || bytes[$0] == UInt8(ascii: "\r") }
        }
        if let end { truncate(to: end) }
    }
}
