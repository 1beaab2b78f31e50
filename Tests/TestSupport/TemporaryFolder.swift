private import Foundation

/// A folder of a test's own, which goes with everything in it.
public struct TemporaryFolder: ~Copyable {
    /// Where it lies, symbolic links followed.
    public let path: String

    /// An empty folder.
    public init() throws {
        path =
            FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path + "/awskeys-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in it.
    public subscript(_ name: String) -> String { path + "/" + name }

    /// Everything in it, names that begin with a dot too.
    public func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// Writes a file in place, with permissions.
public func put(_ bytes: [UInt8], at path: String, mode: Int = 0o600) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}

/// Writes a file in place, with permissions.
public func put(_ text: String, at path: String, mode: Int = 0o600) throws {
    try put(Array(text.utf8), at: path, mode: mode)
}

/// Makes a file look as if it was changed last some time ago.
public func setModified(_ path: String, secondsAgo: Double) throws {
    try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -secondsAgo)], ofItemAtPath: path)
}

/// What a file holds; `nil` if there is none.
public func bytes(at path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { Array($0) } }

/// What a file holds, as text; `nil` if there is none.
public func text(at path: String) -> String? { bytes(at: path).map { String(decoding: $0, as: UTF8.self) } }
