private import Glibc

func isCapitalOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isCapitalOrDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
}

func isBase32(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
}

func isSecretCharacter(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+")
}

private func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}

/// Between the words of a name.
private func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " "): true
    default: false
    }
}

extension Span<UInt8> {
    /// Where a byte is next; the C library looks at many bytes at once.
    func first(_ byte: UInt8, from start: Int) -> Int? { start < count ? first(byte, in: start..<count) : nil }

    /// Where a byte is first in a range, beyond which nothing is looked at.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + range.lowerBound, Int32(byte), range.count)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// Text that is no secret.
    func text(_ range: Range<Int>) -> String {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a word in small letters stands here, in whatever case.
    func has(_ word: StaticString, at start: Int) -> Bool {
        let length = word.utf8CodeUnitCount
        guard start >= 0, start + length <= count else { return false }
        return word.withUTF8Buffer { word in
            for index in 0..<length where unsafe self[start + index] | 0x20 != word[index] { return false }
            return true
        }
    }

    /// Whether a word stands somewhere in a range, in this case.
    func contains(_ word: StaticString, in range: Range<Int>) -> Bool {
        let length = word.utf8CodeUnitCount
        guard range.count >= length else { return false }
        return word.withUTF8Buffer { word in
            for start in range.lowerBound...range.upperBound - length {
                var index = 0
                while index < length, unsafe self[start + index] == word[index] { index += 1 }
                if index == length { return true }
            }
            return false
        }
    }

    func skippingSeparatorBackwards(_ at: Int) -> Int { at > 0 && isSeparator(self[at - 1]) ? at - 1 : at }

    /// Where so many lines, or so many bytes, end; at another place, if they go on to there.
    func end(of size: (lines: Int, bytes: Int), after start: Int, atMost most: Int) -> Int {
        let limit = Swift.min(most, start + size.bytes)
        var (at, lines) = (start, 0)
        while let end = first(UInt8(ascii: "\n"), in: at..<limit) {
            lines += 1
            if lines > size.lines { return end }
            at = end + 1
        }
        return limit
    }

    /// Where so many lines, or so many bytes, begin; at another place, if they go back to there.
    func start(of size: (lines: Int, bytes: Int), before end: Int, atLeast least: Int) -> Int {
        let limit = Swift.max(least, end - size.bytes)
        var (at, lines) = (end, 0)
        while at > limit {
            if self[at - 1] == UInt8(ascii: "\n") {
                lines += 1
                if lines > size.lines { return at }
            }
            at -= 1
        }
        return limit
    }

    /// Whether a letter or digit stands before a word that isn't the end of an escape: `\nAKIA...` in a notebook's
    /// JSON, `%3DAKIA...` in an address.
    func hasLetterOrDigit(before start: Int) -> Bool {
        guard start > 0, isLetterOrDigit(self[start - 1]) else { return false }
        return !(start >= 2 && escapeEnd(at: start - 1) == 1) && !(start >= 3 && escapeEnd(at: start - 2) == 2)
    }

    /// How many of the characters from here on are the rest of an escape.
    func escapeEnd(at start: Int) -> Int {
        guard start > 0, start < count else { return 0 }
        if self[start - 1] == UInt8(ascii: "\\") {
            return [UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t")].contains(self[start]) ? 1 : 0
        }
        let isPercent = self[start - 1] == UInt8(ascii: "%") && start + 1 < count
        return isPercent && isHexadecimal(self[start]) && isHexadecimal(self[start + 1]) ? 2 : 0
    }

    /// Goes past the characters of a secret; JSON may have `\/` for `/`.
    ///
    /// - Returns: how many characters these are.
    func skipSecretCharacters(from at: inout Int) -> Int {
        var characters = 0
        while at < count {
            if isSecretCharacter(self[at]) {
                at += 1
            } else if self[at] == UInt8(ascii: "\\"), at + 1 < count, self[at + 1] == UInt8(ascii: "/") {
                at += 2
            } else {
                break
            }
            characters += 1
        }
        return characters
    }

    /// Whether characters of base64 are no piece of a longer name, file name or padded text.
    func standsAlone(_ range: Range<Int>) -> Bool {
        let before = range.lowerBound > 0 ? self[range.lowerBound - 1] : 0
        let after = range.upperBound < count ? self[range.upperBound] : 0
        let next = range.upperBound + 1 < count ? self[range.upperBound + 1] : 0
        let isName = [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(before)
        let goesOn = [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "=")].contains(after)
        return !isName && !goesOn && !(after == UInt8(ascii: ".") && isLetterOrDigit(next))
    }
}
