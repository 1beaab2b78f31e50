import Sealing
import TestSupport
import Testing

@testable import Sharing

@Suite("Bundles")
struct BundleTests {
    @Test("each of the recipients opens one, with all that was said of the keys, and nobody else does")
    func recipients() throws {
        let other = Identity(created: 4)
        let bytes = try sealed(by: sender, for: [recipient.published, other.published])
        let bundle = try SealedBundle(reading: bytes)
        #expect(bundle.sender == sender.published)
        #expect(bundle.recipients == [recipient.published, other.published])
        #expect(!bundle.hasPassphrase)
        for number in 0..<2 {
            let opened = try number == 0 ? bundle.open(as: recipient) : bundle.open(as: other)
            #expect(opened.keys.map(\.profile) == ["dev", "prod"])
            #expect(opened.keys.map(\.accessKeyID) == [exampleID, otherID])
            #expect(opened.keys.map(\.exposed) == [true, false])
            #expect(opened.keys.map(\.isSessionsOnly) == [false, true])
            #expect(opened.keys.map { opened.secret(of: $0).text() } == [exampleSecret, otherSecret])
        }
        let refused = BundleError.notForThis([recipient.published, other.published])
        #expect(refusal(of: bytes, for: stranger) == refused)
        #expect(refusal(of: bytes, for: sender) == refused, "not even who made it")
    }

    @Test("a passphrase opens one, another one doesn't, and no identity does")
    func passphrases() throws {
        let bytes = try sampleKeys().sealed(
            by: sender, under: passphrase(), cost: leastCost, created: made, expires: expiry)
        let bundle = try SealedBundle(reading: bytes)
        #expect(bundle.hasPassphrase && bundle.recipients.isEmpty && bundle.sender == sender.published)
        let opened = try bundle.open(with: passphrase())
        #expect(opened.keys.map { opened.secret(of: $0).text() } == [exampleSecret, otherSecret])
        let wrong = problem { () throws(BundleError) in
            _ = try bundle.open(with: SecretBytes(text: "correct horse battery stapler"))
        }
        #expect(wrong == .wrongPassphrase)
        #expect(refusal(of: bytes, for: sender) == .notForThis([]))
        let forRecipient = try SealedBundle(reading: sealed(by: sender, for: [recipient.published]))
        let none = problem { () throws(BundleError) in _ = try forRecipient.open(with: passphrase()) }
        #expect(none == .notForThis([recipient.published]))
    }

    @Test("one is good from five minutes before it was made, for clocks differ, until it expires")
    func times() throws {
        let bytes = try sealed(by: sender, for: [recipient.published])
        #expect(refusal(of: bytes, for: recipient, at: made - 301) == .notYetMade(made))
        #expect(refusal(of: bytes, for: recipient, at: made - 300) == nil)
        #expect(refusal(of: bytes, for: recipient, at: expiry - 1) == nil)
        #expect(refusal(of: bytes, for: recipient, at: expiry) == .expired(expiry))
        #expect(refusal(of: bytes, for: recipient, at: .max) == .expired(expiry))
        #expect(refusal(of: bytes, for: recipient, at: 0) == .notYetMade(made))
    }

    @Test("times that make no sense are refused", arguments: [made, made - 1, 253_402_300_800])
    func senselessTimes(expires: UInt64) throws {
        let bytes = try sealed(by: sender, for: [recipient.published], expires: expires)
        #expect(refusal(of: bytes, for: recipient) == .damaged(.header))
    }

    @Test("who signs it anew is its sender then, and can't seal what he can't open")
    func signedAnew() throws {
        let bytes = signed(try sealed(by: sender, for: [recipient.published]), by: stranger)
        #expect(try SealedBundle(reading: bytes).sender.fingerprint == stranger.published.fingerprint)
        #expect(refusal(of: bytes, for: recipient) == .damaged(.recipients))
    }

    @Test("a recipient can't pass one on in its sender's name")
    func forwarding() throws {
        // The file key is the recipient's to have, and so is a stanza for somebody else.
        let bytes = try sealed(by: sender, for: [recipient.published])
        let bundle = try SealedBundle(reading: bytes)
        guard case .recipient(_, let ephemeral) = bundle.stanzas[0].kind,
            let key = recipient.receiving.agreement(
                with: ephemeral.span, binding: (ephemeral + recipient.published.bytes).span),
            let fileKey = bundle.stanzas[0].unwrap(with: key, header: bundle.header.bytes)
        else {
            Issue.record("the recipient has no file key")
            return
        }
        let pair = ReceivingKey()
        let binding = pair.publicKey + stranger.published.bytes
        let shared = try present(pair.agreement(with: stranger.published.receiving.span, binding: binding.span))
        let stanza = Stanza(
            wrapping: fileKey, kind: .recipient(stranger.published, ephemeral: pair.publicKey), under: shared,
            header: bundle.header.bytes)
        var forwarded = bytes
        forwarded.replaceSubrange(BundleHeader.size..<bundle.header.contentOffset, with: stanza.bytes)
        #expect(refusal(of: forwarded, for: stranger) == .damaged(.signature))
        #expect(
            refusal(of: signed(forwarded, by: sender), for: stranger) == .damaged(.content),
            "the content knows whom it is for")
    }

    @Test("one with what a later version may add is read, and one with what it must not pass over is refused")
    func later() throws {
        func changed(_ change: (inout [UInt8]) -> Void) throws -> BundleError? {
            var bytes = try sealed(by: sender, for: [recipient.published, stranger.published])
            change(&bytes)
            return refusal(of: signed(bytes, by: sender), for: recipient)
        }
        #expect(try changed { $0[8] = 2 } == .newer(major: 2, minor: 0))
        #expect(try changed { $0[12] = 2 } == .newer(major: 1, minor: 0))
        let second = BundleHeader.size + Stanza.recipientSize
        #expect(try changed { $0[second] = 0x80 } == .newer(major: 1, minor: 0))
        #expect(try changed { $0[second] = 0 } == .newer(major: 1, minor: 0))
        // What is passed over is bound to the content all the same.
        #expect(try changed { $0[second] = 0x7F } == .damaged(.content))
        #expect(try changed { $0[10] = 9 } == .damaged(.recipients))
    }

    @Test("no recipient stands in it twice, and no other way in beside a passphrase")
    func ways() throws {
        let twice = try sealed(by: sender, for: [recipient.published, recipient.published])
        #expect(refusal(of: twice, for: recipient) == .damaged(.recipients))
        var mixed = try sealed(by: sender, for: [recipient.published, stranger.published])
        let second = BundleHeader.size + Stanza.recipientSize
        let phrase = Stanza(
            wrapping: .counting(), kind: .passphrase(salt: [UInt8](0..<16), cost: leastCost), under: .counting(),
            header: [])
        mixed.replaceSubrange(second..<second + Stanza.recipientSize, with: phrase.bytes)
        mixed.replaceSubrange(112..<114, with: [UInt8((Stanza.recipientSize + Stanza.passphraseSize) & 0xFF), 1])
        #expect(refusal(of: signed(mixed, by: sender), for: recipient) == .damaged(.recipients))
    }

    @Test(
        "a passphrase that would cost too little or too much isn't tried",
        arguments: [(1, 65536), (2, 2 << 20)] as [(UInt32, UInt32)])
    func costs(passes: UInt32, memory: UInt32) throws {
        var bytes = try sampleKeys().sealed(
            by: sender, under: passphrase(), cost: leastCost, created: made, expires: expiry)
        var cost: [UInt8] = []
        cost.append(littleEndian: passes)
        cost.append(littleEndian: memory)
        bytes.replaceSubrange(BundleHeader.size + 20..<BundleHeader.size + 28, with: cost)
        let error = problem { () throws(BundleError) in _ = try SealedBundle(reading: signed(bytes, by: sender)) }
        #expect(error == .damaged(.recipients))
    }

    @Test("a public half of low order is good for nothing, on either side")
    func lowOrder() throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        let weak = PublicIdentity(signing: stranger.published.signing, receiving: zeros)
        let error = problem { () throws(any Error) in _ = try sealed(by: sender, for: [weak]) }
        #expect(error as? BundleError == .weakRecipient(weak))
        var bytes = try sealed(by: sender, for: [recipient.published])
        bytes.replaceSubrange(BundleHeader.size + 68..<BundleHeader.size + 100, with: zeros)
        #expect(refusal(of: signed(bytes, by: sender), for: recipient) == .damaged(.recipients))
    }

    @Test("its size tells little, and no bundle is larger than a mebibyte")
    func sizes() throws {
        func size(_ names: [String], for count: Int = 1) throws -> Int {
            let recipients = (0..<count).map { Identity(created: UInt64($0)).published }
            return try sampleKeys(names).sealed(by: sender, for: recipients, created: made, expires: expiry).count
        }
        #expect(try size(["a"]) == size((0..<9).map { "a profile with a long name \($0)" }))
        #expect(try size(["a"]) == 120 + 204 + 1096 + 64)
        #expect(try size(["a"], for: 32) == 120 + 32 * 204 + 1096 + 64)
        let tooMany = problem { () throws(any Error) in _ = try size(["a"], for: 33) }
        #expect(tooMany as? BundleError == .tooLarge)
        let many = (0..<20_000).map { "profile-\(100_000 + $0)" }
        let tooLarge = problem { () throws(any Error) in _ = try size(many) }
        #expect(tooLarge as? BundleError == .tooLarge)
        let long = problem { () throws(BundleError) in
            var bundle = NewBundle()
            try bundle.add(
                SecretBytes(zeros: 1025), accessKeyID: exampleID, profile: "a", exposed: false, isSessionsOnly: false)
        }
        #expect(long == .tooLarge)
    }

    @Test("what is sealed in it must be as it is written", arguments: BrokenContent.all)
    func contents(broken: BrokenContent) throws {
        let error = problem { () throws(BundleError) in
            _ = try SharedKeys(reading: SecretBytes(copying: broken.bytes.span), minor: 0)
        }
        #expect(error == broken.error)
    }
}

/// Plain bytes of keys that no writer makes.
struct BrokenContent: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: [UInt8]
    var error = BundleError.damaged(.content)

    static let all: [BrokenContent] = [
        .init(testDescription: "nothing at all", bytes: []),
        .init(testDescription: "no key", bytes: filled([])),
        .init(testDescription: "no filling", bytes: key("a") + [0, 0]),
        .init(testDescription: "too much filling", bytes: filled(key("a")) + [UInt8](repeating: 0, count: 1024)),
        .init(testDescription: "something in the filling", bytes: filled(key("a")).dropLast() + [1]),
        .init(testDescription: "the same profile twice", bytes: filled(key("a") + key("a"))),
        .init(testDescription: "profiles in another order", bytes: filled(key("b") + key("a"))),
        .init(testDescription: "a name that is no UTF-8", bytes: filled([1, 0, 0xFF] + key("a").dropFirst(3))),
        .init(testDescription: "a name that goes past the end", bytes: filled([0xFF, 0xFF])),
        .init(testDescription: "an empty id", bytes: filled(key("a", id: ""))),
        .init(testDescription: "a space in an id", bytes: filled(key("a", id: "AKIA EXAMPLE"))),
        .init(testDescription: "a long id", bytes: filled(key("a", id: String(repeating: "A", count: 129)))),
        .init(testDescription: "an empty secret", bytes: filled(key("a", secret: ""))),
        .init(testDescription: "a line feed in a secret", bytes: filled(key("a", secret: "EXAMPLE\n"))),
        .init(testDescription: "a long secret", bytes: filled(key("a", secret: String(repeating: "A", count: 1025)))),
        .init(
            testDescription: "a flag of a later version", bytes: filled(key("a", flags: 4)),
            error: .newer(major: 1, minor: 0)),
    ]

    private static func key(
        _ name: String, id: String = exampleID, flags: UInt8 = 0, secret: String = exampleSecret
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt16(name.utf8.count))
        bytes += name.utf8
        bytes += [UInt8(id.utf8.count)] + id.utf8 + [flags]
        bytes.append(littleEndian: UInt16(secret.utf8.count))
        return bytes + secret.utf8
    }

    private static func filled(_ keys: [UInt8]) -> [UInt8] {
        let size = (keys.count + 2 + 1023) / 1024 * 1024
        return keys + [UInt8](repeating: 0, count: size - keys.count)
    }
}
