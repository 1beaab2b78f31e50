import AWSAPI
import Sealing

/// What the file backend of the Go library "keyring" writes for each item: JWE in its compact form (RFC 7516), sealed
/// with a passphrase by `PBES2-HS256+A128KW` and `A256GCM` (RFC 7518, sections 4.8 and 5.3). Nothing in it is secret.
struct SealedItem {
    private static let algorithm = "PBES2-HS256+A128KW"
    private static let encryption = "A256GCM"
    /// The sizes of a content key that is wrapped, a nonce and a tag, in bytes.
    private static let sizes = (wrappedKey: 40, nonce: 12, tag: 16)
    /// More rounds aren't run, nor are they by jose2go, which makes these files with 8192: a file mustn't make anybody
    /// wait for hours.
    static let mostIterations = 1_300_000

    private let header: [UInt8]
    private let salt: [UInt8]
    private let iterations: Int
    private let wrappedKey: [UInt8]
    private let nonce: [UInt8]
    private let sealed: [UInt8]
    private let tag: [UInt8]

    /// Reads a file's bytes.
    init(_ text: borrowing SecretBytes) throws(ItemProblem) {
        let parts = text.withBytes { $0.array().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) }
        guard parts.count == 5 else { throw .notAnItem }
        let header = Array(parts[0])
        let decoded = parts.map(Self.decode)
        guard let head = decoded[0], let object = JSONObject(SecretBytes(copying: head.span)),
            let wrapped = decoded[1], let nonce = decoded[2], let sealed = decoded[3], let tag = decoded[4]
        else { throw .notAnItem }
        guard object.says("alg", Self.algorithm), object.says("enc", Self.encryption), !object.has("zip"),
            !object.has("crit")
        else { throw .otherSealing }
        guard let iterations = object.integer("p2c"), iterations > 0, let saltInput = object.text("p2s"),
            let input = saltInput.withBytes({ Self.decode($0.array()[...]) }), sealed.count > 0,
            wrapped.count == Self.sizes.wrappedKey, nonce.count == Self.sizes.nonce, tag.count == Self.sizes.tag
        else { throw .notAnItem }
        guard iterations <= Self.mostIterations else { throw .tooManyIterations(iterations) }
        // RFC 7518, section 4.8.1.1: the name of the algorithm, a zero, and the salt input.
        self.salt = Array(Self.algorithm.utf8) + [0] + input
        self.header = header
        self.iterations = iterations
        wrappedKey = wrapped
        self.nonce = nonce
        self.sealed = sealed
        self.tag = tag
    }

    /// Opens it.
    ///
    /// - Returns: `nil` if it was sealed with another passphrase, or its key was changed.
    /// - Throws: ``ItemProblem/altered`` if the passphrase is right, and something else was changed.
    func open(with passphrase: borrowing SecretBytes) throws(ItemProblem) -> SecretBytes? {
        guard let wrappingKey = Gcrypt.key(from: passphrase, salt: salt, iterations: iterations, size: 16),
            let key = Gcrypt.unwrap(wrappedKey, with: wrappingKey)
        else { return nil }
        guard let plain = Gcrypt.open(sealed, tag: tag, nonce: nonce, associated: header, with: key) else {
            throw .altered
        }
        return plain
    }

    /// Whether it was sealed with a passphrase.
    func opens(with passphrase: borrowing SecretBytes) -> Bool {
        do throws(ItemProblem) {
            return try open(with: passphrase) != nil
        } catch {
            return true
        }
    }

    private static func decode(_ part: ArraySlice<UInt8>) -> [UInt8]? { Base64.urlSafe.bytes(in: part.span) }
}

extension JSONObject {
    fileprivate func says(_ name: String, _ value: String) -> Bool {
        text(name)?.equals(value.utf8.span) ?? false
    }
}
