private import COath
private import Glibc
public import Sealing

/// Codes that change with time, as devices for multi-factor authentication show them (RFC 6238, with SHA-1, which is
/// what AWS takes).
public enum OneTimePassword {
    /// How long a code is shown, in seconds.
    public static let step = 30

    /// The code of one step.
    ///
    /// - Parameters:
    ///   - seed: what device and service share.
    ///   - step: how many steps there were since 1970.
    ///   - digits: 6 to 8.
    public static func code(seed: borrowing SecretBytes, step: UInt64, digits: Int = 6) -> String {
        let time = time_t(clamping: step * UInt64(Self.step))
        return seed.withBytes { seed in
            unsafe seed.withUnsafeBytes { seed in
                let start = unsafe seed.baseAddress?.assumingMemoryBound(to: CChar.self)
                return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: digits + 1) { text in
                    guard let out = text.baseAddress else { return "" }
                    _ = unsafe oath_totp_generate(
                        start, seed.count, time, UInt32(Self.step), 0, UInt32(digits), out)
                    return unsafe String(cString: out)
                }
            }
        }
    }

    /// The seed that a service shows as text: in base 32 (RFC 4648, section 6), with or without spaces, padding and
    /// capitals, or as the address that stands in a QR code (`otpauth://totp/...?secret=...`).
    ///
    /// - Returns: `nil` for what is neither.
    public static func seed(in typed: borrowing SecretBytes) -> SecretBytes? {
        let range = typed.withBytes { secret(in: $0) }
        return typed.withBytes { typed in
            let text = typed.extracting(range)
            guard text.count > 0 else { return nil }
            return unsafe text.withUnsafeBytes { text -> SecretBytes? in
                var decoded: UnsafeMutablePointer<CChar>?
                var size = 0
                let start = unsafe text.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard unsafe oath_base32_decode(start, text.count, &decoded, &size) == OATH_OK.rawValue,
                    let decoded = unsafe decoded
                else { return nil }
                defer {
                    unsafe wipe(UnsafeMutableRawBufferPointer(start: decoded, count: size))
                    unsafe free(decoded)
                }
                guard (10...64).contains(size) else { return nil }
                return unsafe decoded.withMemoryRebound(to: UInt8.self, capacity: size) { decoded in
                    SecretBytes(copying: unsafe Span(_unsafeStart: decoded, count: size))
                }
            }
        }
    }

    /// Where the seed stands: all of it, or, in an address, what follows `secret=`; nowhere if the address says that
    /// codes are made in another way than AWS's.
    /// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    private static func secret(in typed: borrowing Span<UInt8>) -> Range<Int> {
        guard begins(typed, at: 0, with: "otpauth:") else { return 0..<typed.count }
        guard begins(typed, at: 0, with: "otpauth://totp/") else { return 0..<0 }
        let start = typed.indices.first { typed[$0] == UInt8(ascii: "?") } ?? typed.count
        var seed = 0..<0
        var from = start + 1
        while from < typed.count {
            let end = (from..<typed.count).first { typed[$0] == UInt8(ascii: "&") } ?? typed.count
            for (name, value) in [("digits=", "6"), ("period=", "30"), ("algorithm=", "sha1")] {
                guard begins(typed, at: from, with: name) else { continue }
                guard begins(typed, at: from, with: name + value), from + (name + value).utf8.count == end else {
                    return 0..<0
                }
            }
            if begins(typed, at: from, with: "secret=") { seed = from + "secret=".utf8.count..<end }
            from = end + 1
        }
        return seed
    }

    /// Whether a text stands at a place, in capitals or not; `text` itself has none.
    private static func begins(_ typed: borrowing Span<UInt8>, at start: Int, with text: String) -> Bool {
        let wanted = text.utf8.span
        guard start + wanted.count <= typed.count else { return false }
        return wanted.indices.allSatisfy { index in
            let byte = typed[start + index]
            return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                ? byte | 0x20 == wanted[index] : byte == wanted[index]
        }
    }
}
