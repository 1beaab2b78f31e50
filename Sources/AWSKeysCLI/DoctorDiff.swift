import AWSConfig
import Diagnosis
import Importing
import Sealing

extension MendedFile {
    /// What happens to the file, line by line, with every value masked but for a few that are no secrets.
    func maskedDiff() -> String {
        let after = after()
        // How much longer the file has become so far, and the line that was counted up to.
        var (shift, line, counted) = (0, 1, 0)
        return hunks().map { hunk in
            let start = hunk.lines.lowerBound + shift
            shift += hunk.edits.reduce(0) { $0 + $1.growth }
            line += before.withBytes { bytes in
                (counted..<hunk.lines.lowerBound).count { bytes[$0] == UInt8(ascii: "\n") }
            }
            counted = hunk.lines.lowerBound
            let minus = before.withBytes { masked($0.extracting(hunk.lines)) }.map { "- " + $0 }
            let end = hunk.lines.upperBound + shift
            let plus = after.withBytes { masked($0.extracting(start..<end)) }.map { "+ " + $0 }
            return printable("@@ line \(line) @@\n" + (minus + plus).joined(separator: "\n"))
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

extension Edit {
    /// How many bytes come more than go.
    fileprivate var growth: Int {
        text.reduce(-range.count) { size, text in
            switch text {
            case .plain(let text): size + text.utf8.count
            case .copy(let range): size + range.count
            case .secret: size
            }
        }
    }
}

/// Settings whose first word is no secret, and says what is going on.
private let shownSettings: Set<String> = ["region", "output", "source_profile"]

/// Lines as they may be shown.
private func masked(_ bytes: borrowing Span<UInt8>) -> [String] {
    var lines: [String] = []
    var start = 0
    while start < bytes.count {
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        lines.append(masked(line: bytes.extracting(start..<end)))
        start = end + 1
    }
    return lines
}

private func masked(line: borrowing Span<UInt8>) -> String {
    let hasMark = line.count >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF
    return (hasMark ? "<byte order mark>" : "") + masked(text: line.extracting((hasMark ? 3 : 0)..<line.count))
}

/// A line without byte order mark: of what isn't known to be harmless, nothing is shown.
private func masked(text line: borrowing Span<UInt8>) -> String {
    let mask = String(repeating: "*", count: 16)
    guard let visible = line.indices.first(where: { line[$0] > 0x20 }) else { return "" }
    // What is indented may belong to the value above.
    guard visible == 0 else { return mask }
    switch line[0] {
    case UInt8(ascii: "#"): return "# " + mask
    case UInt8(ascii: ";"): return "; " + mask
    case UInt8(ascii: "["):
        guard let close = line.indices.first(where: { line[$0] == UInt8(ascii: "]") }) else { return mask }
        let header = "[" + shownName(text(line, 1..<close)) + "]"
        return header + ((close + 1..<line.count).contains { line[$0] > 0x20 } ? " " + mask : "")
    default: break
    }
    let delimiter = line.indices.first { line[$0] == UInt8(ascii: "=") || line[$0] == UInt8(ascii: ":") }
    guard let delimiter else { return mask }
    let name = text(line, 0..<delimiter).filter { $0 != " " && $0 != "\t" }
    guard KnownSetting.contains(name) else { return mask }
    let words = text(line, delimiter + 1..<line.count).split { " \t\r".contains($0) }
    guard let first = words.first.map(String.init) else { return name + " =" }
    // What is no word of the kind that belongs there may be anything.
    let isShown =
        name == ProfileLine.property
        ? Failure.plainProgram(of: first) != nil : shownSettings.contains(name) && SectionHeader.isPlain(first)
    guard isShown, first.hasPrefix("/") || shownName(first) == first else { return name + " = " + mask }
    return name + " = " + first + (words.count > 1 ? " " + mask : "")
}

private func text(_ line: borrowing Span<UInt8>, _ range: Range<Int>) -> String {
    String(decoding: line.extracting(range).array(), as: UTF8.self)
}
