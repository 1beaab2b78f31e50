import Sealing

/// Goes through texts of any size, a window at a time, in memory that is wiped.
struct TextScanner: ~Copyable {
    private let matcher: Matcher
    private var buffer: SecretBytes

    /// The size of a window in bytes: an even number, for the sake of UTF-16, and few enough for a processor to keep at
    /// hand while it looks through them.
    static let windowSize = 128 << 10
    /// A NUL before this makes a file binary, as Git has it (`buffer_is_binary`, xdiff-interface.c).
    private static let binaryWithin = 8000

    init(_ matcher: Matcher) {
        self.matcher = matcher
        buffer = SecretBytes(zeros: Self.windowSize)
    }

    /// Looks through what `read` gives until it gives nothing more.
    ///
    /// - Returns: the keys in the order in which they lie there; none in what is binary, and isn't read to its end.
    mutating func spots<Problem: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(Problem) -> Int
    ) throws(Problem) -> [Spot] {
        var spots: [Spot] = []
        var start = Position()
        var (filled, reported) = (0, 0)
        var encoding: Encoding?
        while true {
            let room = (buffer.count - filled) & ~1
            var got = try unsafe fill(filled..<filled + room, read)
            let isLast = got < room
            let text = encoding ?? buffer.withBytes { Encoding(of: $0.extracting(0..<got)) }
            if encoding == nil, text != .utf8 { start.column -= 1 }
            if encoding == nil, text == .utf8 {
                let isBinary = buffer.withBytes {
                    $0.extracting(0..<min(got, Self.binaryWithin)).first(0, from: 0) != nil
                }
                if isBinary { return [] }
            } else if text != .utf8 {
                got = narrow(filled..<filled + got, isBigEndian: text == .utf16BigEndian)
            }
            encoding = text
            filled += got
            // What is near the end is looked at again with what follows.
            let end = isLast ? filled : filled - Matcher.reach
            let kept = isLast ? filled : max(0, end - Matcher.reach)
            buffer.withBytes { bytes in
                let window = bytes.extracting(0..<filled)
                var position = start
                for match in matcher.matches(in: window) where (reported..<end).contains(match.range.lowerBound) {
                    position.advance(over: window, to: match.range.lowerBound)
                    spots.append(Spot(match, at: position, in: window))
                }
                if !isLast {
                    start.advance(over: window, to: kept)
                    start.offset = 0
                }
            }
            if isLast { return spots }
            let left = filled
            buffer.withMutableBytes { bytes in
                unsafe bytes.withUnsafeMutableBytes { bytes in
                    unsafe bytes.copyBytes(from: UnsafeRawBufferPointer(rebasing: bytes[kept..<left]))
                }
            }
            (filled, reported) = (filled - kept, end - kept)
        }
    }

    private mutating func fill<Problem: Error>(
        _ range: Range<Int>, _ read: (UnsafeMutableRawBufferPointer) throws(Problem) -> Int
    ) throws(Problem) -> Int {
        try buffer.withMutableBytes { (bytes) throws(Problem) in
            try unsafe bytes.withUnsafeMutableBytes { (bytes) throws(Problem) in
                var done = range.lowerBound
                while done < range.upperBound {
                    let got = try unsafe read(UnsafeMutableRawBufferPointer(rebasing: bytes[done..<range.upperBound]))
                    if got == 0 { break }
                    done += got
                }
                return done - range.lowerBound
            }
        }
    }

    /// Makes a byte of each unit of UTF-16: what isn't ASCII becomes some other character.
    ///
    /// - Returns: how many.
    private mutating func narrow(_ range: Range<Int>, isBigEndian: Bool) -> Int {
        buffer.withMutableBytes { bytes in
            for index in 0..<range.count / 2 {
                let at = range.lowerBound + 2 * index
                let (low, high) = isBigEndian ? (bytes[at + 1], bytes[at]) : (bytes[at], bytes[at + 1])
                // The second half of a pair counts as little as the later bytes of a character do in UTF-8.
                bytes[range.lowerBound + index] =
                    high == 0 && low < 0x80 ? low : (0xDC...0xDF).contains(high) ? 0x80 : 0xC0
            }
        }
        return range.count / 2
    }
}

/// How a text is written.
private enum Encoding {
    case utf8, utf16LittleEndian, utf16BigEndian

    /// By the byte order mark, which Windows writes, and which is no character to people.
    init(of bytes: borrowing Span<UInt8>) {
        guard bytes.count >= 2 else {
            self = .utf8
            return
        }
        self =
            switch (bytes[0], bytes[1]) {
            case (0xFF, 0xFE): .utf16LittleEndian
            case (0xFE, 0xFF): .utf16BigEndian
            default: .utf8
            }
    }
}

/// A place in a text, as people count.
private struct Position {
    var offset = 0
    var line = 1
    var column = 1

    mutating func advance(over bytes: borrowing Span<UInt8>, to end: Int) {
        while let next = bytes.first(UInt8(ascii: "\n"), in: offset..<end) {
            (offset, line, column) = (next + 1, line + 1, 1)
        }
        column += bytes.characters(in: offset..<end)
        offset = end
    }
}

extension Span<UInt8> {
    /// How many characters of UTF-8 begin here.
    fileprivate func characters(in range: Range<Int>) -> Int {
        var count = 0
        for index in range where self[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }
}

extension Spot {
    fileprivate init(_ match: Match, at position: Position, in bytes: borrowing Span<UInt8>) {
        self.init(
            kind: match.kind, line: position.line, column: position.column, length: match.range.count,
            isExample: match.isExample,
            accessKeyID: match.kind == .secretAccessKey ? nil : bytes.text(match.range),
            digest: sha256(bytes.extracting(match.range)))
    }
}
