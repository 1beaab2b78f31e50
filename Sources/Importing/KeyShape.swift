/// The number of the first line that holds what could be a key, wherever it stands there: an id, or 40 characters of
/// base64 with capitals, small letters and digits, as secret access keys have them.
func lineWithKey(in bytes: borrowing Span<UInt8>) -> Int? {
    var (line, start) = (1, 0)
    for index in 0...bytes.count {
        if index < bytes.count, isBase64(bytes[index]) { continue }
        if isKey(bytes.extracting(start..<index)) { return line }
        start = index + 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "\n") { line += 1 }
    }
    return nil
}

/// Whether a text holds one.
public func holdsKey(_ text: borrowing Span<UInt8>) -> Bool { lineWithKey(in: text) != nil }

/// Whether a word, the longest of its kind, is one.
private func isKey(_ word: borrowing Span<UInt8>) -> Bool {
    let kinds = Set((0..<word.count).map { kind(of: word[$0]) })
    if word.count == 20, kinds.isSubset(of: [.capital, .digit]), word[2] == UInt8(ascii: "I") {
        return word[0] == UInt8(ascii: "A") && word[3] == UInt8(ascii: "A")
            && [UInt8(ascii: "K"), UInt8(ascii: "S")].contains(word[1])
    }
    return word.count == 40 && kinds.isSuperset(of: [.capital, .small, .digit])
}

private enum Kind { case capital, small, digit, sign }

private func kind(of byte: UInt8) -> Kind {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): .capital
    case UInt8(ascii: "a")...UInt8(ascii: "z"): .small
    case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
    default: .sign
    }
}

private func isBase64(_ byte: UInt8) -> Bool {
    kind(of: byte) != .sign || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
}
