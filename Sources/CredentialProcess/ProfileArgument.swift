private import Sealing

/// A profile's name as the argument of `awskeys-credential-process`.
///
/// SDKs split the line in their own ways: some with a shell, some at white space, some keep quotes. A name therefore
/// goes into the line with every byte that one of them could trip over written as `%` and two hexadecimal digits, as in
/// a URL (RFC 3986, section 2.1).
public enum ProfileArgument {
    /// The argument for a name.
    public static func encode(_ profile: String) -> String {
        var argument = ""
        for (index, byte) in profile.utf8.enumerated() {
            if isPlain(byte), index > 0 || byte != UInt8(ascii: "-") {
                argument.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                argument += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
        return argument
    }

    /// The name that an argument stands for; `nil` where a `%` isn't followed by two digits or the bytes aren't UTF-8.
    public static func decode(_ argument: String) -> String? {
        guard argument.utf8.contains(UInt8(ascii: "%")) else { return argument }
        var bytes: [UInt8] = []
        var rest = Array(argument.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimalDigit),
                let low = rest.popFirst().flatMap(hexadecimalDigit)
            else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "_.+@/:-".utf8.contains(byte)
        }
    }
}
