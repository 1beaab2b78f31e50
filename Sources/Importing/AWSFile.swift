public import AWSConfig
import CredentialProcess
public import DurableFiles
public import SealedStore
public import Sealing

/// One of the two files that AWS programs share, as it was read.
public struct AWSFile: ~Copyable {
    /// Where it lies; a symbolic link is kept and followed.
    public let path: String
    /// What it holds; `nil` if there is no such file.
    public let bytes: SecretBytes?
    /// What that means.
    public let document: ConfigDocument

    /// The largest file that is read, in bytes; ten thousand profiles fit in.
    public static let largest = 4 << 20

    /// Reads a file.
    ///
    /// - Throws: ``ImportError/file(_:)``, ``ImportError/syntax(_:path:)``.
    public init(_ path: String, as file: ConfigDocument.File) throws(ImportError) {
        let bytes = try Self.read(path)
        try self.init(path, bytes: bytes, as: file)
    }

    /// A file with these bytes.
    init(_ path: String, bytes: consuming SecretBytes?, as file: ConfigDocument.File) throws(ImportError) {
        do throws(ConfigSyntaxError) {
            document = try bytes.withBytesOrNone { (span) throws(ConfigSyntaxError) in
                try ConfigDocument(reading: span, as: file)
            }
        } catch {
            throw .syntax(error, path: path)
        }
        self.path = path
        self.bytes = bytes
    }

    /// A file as a journal keeps it, which an earlier version may have read less strictly.
    init(_ path: String, image bytes: consuming SecretBytes?, as file: ConfigDocument.File) {
        document = bytes.withBytesOrNone { span in
            var problems: [ConfigSyntaxError] = []
            return ConfigDocument(reading: span, as: file, keeping: &problems)
        }
        self.path = path
        self.bytes = bytes
    }

    static func read(_ path: String) throws(ImportError) -> SecretBytes? {
        do throws(FileError) {
            return try readFile(at: path, atMost: largest)
        } catch {
            if error.isMissing || isHidden(path) { return nil }
            throw .file(error)
        }
    }

    /// Lends the bytes; none where there's no file.
    public func withBytes<Result: ~Copyable>(_ body: (borrowing Span<UInt8>) -> Result) -> Result {
        bytes.withBytesOrNone(body)
    }

    /// Whether both hold the same.
    public func isSame(as other: borrowing AWSFile) -> Bool {
        other.withBytes { other in withBytes { SecretBytes(copying: $0).equals(other) } }
    }

    /// The value of a property that is no secret.
    func text(_ property: ConfigDocument.Property) -> String {
        withBytes { String(decoding: $0.extracting(property.value).array(), as: UTF8.self) }
    }
}

/// Why an import, an undo or another change to the two files did not happen.
public enum ImportError: Error, Equatable, Sendable {
    /// The store could not be read or written.
    case store(StoreError)
    /// A file could not be read or written.
    case file(FileError)
    /// A file that botocore and the AWS CLI can't read.
    case syntax(ConfigSyntaxError, path: String)
    /// Both names lead to one file, so that it isn't clear which sections are what.
    case oneFile(path: String)
    /// A file that is to be written, and that the environment hides.
    case hidden(path: String)
    /// A file was changed by someone else between the plan and its execution.
    case changedMeanwhile(path: String)
    /// A program's path that can't stand in a file so that every SDK starts it.
    case unusableProgram(path: String)
    /// The profile has keys in the files, in plain text.
    case inPlainText(profile: String)
    /// The profile has a source of credentials in the files already.
    case occupied(profile: String, by: LeaveReason)
    /// The profile has settings that only awskeys acts on, with the key that would be gone.
    case adopted(profile: String)
    /// There is no import, or nothing mended, that could be taken back.
    case nothingToUndo
    /// What was changed later must be taken back before: what was mended, or else an import.
    case undoFirst(isMending: Bool)
    /// A file that was mended and then changed, so that its bytes of before would lose the change.
    case changedSince(path: String)
}

/// Whether a name leads to what is named so that nobody sees a file.
public func isHidden(_ path: String) -> Bool { (try? resolvingLinks(path)) == hiddenFile }

/// Refuses two names for one file; those that hide it are none.
///
/// - Throws: ``ImportError/oneFile(path:)``.
public func requireTwoFiles(_ credentials: String, _ config: String) throws(ImportError) {
    let isOne: Bool
    do throws(FileError) {
        isOne = try resolvingLinks(credentials) == resolvingLinks(config) && !isHidden(config)
    } catch {
        throw .file(error)
    }
    if isOne { throw .oneFile(path: credentials) }
}
