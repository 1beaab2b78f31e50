public import DurableFiles
import Sealing

/// What is known of the latest copy that was made of a store, so that one can be told that it is old: a line of text
/// beside the store, in `store.last-backup`, without anything secret. No note doesn't mean no copy.
public struct BackupNote: Equatable, Sendable {
    /// When it was made, in seconds since 1970.
    public let time: Int
    /// The generation that was copied.
    public let generation: UInt64

    /// A note.
    public init(time: Int, generation: UInt64) {
        self.time = time
        self.generation = generation
    }

    /// The note beside a store; `nil` if there is none that can be read.
    public init?(besideStore path: String) {
        guard let bytes = try? readFile(at: Self.path(path), atMost: 64) else { return nil }
        let words = bytes.withBytes { String(decoding: $0.array(), as: UTF8.self) }.split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let time = Int(words[0]), let generation = UInt64(words[1]) else { return nil }
        self.init(time: time, generation: generation)
    }

    /// Writes the note beside a store.
    public func write(besideStore path: String) throws(FileError) {
        let line = Array("\(time) \(generation)\n".utf8)
        try replaceFile(at: Self.path(path), with: line.span, attributes: .secret)
    }

    private static func path(_ store: String) -> String { store + ".last-backup" }
}
