import Sealing
import TestSupport

@testable import Sharing

let sender = Identity(created: 1)
let recipient = Identity(created: 2)
let stranger = Identity(created: 3)

/// When the samples are made, and when they expire.
let made: UInt64 = 1_800_000_000
let expiry: UInt64 = made + 3600

/// The least that a passphrase may cost.
let leastCost: PassphraseCost = {
    guard let cost = try? PassphraseCost(passes: 2, memory: 64 * 1024) else { fatalError("the bounds have changed") }
    return cost
}()

/// The passphrase of the samples.
func passphrase() -> SecretBytes { SecretBytes(text: "correct horse battery staple") }

/// Two profiles' keys, or one more for each further name.
func sampleKeys(_ names: [String] = ["dev", "prod"]) throws(BundleError) -> NewBundle {
    var bundle = NewBundle()
    for (number, name) in names.enumerated() {
        let isFirst = number == 0
        try bundle.add(
            SecretBytes(text: isFirst ? exampleSecret : otherSecret), accessKeyID: isFirst ? exampleID : otherID,
            profile: name, exposed: isFirst, isSessionsOnly: !isFirst)
    }
    return bundle
}

/// A bundle for recipients.
func sealed(
    by sender: borrowing Identity, for recipients: [PublicIdentity], created: UInt64 = made, expires: UInt64 = expiry
) throws -> [UInt8] {
    try sampleKeys().sealed(by: sender, for: recipients, created: created, expires: expires)
}

/// What is wrong with a bundle for somebody who opens it at a time; `nil` if nothing is.
func refusal(of bytes: [UInt8], for identity: borrowing Identity, at now: UInt64 = made) -> BundleError? {
    do throws(BundleError) {
        let bundle = try SealedBundle(reading: bytes)
        try bundle.requireCurrent(at: now)
        _ = try bundle.open(as: identity)
        return nil
    } catch {
        return error
    }
}

/// The same bundle with a new signature, and with its maker in the header.
func signed(_ bytes: [UInt8], by signer: borrowing Identity) -> [UInt8] {
    var signed = Array(bytes.dropLast(SigningKey.signatureSize))
    signed.replaceSubrange(48..<112, with: signer.published.bytes)
    return signed + signer.signing.signature(of: signed.span)
}
