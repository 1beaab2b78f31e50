import AWSConfig
import Sealing
import TestSupport
import Testing

@Suite("Edits against a simpler way to make them")
struct EditModelTests {
    @Test("edits give what cutting and pasting gives, and touch no byte outside", arguments: 0..<4 as Range<UInt64>)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let bytes = generator.bytes(Int.random(in: 0..<60, using: &generator))
            let edits = edits(in: bytes, &generator)
            var expected = bytes
            for edit in edits.reversed() { expected.replaceSubrange(edit.range, with: text(of: edit, in: bytes)) }
            let changed = applied(edits.shuffled(using: &generator), to: bytes)
            #expect(changed == expected)
        }
    }

    @Test("edits and then their inverse give every byte back", arguments: 10..<14 as Range<UInt64>)
    func inverse(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            // Letters only, so that the inverse can give them back as text.
            let bytes = Array(generator.text(Int.random(in: 0..<60, using: &generator), of: Array("abc=\n\r [")).utf8)
            let edits = edits(in: bytes, &generator)
            let changed = applied(edits, to: bytes)
            #expect(applied(inverse(of: edits, in: bytes), to: changed) == bytes)
        }
    }

    @Test("what is added at one place stands in the order given")
    func order() {
        let edits = ["one", "two", "three"].map { Edit(2..<2, [.plain($0 + ";")]) }
        #expect(applied(edits, to: Array("<<>>".utf8)) == Array("<<one;two;three;>>".utf8))
    }

    /// Edits in the order of the file that don't overlap.
    private func edits(in bytes: [UInt8], _ generator: inout SeededGenerator) -> [Edit] {
        var edits: [Edit] = []
        var from = 0
        while from < bytes.count, edits.count < 5 {
            let start = Int.random(in: from...bytes.count, using: &generator)
            let end = Int.random(in: start...bytes.count, using: &generator)
            var text: [Edit.Text] = []
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                let part = generator.text(Int.random(in: 0..<6, using: &generator), of: Array("xyzé\n"))
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: text.append(.plain(part))
                case 1: text.append(.secret(of: part))
                default: text.append(.copy(from..<Int.random(in: from...bytes.count, using: &generator)))
                }
            }
            edits.append(Edit(start..<end, text))
            from = end + 1
        }
        return edits
    }

    /// The edits that take others back; letters only.
    private func inverse(of edits: [Edit], in bytes: [UInt8]) -> [Edit] {
        var shift = 0
        return edits.map { edit in
            let start = edit.range.lowerBound + shift
            let count = text(of: edit, in: bytes).count
            shift += count - edit.range.count
            return Edit(start..<start + count, [.plain(String(decoding: bytes[edit.range], as: UTF8.self))])
        }
    }

    private func text(of edit: Edit, in bytes: [UInt8]) -> [UInt8] {
        edit.text.flatMap { text in
            switch text {
            case .plain(let text): Array(text.utf8)
            case .secret(let profile): Array(secret(profile).utf8)
            case .copy(let range): Array(bytes[range])
            }
        }
    }

    private func secret(_ profile: String) -> String { "secret of \(profile)" }

    private func applied(_ edits: [Edit], to bytes: [UInt8]) -> [UInt8] {
        applying(edits, to: bytes.span) { SecretBytes(text: secret($0)) }.array()
    }
}
