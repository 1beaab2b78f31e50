private import Glibc
public import Sealing
public import SealedStore

/// How long programs may use an answer before they ask again, in seconds.
///
/// A long-term key doesn't expire, but an answer without `Expiration` is never asked for again: a long-lived program
/// would keep a key that has been rotated. Under 15 minutes, botocore asks again on every single use.
public let answerLifetime: Int = 3600

extension KeyRecord {
    /// The document that a `credential_process` prints: one line of JSON and a line feed.
    ///
    /// Format: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    ///
    /// - Parameter now: the time, in seconds since 1970.
    public borrowing func credentialDocument(now: Int) -> SecretBytes {
        let parts: [StaticString] = [
            #"{"Version":1,"AccessKeyId":""#, #"","SecretAccessKey":""#, #"","Expiration":""#,
        ]
        let end = Array((timestamp(now + answerLifetime) + "\"}\n").utf8)
        let id = accessKeyID.utf8.span
        let fixed = parts.reduce(end.count) { $0 + $1.utf8CodeUnitCount }
        let escapedSecret = secretAccessKey.withBytes { escapedCount($0) }
        var document = SecretBytes(zeros: fixed + escapedCount(id) + escapedSecret)
        document.withMutableBytes { out in
            var at = 0
            put(parts[0], in: &out, at: &at)
            putEscaped(id, in: &out, at: &at)
            put(parts[1], in: &out, at: &at)
            secretAccessKey.withBytes { putEscaped($0, in: &out, at: &at) }
            put(parts[2], in: &out, at: &at)
            out.write(end.span, at: at)
        }
        return document
    }
}

/// A time in UTC as RFC 3339 writes it: `2031-01-01T00:00:00Z`, the one shape that every SDK reads.
///
/// - Parameter seconds: since 1970.
public func timestamp(_ seconds: Int) -> String {
    var time = time_t(seconds)
    var fields = unsafe tm()
    _ = unsafe gmtime_r(&time, &fields)
    let date = unsafe [(fields.tm_year + 1900, 4), (fields.tm_mon + 1, 2), (fields.tm_mday, 2)]
    let clock = unsafe [(fields.tm_hour, 2), (fields.tm_min, 2), (fields.tm_sec, 2)]
    func joined(_ numbers: [(Int32, digits: Int)], _ separator: String) -> String {
        numbers.map { number, digits in
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }.joined(separator: separator)
    }
    return joined(date, "-") + "T" + joined(clock, ":") + "Z"
}

private func put(_ text: StaticString, in out: inout MutableSpan<UInt8>, at: inout Int) {
    text.withUTF8Buffer { text in unsafe out.write(text.span, at: at) }
    at += text.utf8CodeUnitCount
}

/// JSON's two-character escapes for what may not stand in a string as it is; control characters take six.
private func escapedCount(_ text: borrowing Span<UInt8>) -> Int {
    var count = 0
    for index in text.indices {
        switch text[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): count += 2
        case 0..<0x20: count += 6
        default: count += 1
        }
    }
    return count
}

private func putEscaped(_ text: borrowing Span<UInt8>, in out: inout MutableSpan<UInt8>, at: inout Int) {
    for index in text.indices {
        let byte = text[index]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            out[at] = UInt8(ascii: "\\")
            out[at + 1] = byte
            at += 2
        case 0..<0x20:
            let digits: StaticString = "0123456789abcdef"
            put("\\u00", in: &out, at: &at)
            digits.withUTF8Buffer { digits in
                unsafe out[at] = digits[Int(byte >> 4)]
                unsafe out[at + 1] = digits[Int(byte & 15)]
            }
            at += 2
        default:
            out[at] = byte
            at += 1
        }
    }
}
