private import CSodium

extension SecretBytes {
    /// Reads Base64 (RFC 4648) in a time that tells nothing about what it says; `nil` if it is anything else, white
    /// space included.
    ///
    /// - Parameter isForURL: whether it has the alphabet for URLs and no padding, as in JOSE.
    public init?(base64 text: borrowing Span<UInt8>, isForURL: Bool = false) {
        var bytes = SecretBytes(zeros: text.count / 4 * 3 + 3)
        let variant = isForURL ? sodium_base64_VARIANT_URLSAFE_NO_PADDING : sodium_base64_VARIANT_ORIGINAL
        var count = 0
        let isRead = unsafe text.withUnsafeBytes { text in
            unsafe sodium_base642bin(
                bytes.start, bytes.count, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, nil,
                &count, nil, Int32(variant)) == 0
        }
        guard isRead else { return nil }
        bytes.truncate(to: count)
        self = bytes
    }
}
