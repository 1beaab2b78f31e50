import AWSConfig
import Importing
import Sealing

extension MendedFile {
    /// What happens to the file, line by line, with every value masked but for a few that are no secrets.
    func maskedDiff() -> String {
        hunks().map { hunk in
            let gone = before.withBytes { SecretBytes(copying: $0.extracting(hunk.lines)) }
            let came = before.withBytes { bytes in
                // All that follows these lines stays.
                let rest = bytes.count - hunk.lines.upperBound
                let whole = applying(hunk.edits, to: bytes) { _ in SecretBytes(zeros: 0) }
                return whole.withBytes {
                    SecretBytes(copying: $0.extracting(hunk.lines.lowerBound..<$0.count - rest))
                }
            }
            let number = before.withBytes { bytes in
                1 + (0..<hunk.lines.lowerBound).count { bytes[$0] == UInt8(ascii: "\n") }
            }
            let (minus, plus) = (masked(gone).map { "- " + $0 }, masked(came).map { "+ " + $0 })
            return printable("@@ line \(number) @@\n" + (minus + plus).joined(separator: "\n"))
        }.joined(separator: "\n")
    }

    /// The edits, together where they touch the same lines, with these lines.
    private func hunks() -> [(lines: Range<Int>, edits: [Edit])] {
        var hunks: [(lines: Range<Int>, edits: [Edit])] = []
        for edit in edits.inOrder {
            let lines = wholeLines(edit.range)
            if let last = hunks.last,
                lines.lowerBound < last.lines.upperBound || lines.lowerBound == last.lines.lowerBound
            {
                hunks[hunks.count - 1].lines = last.lines.lowerBound..<max(last.lines.upperBound, lines.upperBound)
                hunks[hunks.count - 1].edits.append(edit)
            } else {
                hunks.append((lines, [edit]))
            }
        }
        return hunks
    }

    /// The lines that a change is in; none where whole lines are put between two.
    private func wholeLines(_ range: Range<Int>) -> Range<Int> {
        before.withBytes { bytes in
            func isStart(_ index: Int) -> Bool { index == 0 || bytes[index - 1] == UInt8(ascii: "\n") }
            var (start, end) = (range.lowerBound, range.upperBound)
            while !isStart(start) { start -= 1 }
            if isStart(end), range.isEmpty || end > range.lowerBound { return start..<end }
            while end < bytes.count, !isStart(end) { end += 1 }
            return start..<end
        }
    }
}

/// Settings whose first word is no secret, and says what is going on.
private let shown: Set<String> = ["region", "output", "source_profile", "credential_process"]

/// Lines as they may be shown.
private func masked(_ text: borrowing SecretBytes) -> [String] {
    text.withBytes { bytes in
        var lines: [String] = []
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            lines.append(masked(bytes.extracting(start..<end)))
            start = end + 1
        }
        return lines
    }
}

private func masked(_ line: borrowing Span<UInt8>) -> String {
    let mask = String(repeating: "*", count: 16)
    func text(_ range: Range<Int>) -> String {
        String(decoding: line.extracting(range).array(), as: UTF8.self).replacing("\r", with: "")
            .replacing("\u{FEFF}", with: "<byte order mark>")
    }
    let visible = line.indices.first { line[$0] > 0x20 } ?? line.count
    guard visible < line.count else { return "" }
    if line[visible] == UInt8(ascii: "#") || line[visible] == UInt8(ascii: ";") {
        return text(0..<visible + 1) + " " + mask
    }
    if line[visible] == UInt8(ascii: "[") || line[visible] == 0xEF { return text(0..<line.count) }
    let delimiter = line.indices.first { line[$0] == UInt8(ascii: "=") || line[$0] == UInt8(ascii: ":") }
    guard let delimiter else { return mask }
    let name = text(0..<delimiter)
    let words = line.extracting(delimiter + 1..<line.count).array().split { $0 <= 0x20 }
    guard shown.contains(name.filter { $0 != " " && $0 != "\t" }), let first = words.first else {
        return name + "= " + mask
    }
    return name + "= " + String(decoding: first, as: UTF8.self) + (words.count > 1 ? " " + mask : "")
}
