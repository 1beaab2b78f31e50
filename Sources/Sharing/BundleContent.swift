import Sealing

/// The sealed part of a bundle: what shows that it is the right file key, a nonce, and the keys.
enum BundleContent {
    /// The size in bytes of what isn't the keys.
    static let overhead = SealingKey.commitmentSize + Sealed.nonceSize + Sealed.tagSize
    /// The size in bytes of one without keys.
    static let smallest = overhead + SharedKeys.paddedSize(1)

    /// Seals the keys.
    ///
    /// - Parameter head: all that lies before it in the bundle.
    static func sealed(_ plain: borrowing SecretBytes, with fileKey: borrowing SealingKey, after head: [UInt8])
        -> [UInt8]
    {
        let commitment = fileKey.commitment(context: "bndlpcom", binding: head.span)
        let nonce = randomBytes(Sealed.nonceSize)
        let before = head + commitment + nonce
        let key = fileKey.derived("bndlload")
        return commitment + nonce
            + plain.withBytes { Sealed.seal($0, associated: before.span, nonce: nonce.span, with: key) }
    }

    /// Opens them.
    ///
    /// - Parameters:
    ///   - bundle: the whole bundle.
    ///   - header: its header.
    static func open(
        _ bundle: borrowing Span<UInt8>, _ header: BundleHeader, with fileKey: borrowing SealingKey
    ) throws(BundleError) -> SharedKeys {
        let nonceOffset = header.contentOffset + SealingKey.commitmentSize
        let sealedOffset = nonceOffset + Sealed.nonceSize
        let commitment = bundle.extracting(header.contentOffset..<nonceOffset).array()
        guard
            fileKey.commitment(context: "bndlpcom", binding: bundle.extracting(..<header.contentOffset)) == commitment
        else { throw .damaged(.content) }
        let plain: SecretBytes
        do throws(SealingError) {
            plain = try Sealed.open(
                bundle.extracting(sealedOffset..<header.signatureOffset),
                associated: bundle.extracting(..<sealedOffset),
                nonce: bundle.extracting(nonceOffset..<sealedOffset), with: fileKey.derived("bndlload"))
        } catch {
            throw .damaged(.content)
        }
        return try SharedKeys(reading: plain, minor: header.minor)
    }
}
