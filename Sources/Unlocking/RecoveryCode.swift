public import Sealing

/// A code of 128 random bits to be printed and put away: 26 characters of Crockford's base 32
/// (https://www.crockford.com/base32.html), in groups for reading.
public enum RecoveryCode {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let size = 26
    private static let groupSize = 5

    /// A new code, 26 characters.
    public static func make() -> SecretBytes {
        let random = SecretBytes(random: 16)
        var code = SecretBytes(zeros: size)
        code.withMutableBytes { code in
            random.withBytes { random in
                for index in 0..<size {
                    var digit = 0
                    for bit in index * 5..<index * 5 + 5 {
                        let isSet = bit < 128 && random[bit / 8] >> (7 - bit % 8) & 1 == 1
                        digit = digit * 2 + (isSet ? 1 : 0)
                    }
                    code[index] = alphabet[digit]
                }
            }
        }
        return code
    }

    /// The code as it is shown: groups with hyphens between them.
    public static func shown(_ code: borrowing SecretBytes) -> SecretBytes {
        var shown = SecretBytes(zeros: code.count + (code.count - 1) / groupSize)
        shown.withMutableBytes { shown in
            code.withBytes { code in
                for index in code.indices {
                    shown[index + index / groupSize] = code[index]
                    if index % groupSize == 0, index > 0 { shown[index + index / groupSize - 1] = UInt8(ascii: "-") }
                }
            }
        }
        return shown
    }

    /// The code that somebody typed, whatever the case, the spaces and the hyphens; `nil` if it is none.
    public static func read(_ typed: borrowing SecretBytes) -> SecretBytes? {
        var code = SecretBytes(zeros: size)
        let isCode = typed.withBytes { typed in
            code.withMutableBytes { code in
                var count = 0
                for index in typed.indices {
                    var character = typed[index]
                    if character == UInt8(ascii: "-") || character == UInt8(ascii: " ") { continue }
                    if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character) { character &-= 0x20 }
                    if character == UInt8(ascii: "O") { character = UInt8(ascii: "0") }
                    if character == UInt8(ascii: "I") || character == UInt8(ascii: "L") {
                        character = UInt8(ascii: "1")
                    }
                    guard count < size, alphabet.contains(character) else { return false }
                    code[count] = character
                    count += 1
                }
                return count == size
            }
        }
        guard isCode else { return nil }
        return code
    }
}
