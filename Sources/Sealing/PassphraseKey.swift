private import CSodium

/// What a passphrase costs to try: Argon2id version 1.3 (RFC 9106) with one lane.
public struct PassphraseCost: Sendable, Equatable {
    /// Passes over the memory.
    public let passes: UInt32
    /// Memory in KiB.
    public let memory: UInt32

    /// 256 MiB and 3 passes: about two thirds of a second on a small machine of 2022.
    public static let standard = PassphraseCost(uncheckedPasses: 3, memory: 256 * 1024)

    private init(uncheckedPasses passes: UInt32, memory: UInt32) {
        self.passes = passes
        self.memory = memory
    }

    /// A cost within the bounds: 2 to 10 passes, 64 MiB to 1 GiB, in KiB.
    ///
    /// The bounds hold before anything runs, so that a changed file can neither cheapen the guessing nor exhaust the
    /// memory.
    ///
    /// - Throws: ``SealingError/costOutOfBounds``.
    public init(passes: UInt32, memory: UInt32) throws(SealingError) {
        guard (2...10).contains(passes), (64 * 1024...1024 * 1024).contains(memory) else { throw .costOutOfBounds }
        self.init(uncheckedPasses: passes, memory: memory)
    }
}

extension SealingKey {
    /// The size of the salt in bytes.
    public static let saltSize = Int(crypto_pwhash_argon2id_SALTBYTES)

    /// The key that a passphrase gives.
    ///
    /// - Parameters:
    ///   - passphrase: its bytes as typed, UTF-8, without the end of line.
    ///   - salt: ``saltSize`` random bytes.
    /// - Throws: ``SealingError/noMemory``.
    public init(
        passphrase: borrowing SecretBytes, salt: borrowing Span<UInt8>, cost: PassphraseCost
    ) throws(SealingError) {
        precondition(salt.count == Self.saltSize, "a salt has 16 bytes")
        let key = SecretBytes(zeros: Self.size)
        let status = unsafe withAddresses(salt, salt, salt) { salt, _, _ in
            unsafe passphrase.start.withMemoryRebound(to: CChar.self, capacity: passphrase.count) { typed in
                unsafe crypto_pwhash_argon2id(
                    key.start, UInt64(key.count), typed, UInt64(passphrase.count), salt, UInt64(cost.passes),
                    Int(cost.memory) * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13)
            }
        }
        guard status == 0 else { throw .noMemory }
        self.init(unchecked: key)
    }
}
