/// Bytes that are no secret as lower-case hexadecimal digits.
public func hexadecimal(_ bytes: [UInt8]) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * bytes.count)
    for byte in bytes {
        digits.append(digit(byte >> 4))
        digits.append(digit(byte & 15))
    }
    return String(decoding: digits, as: UTF8.self)
}

/// The lower-case digit of a number up to 15.
private func digit(_ number: UInt8) -> UInt8 {
    number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") + number - 10
}

/// The number that a hexadecimal digit stands for, in either case; `nil` for anything else.
public func hexadecimalDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    default: nil
    }
}

/// A text in which two hexadecimal digits stand for a byte, wherever a character precedes them that is there for that.
public func decoding(_ text: some Sequence<UInt8>, after escape: UInt8) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text)[...]
    while let byte = rest.popFirst() {
        let digits = rest.prefix(2).compactMap(hexadecimalDigit)
        if byte == escape, digits.count == 2 {
            bytes.append(digits[0] << 4 | digits[1])
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
