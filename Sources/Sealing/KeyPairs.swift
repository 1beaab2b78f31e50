private import CSodium

/// An Ed25519 key pair (RFC 8032): it signs what others check with its public half.
public struct SigningKey: ~Copyable, Sendable {
    /// The size of a seed, and of a public key, in bytes.
    public static let size = 32
    /// The size of a signature in bytes.
    public static let signatureSize = 64

    /// What signatures are checked with: ``size`` bytes.
    public let publicKey: [UInt8]
    /// Seed and public key, as libsodium takes them.
    private let bytes: SecretBytes

    /// A new random pair.
    public init() { self.init(unchecked: SecretBytes(random: Self.size)) }

    /// The pair that comes of a seed.
    ///
    /// - Parameter seed: exactly ``size`` bytes.
    public init?(seed: borrowing SecretBytes) {
        guard seed.count == Self.size else { return nil }
        self.init(unchecked: seed)
    }

    private init(unchecked seed: borrowing SecretBytes) {
        let pair = SecretBytes(zeros: 2 * Self.size)
        publicKey = unsafe [UInt8](unsafeUninitializedCapacity: Self.size) { out, written in
            if let out = out.baseAddress { _ = unsafe crypto_sign_seed_keypair(out, pair.start, seed.start) }
            written = Self.size
        }
        wipeStack()
        bytes = pair
    }

    /// Lends the seed: to be kept in a store.
    public func withSeed<Result: ~Copyable>(_ body: (Span<UInt8>) -> Result) -> Result {
        bytes.withBytes { body($0.extracting(0..<Self.size)) }
    }

    /// The signature of a message: ``signatureSize`` bytes.
    public func signature(of message: borrowing Span<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.signatureSize) { out, written in
            guard let out = out.baseAddress else { return }
            unsafe withAddresses(message, message, message) { from, _, _ in
                _ = unsafe crypto_sign_detached(out, nil, from, UInt64(message.count), bytes.start)
            }
            written = Self.signatureSize
        }
    }

    /// Whether a signature is that of a message by the pair with a public key.
    public static func isSignature(
        _ signature: borrowing Span<UInt8>, of message: borrowing Span<UInt8>, by publicKey: borrowing Span<UInt8>
    ) -> Bool {
        guard signature.count == signatureSize, publicKey.count == size else { return false }
        Sodium.ready()
        return unsafe withAddresses(signature, message, publicKey) { signature, from, key in
            unsafe crypto_sign_verify_detached(signature, from, UInt64(message.count), key) == 0
        }
    }
}

/// An X25519 key pair (RFC 7748): what is sealed for its public half, it opens.
public struct ReceivingKey: ~Copyable, Sendable {
    /// The size of either half in bytes.
    public static let size = 32

    /// The half for others: ``size`` bytes.
    public let publicKey: [UInt8]
    private let bytes: SecretBytes

    /// A new random pair.
    public init() { self.init(unchecked: SecretBytes(random: Self.size)) }

    /// The pair with a secret half.
    ///
    /// - Parameter bytes: exactly ``size`` bytes.
    public init?(_ bytes: consuming SecretBytes) {
        guard bytes.count == Self.size else { return nil }
        self.init(unchecked: bytes)
    }

    private init(unchecked bytes: consuming SecretBytes) {
        let secret = bytes.copy()
        publicKey = unsafe [UInt8](unsafeUninitializedCapacity: Self.size) { out, written in
            if let out = out.baseAddress { _ = unsafe crypto_scalarmult_base(out, secret.start) }
            written = Self.size
        }
        wipeStack()
        self.bytes = secret
    }

    /// Lends the secret half: to be kept in a store.
    public func withBytes<Result: ~Copyable>(_ body: (Span<UInt8>) -> Result) -> Result { bytes.withBytes(body) }

    /// The key that this pair and another one have in common: BLAKE2b-256 of `binding`, keyed with what X25519 makes of
    /// this one's secret half and the other one's public half.
    ///
    /// - Returns: `nil` if the public half is of low order: everybody would have that key.
    public func agreement(with other: borrowing Span<UInt8>, binding: borrowing Span<UInt8>) -> SealingKey? {
        guard other.count == Self.size else { return nil }
        let shared = SecretBytes(zeros: Self.size)
        let key = SecretBytes(zeros: SealingKey.size)
        let status = unsafe withAddresses(other, binding, binding) { other, bound, _ in
            guard unsafe crypto_scalarmult(shared.start, bytes.start, other) == 0 else { return Int32(-1) }
            return unsafe crypto_generichash(
                key.start, key.count, bound, UInt64(binding.count), shared.start, shared.count)
        }
        return status == 0 ? SealingKey(unchecked: key) : nil
    }
}
