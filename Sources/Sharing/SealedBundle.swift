public import Sealing

/// A bundle of access keys whose signature has been verified: its sender made it, to the last bit. Who that is, a
/// person has to know.
public struct SealedBundle: Sendable {
    let header: BundleHeader
    let stanzas: [Stanza]
    private let bytes: [UInt8]

    /// How far a sender's clock may be ahead, in seconds.
    private static let tolerance: UInt64 = 300

    /// Reads the bytes of a bundle, of which none is believed before its check.
    ///
    /// - Throws: ``BundleError``: `notABundle`, `newer`, `truncated`, `damaged`.
    public init(reading bytes: [UInt8]) throws(BundleError) {
        let header = try BundleHeader(reading: bytes.span)
        guard
            SigningKey.isSignature(
                bytes.span.extracting(header.signatureOffset...),
                of: bytes.span.extracting(..<header.signatureOffset), by: header.sender.signing.span)
        else { throw .damaged(.signature) }
        stanzas = try Stanza.read(
            bytes.span.extracting(BundleHeader.size..<header.contentOffset), count: header.stanzaCount,
            minor: header.minor)
        self.header = header
        self.bytes = bytes
    }

    /// Who signed it.
    public var sender: PublicIdentity { header.sender }
    /// From when on nobody takes it any more, in seconds since 1970.
    public var expires: UInt64 { header.expires }
    /// Whether a passphrase opens it, and no identity does.
    public var hasPassphrase: Bool { stanzas.contains { if case .passphrase = $0.kind { true } else { false } } }
    /// Whose identities open it.
    public var recipients: [PublicIdentity] { stanzas.compactMap(\.recipient) }

    /// Refuses a bundle at another time than its own.
    ///
    /// - Throws: ``BundleError``: `expired`, `notYetMade`.
    public func requireCurrent(at now: UInt64) throws(BundleError) {
        guard now < header.expires else { throw .expired(header.expires) }
        guard header.created <= now || header.created - now <= Self.tolerance else {
            throw .notYetMade(header.created)
        }
    }

    /// Opens it as one of its recipients.
    ///
    /// - Throws: ``BundleError``: `notForThis`, `damaged`, `newer`.
    public func open(as identity: borrowing Identity) throws(BundleError) -> SharedKeys {
        let own = identity.published
        for stanza in stanzas {
            guard case .recipient(own, let ephemeral) = stanza.kind else { continue }
            let binding = ephemeral + own.bytes
            // A public half of low order is nothing that a sender makes.
            guard let key = identity.receiving.agreement(with: ephemeral.span, binding: binding.span),
                let fileKey = stanza.unwrap(with: key, header: header.bytes)
            else { throw .damaged(.recipients) }
            return try open(with: fileKey)
        }
        throw .notForThis(recipients)
    }

    /// Opens it with its passphrase.
    ///
    /// - Throws: ``BundleError``: `notForThis`, `wrongPassphrase`, `noMemory`, `damaged`, `newer`.
    public func open(with passphrase: borrowing SecretBytes) throws(BundleError) -> SharedKeys {
        guard case .passphrase(let salt, let cost)? = stanzas.first?.kind else { throw .notForThis(recipients) }
        let key: SealingKey
        do throws(SealingError) {
            key = try SealingKey(passphrase: passphrase, salt: salt.span, cost: cost)
        } catch {
            throw .noMemory
        }
        return try open(with: key, of: stanzas[0])
    }

    /// Opens it with what its passphrase gives.
    func open(with key: borrowing SealingKey, of stanza: Stanza) throws(BundleError) -> SharedKeys {
        guard let fileKey = stanza.unwrap(with: key, header: header.bytes) else { throw .wrongPassphrase }
        return try open(with: fileKey)
    }

    func open(with fileKey: borrowing SealingKey) throws(BundleError) -> SharedKeys {
        try BundleContent.open(bytes.span, header, with: fileKey)
    }
}
