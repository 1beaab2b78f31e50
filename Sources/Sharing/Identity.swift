public import Sealing

/// Who makes bundles and opens those that are meant for it: one key pair to sign, and another one to receive.
public struct Identity: ~Copyable, Sendable {
    let signing: SigningKey
    let receiving: ReceivingKey
    /// When it was made, in seconds since 1970.
    public let created: UInt64

    /// A new one.
    public init(created: UInt64) {
        self.created = created
        signing = SigningKey()
        receiving = ReceivingKey()
    }

    /// The half to hand out.
    public var published: PublicIdentity {
        PublicIdentity(signing: signing.publicKey, receiving: receiving.publicKey)
    }

    /// The bytes that a store keeps; `docs/format.md` has the layout.
    public borrowing func encoded() -> SecretBytes {
        var head: [UInt8] = []
        head.append(littleEndian: created)
        var bytes = SecretBuilder()
        bytes.add(head.span)
        signing.withSeed { bytes.add($0) }
        receiving.withBytes { bytes.add($0) }
        return bytes.joined()
    }

    /// Reads them; `nil` if they are no identity.
    public init?(reading bytes: borrowing SecretBytes) {
        guard bytes.count == 8 + SigningKey.size + ReceivingKey.size else { return nil }
        let seed = bytes.withBytes { SecretBytes(copying: $0.extracting(8..<40)) }
        let secret = bytes.withBytes { SecretBytes(copying: $0.extracting(40..<72)) }
        guard let signing = SigningKey(seed: seed), let receiving = ReceivingKey(secret) else { return nil }
        self.signing = signing
        self.receiving = receiving
        created = bytes.withBytes { $0.littleEndian(at: 0) }
    }
}
