import Sealing
import TestSupport
import Testing

@testable import Sharing

@Suite("Identities")
struct PublicIdentityTests {
    private let identity = Identity(created: 7).published

    @Test("one is the same when its line is read again, or what the store keeps of it")
    func roundTrip() throws {
        #expect(try PublicIdentity(identity.text) == identity)
        #expect(identity.text.utf8.count == 100)
        let whole = Identity(created: 7)
        let again = try present(Identity(reading: whole.encoded()))
        #expect(again.published == whole.published && again.created == 7)
        let isNothing = isAbsent(Identity(reading: SecretBytes(zeros: 71)))
        #expect(isNothing)
    }

    @Test("one wrong, missing or exchanged character is noticed")
    func typos() {
        let letters = Array(identity.text)
        func error(_ letters: [Character]) -> PublicIdentity.TextError? {
            problem { () throws(PublicIdentity.TextError) in _ = try PublicIdentity(String(letters)) }
        }
        for place in letters.indices.dropFirst(8) {
            for other in "Az09-_+/=. é" where other != letters[place] {
                var changed = letters
                changed[place] = other
                #expect(error(changed) == .mistyped)
            }
            var missing = letters
            missing.remove(at: place)
            #expect(error(missing) == .mistyped)
            guard place > 8, letters[place] != letters[place - 1] else { continue }
            var exchanged = letters
            exchanged.swapAt(place, place - 1)
            #expect(error(exchanged) == .mistyped)
        }
        #expect(error(letters + ["A"]) == .mistyped)
        #expect(error(Array("awskeys2" + identity.text.dropFirst(8))) == .newer)
        for nobody in ["", "awskeys", "dev", "awskeys-1", "AWSKEYS1", "age1qqqq", "awskeysé"] {
            #expect(error(Array(nobody)) == .notOne)
        }
    }

    @Test("a fingerprint is of both keys, and is read as people write it")
    func fingerprints() throws {
        let other = Identity(created: 7).published
        let mixed = [
            PublicIdentity(signing: identity.signing, receiving: other.receiving),
            PublicIdentity(signing: other.signing, receiving: identity.receiving), other, identity,
        ]
        #expect(Set(mixed.map(\.fingerprint)).count == 4)
        #expect(try #require(identity.fingerprint.wholeMatch(of: /([0-9a-f]{4}-){5}[0-9a-f]{4}/)).0.count == 29)
        let digits = identity.fingerprint.replacing("-", with: "")
        for typed in [identity.fingerprint, digits, identity.fingerprint.uppercased(), digits + " "] {
            #expect(PublicIdentity.fingerprint(typed: typed) == identity.fingerprint)
        }
        for typed in ["", String(digits.dropLast()), digits + "0", "g" + digits.dropFirst(), identity.text] {
            #expect(PublicIdentity.fingerprint(typed: typed) == nil)
        }
    }
}

@Suite("The text of bundles")
struct ArmorTests {
    @Test("it is the same bundle after the ways that text goes", arguments: [0, 1, 47, 48, 49, 1484])
    func roundTrip(size: Int) throws {
        let bundle = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let text = Armor.text(of: bundle)
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 64 })
        for sent in [
            text, "\u{FEFF}" + text, text.replacing("\n", with: "\r\n"), "\r\n \t" + text + "\n\n ",
            String(text.dropLast()),
        ] {
            #expect(try Armor.bundle(in: Array(sent.utf8).span) == bundle)
        }
    }

    @Test("no other text is one")
    func refused() {
        let text = Armor.text(of: [UInt8](0..<100))
        func error(_ text: String) -> BundleError? {
            problem { () throws(BundleError) in _ = try Armor.bundle(in: Array(text.utf8).span) }
        }
        #expect(error("") == .notABundle && error(" \n") == .notABundle && error("[default]\n") == .notABundle)
        #expect(error("Dear Ann,\n" + text) == .notABundle)
        #expect(error(text + "Yours, Ben\n") == .damaged(.text))
        #expect(error(text.replacing("\n-----END", with: "\n\n-----END")) == .damaged(.text))
        #expect(error(text.replacing("BUNDLE-----\n", with: "BUNDLE----- \n")) == .damaged(.text))
        #expect(error(text.replacing("=", with: "")) == .damaged(.text))
        #expect(error(text.replacing("AAEC", with: "AAE*")) == .damaged(.text))
        #expect(error(text + String(repeating: "\n", count: Armor.largest)) == .damaged(.text))
    }
}
