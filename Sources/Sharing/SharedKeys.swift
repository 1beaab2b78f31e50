public import Sealing

/// What an opened bundle holds: access keys with the profiles that have them.
public struct SharedKeys: ~Copyable {
    /// One profile's key, without its secret.
    public struct Key: Sendable, Equatable {
        /// The profile that has it: any text that isn't empty.
        public let profile: String
        /// The access key id: visible ASCII.
        public let accessKeyID: String
        /// Whether it ever lay in plain text, as its sender knows.
        public let exposed: Bool
        /// Whether its sender gives programs sessions of it only.
        public let isSessionsOnly: Bool
        /// Where the secret lies.
        fileprivate let secret: Range<Int>
    }

    /// The keys, in the order of the profiles' bytes.
    public let keys: [Key]
    private let plain: SecretBytes

    /// A key's secret access key: visible ASCII.
    public func secret(of key: Key) -> SecretBytes {
        plain.withBytes { SecretBytes(copying: $0.extracting(key.secret)) }
    }
}

extension SharedKeys {
    private static let exposed: UInt8 = 1
    private static let sessionsOnly: UInt8 = 2
    /// What it is filled up to a multiple of, in bytes, so that its size tells little.
    private static let padding = 1024
    static let longestID = 128
    static let longestSecret = 1024

    static func paddedSize(_ size: Int) -> Int { (size + padding - 1) / padding * padding }

    /// Adds one key to the plain bytes.
    static func add(
        _ secret: borrowing SecretBytes, accessKeyID: String, profile: String, exposed: Bool, isSessionsOnly: Bool,
        to plain: inout SecretBuilder
    ) {
        var head: [UInt8] = []
        head.append(littleEndian: UInt16(profile.utf8.count))
        head += profile.utf8
        head.append(UInt8(accessKeyID.utf8.count))
        head += accessKeyID.utf8
        head.append((exposed ? Self.exposed : 0) | (isSessionsOnly ? sessionsOnly : 0))
        head.append(littleEndian: UInt16(secret.count))
        plain.add(head.span)
        secret.withBytes { plain.add($0) }
    }

    /// Ends the plain bytes: an empty name, and then zeros.
    static func ended(_ plain: consuming SecretBuilder) -> SecretBytes {
        let keys = plain.joined()
        var padded = SecretBytes(zeros: paddedSize(keys.count + 2))
        padded.withMutableBytes { padded in keys.withBytes { padded.write($0, at: 0) } }
        return padded
    }

    /// Reads the plain bytes.
    init(reading plain: consuming SecretBytes, minor: UInt16) throws(BundleError) {
        keys = try plain.withBytes { (span) throws(BundleError) in try Self.keys(in: span, minor: minor) }
        self.plain = plain
    }

    private static func keys(in span: borrowing Span<UInt8>, minor: UInt16) throws(BundleError) -> [Key] {
        var keys: [Key] = []
        var reader = Reader()
        while case let name = try reader.range(span, sizeIn: 2), !name.isEmpty {
            guard let profile = String(validating: span.extracting(name).array(), as: UTF8.self),
                keys.last.map({ $0.profile.utf8.lexicographicallyPrecedes(profile.utf8) }) ?? true
            else { throw .damaged(.content) }
            let id = try reader.range(span, sizeIn: 1)
            let flags = span[try reader.range(span, count: 1).lowerBound]
            guard flags & ~(exposed | sessionsOnly) == 0 else {
                throw .newer(major: BundleHeader.major, minor: minor)
            }
            let secret = try reader.range(span, sizeIn: 2)
            guard (1...longestID).contains(id.count), (1...longestSecret).contains(secret.count),
                isVisible(span.extracting(id)), isVisible(span.extracting(secret))
            else { throw .damaged(.content) }
            keys.append(
                Key(
                    profile: profile, accessKeyID: String(decoding: span.extracting(id).array(), as: UTF8.self),
                    exposed: flags & exposed != 0, isSessionsOnly: flags & sessionsOnly != 0, secret: secret))
        }
        let rest = span.extracting(reader.offset...)
        guard !keys.isEmpty, span.count == paddedSize(reader.offset), rest.indices.allSatisfy({ rest[$0] == 0 })
        else { throw .damaged(.content) }
        return keys
    }

    private static func isVisible(_ bytes: borrowing Span<UInt8>) -> Bool {
        bytes.indices.allSatisfy { (0x21...0x7E).contains(bytes[$0]) }
    }
}

/// Goes through bytes, and not past their end.
private struct Reader {
    private(set) var offset = 0

    mutating func range(_ span: borrowing Span<UInt8>, count: Int) throws(BundleError) -> Range<Int> {
        guard count <= span.count - offset else { throw .damaged(.content) }
        defer { offset += count }
        return offset..<offset + count
    }

    /// What has its size before it, in a number of one or two bytes.
    mutating func range(_ span: borrowing Span<UInt8>, sizeIn bytes: Int) throws(BundleError) -> Range<Int> {
        let at = try range(span, count: bytes).lowerBound
        return try range(span, count: bytes == 1 ? Int(span[at]) : Int(span.littleEndian(at: at, as: UInt16.self)))
    }
}
