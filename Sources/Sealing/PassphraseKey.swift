private import CSodium

/// What a passphrase costs to try: Argon2id version 1.3 (RFC 9106) with one lane.
public struct PassphraseCost: Sendable, Equatable {
    /// Passes over the memory.
    public let passes: UInt32
    /// Memory in KiB.
    public let memory: UInt32

    /// 256 MiB and 3 passes: about two thirds of a second on a small machine of 2022.
    public static let standard = PassphraseCost(uncheckedPasses: 3, memory: 256 * 1024)

    private static let passesBounds: ClosedRange<UInt32> = 2...10
    private static let memoryBounds: ClosedRange<UInt32> = 64 * 1024...1024 * 1024

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
        guard Self.passesBounds.contains(passes), Self.memoryBounds.contains(memory) else { throw .costOutOfBounds }
        self.init(uncheckedPasses: passes, memory: memory)
    }
}

// MARK: - The cost of a new slot

// Memory is what makes guessing dear: a graphics card has thousands of processors and not thousands of gigabytes. So
// memory comes first (RFC 9106, section 4: as much as can be afforded, then passes for the time), and the standard is a
// floor wherever the memory is there. Where it isn't, what is lost in memory is given back in passes: the time of
// Argon2 is memory times passes, and OWASP's Password Storage Cheat Sheet calls settings that trade one for the other
// so "an equal level of defense". The least of ours, 64 MiB and 10 passes, is well above what both have as their
// lowest: 64 MiB and 3 passes for machines with little memory, and 46 MiB and 1 pass.

extension PassphraseCost {
    /// How long a new slot's passphrase should take at least, in seconds of the processor's time. Half a second goes
    /// unnoticed once in some minutes, and a machine that is no faster than the standard was made for runs the
    /// function once, not twice.
    private static let target = 0.5

    /// The cost that a new slot starts from: ``standard``, or as much work with less memory.
    ///
    /// No more than half of what is available is taken: the passphrase will be asked for again, by programs that start
    /// together, beside others that need memory too.
    ///
    /// - Parameters:
    ///   - available: how much memory may be used, in KiB; `nil` where nothing is known of it.
    ///   - old: the cost of the slot that the new one replaces. With as much memory available, the new cost isn't lower
    ///     in anything; with less, memory times passes isn't, as far as the bounds let it.
    public static func starting(available: UInt64?, replacing old: PassphraseCost? = nil) -> PassphraseCost {
        let wanted = max(standard.memory, old?.memory ?? 0)
        let smaller = [standard.memory, standard.memory / 2, memoryBounds.lowerBound]
        let memory =
            ([wanted] + smaller).first { UInt64($0) * 2 <= available ?? .max } ?? memoryBounds.lowerBound
        let work = max(standard.work, old?.work ?? 0)
        let passes = UInt32(clamping: (work + UInt64(memory) - 1) / UInt64(memory))
        return PassphraseCost(uncheckedPasses: clamped(passes), memory: memory)
    }

    /// The cost for this machine, after one derivation at this cost: more passes where it was quick, and else the same.
    ///
    /// - Parameter seconds: how much of the processor's time the derivation took.
    public func calibrated(took seconds: Double) -> PassphraseCost {
        guard seconds < Self.target else { return self }
        // Rounded down: a second run must be worth it. A clock that stood still asks for as much as there is.
        let factor = Self.target / max(seconds, 0.001)
        let raised = UInt32(min(Double(passes) * factor, Double(Self.passesBounds.upperBound)))
        return PassphraseCost(uncheckedPasses: Self.clamped(max(passes, raised)), memory: memory)
    }

    /// How much there is to do: KiB times passes.
    private var work: UInt64 { UInt64(memory) * UInt64(passes) }

    private static func clamped(_ passes: UInt32) -> UInt32 {
        min(max(passes, passesBounds.lowerBound), passesBounds.upperBound)
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
        // Argon2 goes further down than all others.
        wipeStack(8 << 10)
        guard status == 0 else { throw .noMemory }
        self.init(unchecked: key)
    }
}
