import Sealing

/// A bundle as text, which goes through mails and chats: base 64 in lines of 64 between two lines that say what it is
/// (RFC 7468).
public enum Armor {
    private static let first = "-----BEGIN AWSKEYS BUNDLE-----"
    private static let last = "-----END AWSKEYS BUNDLE-----"
    private static let width = 64
    /// The size in bytes that no text of a bundle exceeds, however its lines end.
    public static let largest = 2 << 20

    /// A bundle's text.
    public static func text(of bundle: [UInt8]) -> String {
        let letters = Array(Base64.standard.text(of: bundle.span).utf8)
        var lines = [first]
        for start in stride(from: 0, to: letters.count, by: width) {
            lines.append(String(decoding: letters[start..<min(start + width, letters.count)], as: UTF8.self))
        }
        return (lines + [last]).map { $0 + "\n" }.joined()
    }

    /// The bundle in a text. Lines may end with CR LF, and white space may stand around it all; anything else must be
    /// as ``text(of:)`` has it.
    ///
    /// - Throws: ``BundleError``: `notABundle`, `truncated`, `damaged`.
    public static func bundle(in text: borrowing Span<UInt8>) throws(BundleError) -> [UInt8] {
        let (start, end) = content(of: text)
        guard start < end, text.extracting(start..<min(start + first.utf8.count, end)).array() == Array(first.utf8)
        else { throw .notABundle }
        guard text.count <= largest else { throw .damaged(.text) }
        var plain: [UInt8] = []
        for at in start..<end where !(text[at] == carriageReturn && at + 1 < end && text[at + 1] == lineFeed) {
            plain.append(text[at])
        }
        let lastLine = Array(("\n" + last).utf8)
        guard plain.suffix(lastLine.count) == lastLine[...] else {
            throw plain.contains(lastLine) ? .damaged(.text) : .truncated
        }
        let letters = plain[first.utf8.count..<plain.count - lastLine.count].filter { $0 != lineFeed }
        guard let bundle = Base64.standard.bytes(in: letters.span),
            Array(self.text(of: bundle).utf8) == plain + [lineFeed]
        else { throw .damaged(.text) }
        return bundle
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// What is left without the white space around it, and without a byte order mark, which some editors put first.
    private static func content(of text: borrowing Span<UInt8>) -> (start: Int, end: Int) {
        let space = Array(" \t\r\n".utf8)
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var (start, end) = (0, text.count)
        if text.extracting(0..<min(mark.count, end)).array() == mark { start = mark.count }
        while start < end, space.contains(text[start]) { start += 1 }
        while end > start, space.contains(text[end - 1]) { end -= 1 }
        return (start, end)
    }
}
