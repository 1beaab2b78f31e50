import Sealing

/// Lower-case hexadecimal: how keys are written in the keyring.
enum Hexadecimal {
    /// The digits of a key, 64 ASCII characters.
    static func encode(_ key: borrowing SealingKey) -> SecretBytes {
        var text = SecretBytes(zeros: 2 * SealingKey.size)
        text.withMutableBytes { text in
            key.withBytes { key in
                for index in key.indices {
                    text[2 * index] = digit(key[index] >> 4)
                    text[2 * index + 1] = digit(key[index] & 15)
                }
            }
        }
        return text
    }

    /// The key that 64 lower-case digits spell; `nil` for anything else, spaces and line ends included.
    static func decode(_ text: borrowing Span<UInt8>) -> SealingKey? {
        guard text.count == 2 * SealingKey.size else { return nil }
        var key = SecretBytes(zeros: SealingKey.size)
        for index in 0..<SealingKey.size {
            guard let high = value(text[2 * index]), let low = value(text[2 * index + 1]) else { return nil }
            key.withMutableBytes { $0[index] = high << 4 | low }
        }
        return SealingKey(key)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
