import Sealing
import TestSupport

@testable import Sharing

private let sender: Identity = {
    guard let identity = Identity(reading: SecretBytes(zeros: 72)) else { fatalError("an identity has 72 bytes") }
    return identity
}()

/// Reads what comes from others: the first byte says what it is. What can be read must be the same once it is written
/// again.
func tryBundle(_ bytes: borrowing Span<UInt8>) {
    guard bytes.count > 0 else { return }
    let given = bytes.extracting(1...).array()
    switch bytes[0] % 3 {
    case 0: tryContent(of: signed(given))
    case 1:
        guard let bundle = try? Armor.bundle(in: given.span) else { return }
        let text = Array(Armor.text(of: bundle).utf8)
        guard let again = try? Armor.bundle(in: text.span) else { fatalError("a text can't be read again") }
        require(again == bundle, "another bundle")
    default:
        let text = String(decoding: given, as: UTF8.self)
        if let identity = try? PublicIdentity(text) { require(identity.text == text, "another line") }
        if let print = PublicIdentity.fingerprint(typed: text) {
            require(PublicIdentity.fingerprint(typed: print) == print, "another fingerprint")
        }
    }
}

private func tryContent(of bytes: [UInt8]) {
    guard let bundle = try? SealedBundle(reading: bytes) else { return }
    let head = bundle.header.bytes + bundle.stanzas.flatMap(\.bytes)
    require(head == Array(bytes[..<bundle.header.contentOffset]), "another header, or other stanzas")
    _ = try? bundle.open(as: sender)
    guard let keys = try? bundle.open(with: SealingKey.counting()) else { return }
    var plain = SecretBuilder()
    for key in keys.keys {
        SharedKeys.add(
            keys.secret(of: key), accessKeyID: key.accessKeyID, profile: key.profile, exposed: key.exposed,
            isSessionsOnly: key.isSessionsOnly, to: &plain)
    }
    let written = BundleContent.sealed(SharedKeys.ended(plain), with: .counting(), after: head)
    require(written.count == bundle.header.contentSize, "another size")
}

/// The same bundle with its content sealed, by a sender who signs it, as far as the parts are where they should be.
private func signed(_ plain: [UInt8]) -> [UInt8] {
    guard let header = try? BundleHeader(reading: plain.span) else { return plain }
    var bundle = Array(plain[..<header.contentOffset])
    bundle.replaceSubrange(48..<112, with: sender.published.bytes)
    let before = SealingKey.commitmentSize + Sealed.nonceSize
    let content = plain[header.contentOffset + before..<header.signatureOffset - Sealed.tagSize]
    bundle += BundleContent.sealed(SecretBytes(copying: Array(content).span), with: .counting(), after: bundle)
    return bundle + sender.signing.signature(of: bundle.span)
}
