private import Foundation

/// Public test vectors, which lie beside some checkouts: `../shared/vectors`. Elsewhere, tests that use them are
/// skipped.
public enum Vectors {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/vectors").path

    /// Whether they are there.
    public static var arePresent: Bool { FileManager.default.fileExists(atPath: folder) }

    /// What to say where they aren't.
    public static let absence = "the vectors in ../shared/vectors are not here"

    /// One of the files, which is JSON.
    public static func read<Content: Decodable>(_ file: String, as type: Content.Type) throws -> Content {
        try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)))
    }
}

extension Vectors {
    /// One of the files, as text.
    public static func text(_ file: String) throws -> String {
        try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
    }

    /// What lies in one of the folders.
    public static func names(in subfolder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/" + subfolder).sorted()
    }
}
