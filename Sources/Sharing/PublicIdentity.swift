import Sealing

/// The half of an identity that is handed out: whom bundles are sealed for, and who made them.
public struct PublicIdentity: Sendable, Hashable {
    /// Its size in bytes.
    static let size = SigningKey.size + ReceivingKey.size

    /// Ed25519: what signatures are checked with.
    let signing: [UInt8]
    /// X25519: what is sealed for it.
    let receiving: [UInt8]

    init(signing: [UInt8], receiving: [UInt8]) {
        self.signing = signing
        self.receiving = receiving
    }

    /// - Parameter bytes: ``size`` bytes.
    init(_ bytes: borrowing Span<UInt8>) {
        signing = bytes.extracting(..<SigningKey.size).array()
        receiving = bytes.extracting(SigningKey.size...).array()
    }

    /// Both keys, as they stand in bundles.
    var bytes: [UInt8] { signing + receiving }

    /// What people compare: 96 bits of a hash of both keys, in groups of four hexadecimal digits.
    public var fingerprint: String {
        Self.grouped(hexadecimal(Array(sha256((Self.hashed + bytes).span).prefix(12))))
    }

    private static func grouped(_ digits: String) -> String {
        stride(from: 0, to: digits.count, by: 4).map { String(digits.dropFirst($0).prefix(4)) }.joined(separator: "-")
    }

    private static let hashed = Array("awskeys identity".utf8)
}

// MARK: - As text

extension PublicIdentity {
    /// Why a text is no public identity.
    public enum TextError: Error, Equatable, Sendable {
        /// It doesn't begin as one.
        case notOne
        /// It is a later version's.
        case newer
        /// A character is wrong or missing.
        case mistyped
    }

    /// What every one begins with, before the number of the version.
    private static let name = "awskeys"
    private static let version = "1"
    /// With five bytes, the letters come out even, and one wrong text in 2^40 would go through.
    private static let checkSize = 5

    private static func check(_ bytes: [UInt8]) -> [UInt8] {
        Array(sha256((Array((name + version).utf8) + bytes).span).prefix(checkSize))
    }

    /// One line to hand out: name and version, and then both keys and a checksum in base 64.
    public var text: String {
        Self.name + Self.version + Base64.urlSafe.text(of: (bytes + Self.check(bytes)).span)
    }

    /// Reads ``text``.
    public init(_ text: String) throws(TextError) {
        guard text.hasPrefix(Self.name), let digit = text.dropFirst(Self.name.count).first else { throw .notOne }
        guard text.hasPrefix(Self.name + Self.version) else {
            throw ("2"..."9").contains(digit) ? .newer : .notOne
        }
        let letters = Array(text.dropFirst(Self.name.count + Self.version.count).utf8)
        guard let read = Base64.urlSafe.bytes(in: letters.span), read.count == Self.size + Self.checkSize else {
            throw .mistyped
        }
        let bytes = Array(read.prefix(Self.size))
        guard Self.check(bytes) == Array(read.suffix(Self.checkSize)) else { throw .mistyped }
        self.init(bytes.span)
    }

    /// The fingerprint that somebody typed, as ``fingerprint`` has it; `nil` if it is none. Capitals, spaces and colons
    /// are taken as people write them.
    public static func fingerprint(typed text: String) -> String? {
        let digits = text.lowercased().filter { !"- :".contains($0) }
        guard digits.utf8.count == 24, digits.utf8.allSatisfy({ hexadecimalDigit($0) != nil }) else { return nil }
        return grouped(digits)
    }
}
