import Sealing

/// The first bytes of a bundle, in the clear: who made it and when, and how long its parts are.
///
/// `docs/bundle-format.md` gives the byte layout.
struct BundleHeader: Sendable, Equatable {
    static let magic = Array("AWSKBNDL".utf8)
    static let major: UInt16 = 1
    static let minor: UInt16 = 0
    /// The size in bytes.
    static let size = 120
    /// The size in bytes that no bundle exceeds.
    static let largestBundle = 1 << 20
    static let mostStanzas = 32
    /// The end of the year 9999, in seconds since 1970: no bundle is good for longer.
    static let lastTime: UInt64 = 253_402_300_799
    /// The only kind: access keys.
    static let keys: UInt8 = 1

    var minor = BundleHeader.minor
    let stanzaCount: Int
    /// Random.
    let id: [UInt8]
    /// In seconds since 1970.
    let created: UInt64
    let expires: UInt64
    let sender: PublicIdentity
    /// The size of all stanzas in bytes.
    let stanzasSize: Int
    /// The size of the content in bytes: commitment, nonce, ciphertext and tag.
    let contentSize: Int

    /// Where the content begins.
    var contentOffset: Int { Self.size + stanzasSize }
    /// Where the signature begins; it signs all that lies before.
    var signatureOffset: Int { contentOffset + contentSize }
    /// The size of the whole bundle in bytes.
    var bundleSize: Int { signatureOffset + SigningKey.signatureSize }

    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.major)
        bytes.append(littleEndian: minor)
        bytes += [Self.keys, UInt8(stanzaCount), 0, 0]
        bytes += id
        bytes.append(littleEndian: created)
        bytes.append(littleEndian: expires)
        bytes += sender.bytes
        bytes.append(littleEndian: UInt32(stanzasSize))
        bytes.append(littleEndian: UInt32(contentSize))
        return bytes
    }
}

extension BundleHeader {
    /// Reads the header of a bundle, and holds its sizes against the bundle's.
    init(reading bytes: borrowing Span<UInt8>) throws(BundleError) {
        guard bytes.count >= 12, bytes.extracting(0..<8).array() == Self.magic else { throw .notABundle }
        let major: UInt16 = bytes.littleEndian(at: 8)
        let minor: UInt16 = bytes.littleEndian(at: 10)
        guard major == Self.major else { throw .newer(major: major, minor: minor) }
        guard bytes.count >= Self.size else { throw .truncated }
        guard bytes[12] == Self.keys else { throw .newer(major: major, minor: minor) }
        self.init(
            minor: minor, stanzaCount: Int(bytes[13]), id: bytes.extracting(16..<32).array(),
            created: bytes.littleEndian(at: 32), expires: bytes.littleEndian(at: 40),
            sender: PublicIdentity(bytes.extracting(48..<112)),
            stanzasSize: Int(bytes.littleEndian(at: 112, as: UInt32.self)),
            contentSize: Int(bytes.littleEndian(at: 116, as: UInt32.self)))
        guard bundleSize <= Self.largestBundle, (1...Self.mostStanzas).contains(stanzaCount), created < expires,
            expires <= Self.lastTime, bytes[14] == 0, bytes[15] == 0, contentSize >= BundleContent.smallest
        else { throw .damaged(.header) }
        guard bundleSize <= bytes.count else { throw .truncated }
        guard bundleSize == bytes.count else { throw .damaged(.header) }
    }
}
