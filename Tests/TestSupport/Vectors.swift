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
