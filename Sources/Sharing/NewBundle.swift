public import Sealing

/// Access keys on their way into a bundle.
public struct NewBundle: ~Copyable {
    private var plain = SecretBuilder()

    /// Nothing yet.
    public init() {}

    /// Adds a profile's key; profiles come in the order of their bytes, each once.
    public mutating func add(
        _ secret: borrowing SecretBytes, accessKeyID: String, profile: String, exposed: Bool, isSessionsOnly: Bool
    ) throws(BundleError) {
        guard profile.utf8.count <= UInt16.max, accessKeyID.utf8.count <= SharedKeys.longestID,
            secret.count <= SharedKeys.longestSecret
        else { throw .tooLarge }
        SharedKeys.add(
            secret, accessKeyID: accessKeyID, profile: profile, exposed: exposed, isSessionsOnly: isSessionsOnly,
            to: &plain)
    }

    /// Seals it for recipients.
    ///
    /// - Parameters:
    ///   - sender: who signs it.
    ///   - recipients: who can open it, each once: 1 to 32.
    ///   - created: the time, in seconds since 1970.
    ///   - expires: a later time, from when on nobody takes it any more.
    /// - Throws: ``BundleError``: `tooLarge`, `weakRecipient`.
    public consuming func sealed(
        by sender: borrowing Identity, for recipients: [PublicIdentity], created: UInt64, expires: UInt64
    ) throws(BundleError) -> [UInt8] {
        guard recipients.count <= BundleHeader.mostStanzas else { throw .tooLarge }
        return try sealed(
            by: sender, created: created, expires: expires, stanzaCount: recipients.count,
            stanzasSize: recipients.count * Stanza.recipientSize
        ) { (fileKey, header) throws(BundleError) in
            var stanzas: [Stanza] = []
            for recipient in recipients {
                let pair = ReceivingKey()
                let binding = pair.publicKey + recipient.bytes
                guard let key = pair.agreement(with: recipient.receiving.span, binding: binding.span) else {
                    throw .weakRecipient(recipient)
                }
                stanzas.append(
                    Stanza(
                        wrapping: fileKey, kind: .recipient(recipient, ephemeral: pair.publicKey), under: key,
                        header: header))
            }
            return stanzas
        }
    }

    /// Seals it under a passphrase.
    ///
    /// - Parameter passphrase: its bytes as typed, UTF-8, without the end of line.
    /// - Throws: ``BundleError``: `tooLarge`, `noMemory`.
    public consuming func sealed(
        by sender: borrowing Identity, under passphrase: borrowing SecretBytes, cost: PassphraseCost = .standard,
        created: UInt64, expires: UInt64
    ) throws(BundleError) -> [UInt8] {
        let salt = randomBytes(SealingKey.saltSize)
        return try sealed(
            by: sender, created: created, expires: expires, stanzaCount: 1, stanzasSize: Stanza.passphraseSize
        ) { (fileKey, header) throws(BundleError) in
            let key: SealingKey
            do throws(SealingError) {
                key = try SealingKey(passphrase: passphrase, salt: salt.span, cost: cost)
            } catch {
                throw .noMemory
            }
            return [Stanza(wrapping: fileKey, kind: .passphrase(salt: salt, cost: cost), under: key, header: header)]
        }
    }

    consuming func sealed(
        by sender: borrowing Identity, created: UInt64, expires: UInt64, stanzaCount: Int, stanzasSize: Int,
        stanzas: (borrowing SealingKey, _ header: [UInt8]) throws(BundleError) -> [Stanza]
    ) throws(BundleError) -> [UInt8] {
        let content = SharedKeys.ended(plain)
        let header = BundleHeader(
            stanzaCount: stanzaCount, id: randomBytes(16), created: created, expires: expires, sender: sender.published,
            stanzasSize: stanzasSize, contentSize: content.count + BundleContent.overhead)
        guard header.bundleSize <= BundleHeader.largestBundle else { throw .tooLarge }
        let fileKey = SealingKey()
        var bytes = header.bytes
        for stanza in try stanzas(fileKey, bytes) { bytes += stanza.bytes }
        bytes += BundleContent.sealed(content, with: fileKey, after: bytes)
        return bytes + sender.signing.signature(of: bytes.span)
    }
}
