import Sealing

/// A form as a request's body or a URL's query carries it. Some values are secret, so it lies where secrets lie.
struct Form: ~Copyable {
    private var text = SecretBuilder()
    private var separator = ""

    /// The field's name needs no encoding.
    mutating func add(_ name: String, _ value: borrowing Span<UInt8>) {
        text.add("\(separator)\(name)=")
        text.addPercentEncoded(value)
        separator = "&"
    }

    mutating func add(_ name: String, _ value: String) { add(name, value.utf8.span) }

    consuming func joined() -> SecretBytes { text.joined() }
}

extension Form {
    /// The form of a call by the Query protocol.
    init(_ service: AWSService, _ action: String, _ parameters: [(name: String, value: String)]) {
        self.init()
        add("Action", action)
        add("Version", service == .iam ? "2010-05-08" : "2011-06-15")
        for (name, value) in parameters { add(name, value) }
    }
}

extension SecretBuilder {
    /// Adds bytes as RFC 3986, section 2.1, writes them in URLs and forms.
    mutating func addPercentEncoded(_ bytes: borrowing Span<UInt8>) {
        var start = 0
        for index in bytes.indices where !isUnreserved(bytes[index]) {
            add(bytes.extracting(start..<index))
            add(percentTriplet(bytes[index]))
            start = index + 1
        }
        add(bytes.extracting(start..<bytes.count))
    }
}

/// RFC 3986, section 2.1: every byte but the unreserved characters as `%` and two digits.
func percentEncoded(_ text: String, alsoPlain: String = "") -> String {
    var encoded = ""
    for byte in text.utf8 {
        if isUnreserved(byte) || alsoPlain.utf8.contains(byte) {
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            encoded += percentTriplet(byte)
        }
    }
    return encoded
}

private func percentTriplet(_ byte: UInt8) -> String {
    "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
}

/// RFC 3986, section 2.3.
private func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        true
    default: false
    }
}
