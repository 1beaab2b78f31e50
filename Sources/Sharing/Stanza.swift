import Sealing

/// One way into a bundle: the file key, sealed for a recipient or under a passphrase.
struct Stanza: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// Whom it is for, and the public half of a pair that was made for this stanza alone.
        case recipient(PublicIdentity, ephemeral: [UInt8])
        case passphrase(salt: [UInt8], cost: PassphraseCost)
        /// A kind of a later version, which may be passed over: its number and its parameters.
        case unknown(UInt8, parameters: [UInt8])
    }

    let kind: Kind
    /// What only the right key gives; compared before the wrap is opened.
    let commitment: [UInt8]
    let nonce: [UInt8]
    /// The file key, sealed.
    let wrapped: [UInt8]

    private static let wrappedSize = SealingKey.size + Sealed.tagSize
    private static let sealSize = SealingKey.commitmentSize + Sealed.nonceSize + wrappedSize
    private static let headSize = 4
    /// The size in bytes of one for a recipient.
    static let recipientSize = headSize + PublicIdentity.size + ReceivingKey.size + sealSize
    /// The size in bytes of one for a passphrase.
    static let passphraseSize = headSize + SealingKey.saltSize + 8 + sealSize

    private init(kind: Kind, commitment: [UInt8], nonce: [UInt8], wrapped: [UInt8]) {
        self.kind = kind
        self.commitment = commitment
        self.nonce = nonce
        self.wrapped = wrapped
    }

    /// Seals a file key.
    ///
    /// - Parameters:
    ///   - key: what the recipient or the passphrase gives.
    ///   - header: the bytes of the bundle's header.
    init(wrapping fileKey: borrowing SealingKey, kind: Kind, under key: borrowing SealingKey, header: [UInt8]) {
        let bound = header + Self.prefix(kind)
        let nonce = randomBytes(Sealed.nonceSize)
        let wrapKey = key.derived("bndlwrap")
        self.init(
            kind: kind, commitment: key.commitment(context: "bndlcomm", binding: bound.span), nonce: nonce,
            wrapped: fileKey.withBytes {
                Sealed.seal($0, associated: bound.span, nonce: nonce.span, with: wrapKey)
            })
    }

    /// Opens it.
    ///
    /// - Returns: the file key; `nil` if `key` isn't the one.
    func unwrap(with key: borrowing SealingKey, header: [UInt8]) -> SealingKey? {
        let bound = header + Self.prefix(kind)
        guard key.commitment(context: "bndlcomm", binding: bound.span) == commitment else { return nil }
        do throws(SealingError) {
            return SealingKey(
                try Sealed.open(wrapped.span, associated: bound.span, nonce: nonce.span, with: key.derived("bndlwrap")))
        } catch {
            return nil
        }
    }
}

extension Stanza {
    /// Marks a kind that a reader who doesn't know it must not pass over.
    private static let critical: UInt8 = 0x80

    /// The stanza as it stands in the bundle.
    var bytes: [UInt8] { Self.prefix(kind) + commitment + nonce + wrapped }

    private static func prefix(_ kind: Kind) -> [UInt8] {
        let (number, parameters) = numbered(kind)
        var bytes: [UInt8] = [number, 0]
        bytes.append(littleEndian: UInt16(parameters.count))
        return bytes + parameters
    }

    private static func numbered(_ kind: Kind) -> (UInt8, parameters: [UInt8]) {
        switch kind {
        case .recipient(let recipient, let ephemeral): return (1, recipient.bytes + ephemeral)
        case .passphrase(let salt, let cost):
            var parameters = salt
            parameters.append(littleEndian: cost.passes)
            parameters.append(littleEndian: cost.memory)
            return (2, parameters)
        case .unknown(let number, let parameters): return (number, parameters)
        }
    }

    /// Reads `count` stanzas that fill `bytes` to the last one.
    static func read(_ bytes: borrowing Span<UInt8>, count: Int, minor: UInt16) throws(BundleError) -> [Stanza] {
        var stanzas: [Stanza] = []
        var offset = 0
        for _ in 0..<count {
            guard bytes.count - offset >= headSize + sealSize else { throw .damaged(.recipients) }
            let end = offset + headSize + Int(bytes.littleEndian(at: offset + 2, as: UInt16.self))
            guard bytes.count - end >= sealSize, bytes[offset + 1] == 0 else { throw .damaged(.recipients) }
            let seal = bytes.extracting(end..<end + sealSize)
            stanzas.append(
                Stanza(
                    kind: try kind(bytes[offset], bytes.extracting(offset + headSize..<end), minor: minor),
                    commitment: seal.extracting(0..<32).array(), nonce: seal.extracting(32..<56).array(),
                    wrapped: seal.extracting(56..<sealSize).array()))
            offset = end + sealSize
        }
        guard offset == bytes.count else { throw .damaged(.recipients) }
        let recipients = stanzas.compactMap(\.recipient)
        let hasPassphrase = stanzas.contains { if case .passphrase = $0.kind { true } else { false } }
        // Each passphrase costs as much as all recipients a thousand times.
        guard Set(recipients).count == recipients.count, !hasPassphrase || count == 1 else {
            throw .damaged(.recipients)
        }
        return stanzas
    }

    /// Whom it is for, if it is for somebody.
    var recipient: PublicIdentity? { if case .recipient(let recipient, _) = kind { recipient } else { nil } }

    private static func kind(
        _ number: UInt8, _ parameters: borrowing Span<UInt8>, minor: UInt16
    ) throws(BundleError) -> Kind {
        switch number {
        case 1:
            guard parameters.count == PublicIdentity.size + ReceivingKey.size else { throw .damaged(.recipients) }
            return .recipient(
                PublicIdentity(parameters.extracting(..<PublicIdentity.size)),
                ephemeral: parameters.extracting(PublicIdentity.size...).array())
        case 2:
            guard parameters.count == SealingKey.saltSize + 8 else { throw .damaged(.recipients) }
            do throws(SealingError) {
                let cost = try PassphraseCost(
                    passes: parameters.littleEndian(at: SealingKey.saltSize),
                    memory: parameters.littleEndian(at: SealingKey.saltSize + 4))
                return .passphrase(salt: parameters.extracting(..<SealingKey.saltSize).array(), cost: cost)
            } catch {
                throw .damaged(.recipients)
            }
        default:
            guard number & critical == 0, number != 0 else { throw .newer(major: BundleHeader.major, minor: minor) }
            return .unknown(number, parameters: parameters.array())
        }
    }
}
