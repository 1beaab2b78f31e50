public import Sealing
public import SealedStore

/// How long programs may use an answer before they ask again, in seconds.
///
/// A long-term key doesn't expire, but an answer without `Expiration` is never asked for again: a long-lived program
/// would keep a key that has been rotated. Under 15 minutes, botocore asks again on every single use.
public let answerLifetime: Int = 3600

/// The document that a `credential_process` prints: one line of JSON and a line feed.
///
/// Format: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
///
/// - Parameters:
///   - sessionToken: empty for a long-term key, whose document has no such member.
///   - expiration: until when programs may use it, in seconds since 1970.
func credentialDocument(
    accessKeyID: String, secretAccessKey: borrowing SecretBytes, sessionToken: borrowing SecretBytes, expiration: Int
) -> SecretBytes {
    let beforeID: StaticString = #"{"Version":1,"AccessKeyId":""#
    let beforeSecret: StaticString = #"","SecretAccessKey":""#
    let beforeToken: StaticString = #"","SessionToken":""#
    let beforeEnd: StaticString = #"","Expiration":""#
    let end = Array((timestamp(expiration) + "\"}\n").utf8)
    let id = accessKeyID.utf8.span
    let hasToken = sessionToken.count > 0
    let fixed =
        beforeID.utf8CodeUnitCount + beforeSecret.utf8CodeUnitCount
        + (hasToken ? beforeToken.utf8CodeUnitCount : 0) + beforeEnd.utf8CodeUnitCount + end.count
    let escapedSecret = secretAccessKey.withBytes { escapedCount($0) } + sessionToken.withBytes { escapedCount($0) }
    var document = SecretBytes(zeros: fixed + escapedCount(id) + escapedSecret)
    document.withMutableBytes { out in
        var at = 0
        put(beforeID, in: &out, at: &at)
        putEscaped(id, in: &out, at: &at)
        put(beforeSecret, in: &out, at: &at)
        secretAccessKey.withBytes { putEscaped($0, in: &out, at: &at) }
        if hasToken {
            put(beforeToken, in: &out, at: &at)
            sessionToken.withBytes { putEscaped($0, in: &out, at: &at) }
        }
        put(beforeEnd, in: &out, at: &at)
        out.write(end.span, at: at)
    }
    return document
}

extension KeyRecord {
    /// The document for a long-term key.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    public borrowing func credentialDocument(now: Int) -> SecretBytes {
        CredentialProcess.credentialDocument(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: SecretBytes(zeros: 0),
            expiration: now + answerLifetime)
    }
}

extension Session {
    /// The document for a session.
    public borrowing func credentialDocument() -> SecretBytes {
        CredentialProcess.credentialDocument(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken,
            expiration: expiration)
    }
}

/// A time in UTC as RFC 3339 writes it: `2031-01-01T00:00:00Z`, the one shape that every SDK reads.
///
/// - Parameter seconds: since 1970, not negative.
public func timestamp(_ seconds: Int) -> String {
    // libc's `gmtime` reads the time zone's file first, which is a good part of the fast lane's system calls.
    let (days, second) = seconds.quotientAndRemainder(dividingBy: 86400)
    // Civil date of a day number, in years that begin in March so that the leap day comes last (Howard Hinnant,
    // "chrono-Compatible Low-Level Date Algorithms"); `era` has 400 years, or 146,097 days.
    let shifted = days + 719_468
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = shifted / 146_097 * 400 + yearOfEra + (month < 10 ? 0 : 1)
    var text = String(year)
    append(month < 10 ? month + 3 : month - 9, after: "-", to: &text)
    append(dayOfYear - (153 * month + 2) / 5 + 1, after: "-", to: &text)
    append(second / 3600, after: "T", to: &text)
    append(second / 60 % 60, after: ":", to: &text)
    append(second % 60, after: ":", to: &text)
    return text + "Z"
}

private func append(_ number: Int, after separator: String, to text: inout String) {
    text += number < 10 ? separator + "0" : separator
    text += String(number)
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
