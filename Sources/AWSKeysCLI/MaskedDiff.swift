import AWSConfig
import Importing
import Sealing

extension AWSFile {
    /// What some edits take and add, line by line, with every value that goes masked.
    func maskedDiff(_ edits: [Edit]) -> String {
        var (line, counted) = (1, 0)
        return edits.sorted { $0.range.lowerBound < $1.range.lowerBound }.map { edit in
            line += lineEnds(in: counted..<edit.range.lowerBound)
            counted = edit.range.lowerBound
            let removed = lines(in: edit.range).map { "- " + $0 }
            let added = edit.text.map(\.shown).joined().split(whereSeparator: \.isNewline).map { "+ " + $0 }
            return printable("@@ line \(line) @@\n" + (removed + added).joined(separator: "\n"))
        }.joined(separator: "\n")
    }

    private func lineEnds(in range: Range<Int>) -> Int {
        withBytes { bytes in range.count { bytes[$0] == UInt8(ascii: "\n") } }
    }

    /// The names on the lines, never their values; the names of sections, too.
    private func lines(in range: Range<Int>) -> [String] {
        withBytes { bytes in
            var lines: [String] = []
            var start = range.lowerBound
            while start < range.upperBound {
                var end = start
                while end < range.upperBound, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                let mask = String(repeating: "*", count: 16)
                if bytes[start] == UInt8(ascii: "[") {
                    lines.append(String(decoding: bytes.extracting(start..<end).array(), as: UTF8.self))
                } else if let delimiter = (start..<end).first(where: { bytes[$0] == UInt8(ascii: "=") }) {
                    let name = String(decoding: bytes.extracting(start..<delimiter).array(), as: UTF8.self)
                    lines.append(name + "= " + mask)
                } else {
                    lines.append(start == end ? "" : mask)
                }
                start = end + 1
            }
            return lines
        }
    }
}

extension Edit.Text {
    fileprivate var shown: String {
        switch self {
        case .plain(let text): text
        case .secret, .copy: String(repeating: "*", count: 16)
        }
    }
}
