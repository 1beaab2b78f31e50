private import CSodium

/// How bytes become letters (RFC 4648).
public enum Base64: Sendable {
    /// Section 4: with `+`, `/` and padding.
    case standard
    /// Section 5: with `-` and `_`, without padding.
    case urlSafe

    fileprivate var variant: Int32 {
        switch self {
        case .standard: sodium_base64_VARIANT_ORIGINAL
        case .urlSafe: sodium_base64_VARIANT_URLSAFE_NO_PADDING
        }
    }

    /// Bytes that are no secret as text.
    public func text(of bytes: borrowing Span<UInt8>) -> String {
        let size = sodium_base64_encoded_len(bytes.count, variant)
        let text = unsafe [UInt8](unsafeUninitializedCapacity: size) { out, written in
            unsafe out.withMemoryRebound(to: CChar.self) { out in
                guard let out = out.baseAddress else { return }
                unsafe withAddresses(bytes, bytes, bytes) { from, _, _ in
                    _ = unsafe sodium_bin2base64(out, size, from, bytes.count, variant)
                }
            }
            // It ends with a zero, as texts of C do.
            written = size - 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What a text stands for; `nil` for any text that ``text(of:)`` doesn't make.
    public func bytes(in text: borrowing Span<UInt8>) -> [UInt8]? {
        let count = text.count
        var size = 0
        var isRead = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count / 4 * 3 + 3) { out, written in
            guard let start = out.baseAddress else { return }
            unsafe withAddresses(text, text, text) { text, _, _ in
                unsafe text.withMemoryRebound(to: CChar.self, capacity: count) { text in
                    isRead = unsafe sodium_base642bin(start, out.count, text, count, nil, &size, nil, variant) == 0
                }
            }
            written = isRead ? size : 0
        }
        return isRead ? bytes : nil
    }
}

extension SecretBytes {
    /// What a text stands for that is a secret; `nil` for any text that ``Base64/text(of:)`` doesn't make.
    public init?(base64 text: borrowing Span<UInt8>) {
        var bytes = SecretBytes(zeros: text.count / 4 * 3 + 3)
        var size = 0
        let isRead = unsafe withAddresses(text, text, text) { from, _, _ in
            unsafe from.withMemoryRebound(to: CChar.self, capacity: text.count) { from in
                unsafe sodium_base642bin(
                    bytes.start, bytes.count, from, text.count, nil, &size, nil, Base64.standard.variant) == 0
            }
        }
        guard isRead else { return nil }
        bytes.truncate(to: size)
        self = bytes
    }
}
