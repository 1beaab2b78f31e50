import Sealing
import TestSupport
import Testing

@Suite("Authenticated encryption")
struct SealedTests {
    private let nonce = [UInt8](repeating: 7, count: Sealed.nonceSize)
    private let associated = Array("header".utf8)

    @Test("what was sealed opens with the same key, nonce and associated data")
    func roundTrip() throws {
        let sealed = Sealed.seal("secret".utf8.span, associated: associated.span, nonce: nonce.span, with: .counting())
        let opened = try Sealed.open(sealed.span, associated: associated.span, nonce: nonce.span, with: .counting())
        #expect(opened.text() == "secret")
        let inPlace = try Sealed.open(
            inPlace: SecretBytes(copying: sealed.span), associated: associated.span, nonce: nonce.span,
            with: .counting())
        #expect(inPlace.text() == "secret")
        #expect(sealed.count == 6 + Sealed.tagSize)
    }

    @Test("no bit can change, and no byte can go")
    func everyBit() {
        let sealed = Sealed.seal("secret".utf8.span, associated: associated.span, nonce: nonce.span, with: .counting())
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(refusal(changed, associated, nonce) == .notAuthentic)
        }
        for count in 0..<sealed.count {
            #expect(refusal(Array(sealed.prefix(count)), associated, nonce) == .notAuthentic)
        }
        #expect(refusal(sealed, [], nonce) == .notAuthentic)
        #expect(refusal(sealed, associated, Array(nonce.dropLast())) == .notAuthentic)
    }

    private func refusal(_ sealed: [UInt8], _ associated: [UInt8], _ nonce: [UInt8]) -> SealingError? {
        let inPlace = problem { () throws(SealingError) in
            _ = try Sealed.open(
                inPlace: SecretBytes(copying: sealed.span), associated: associated.span, nonce: nonce.span,
                with: .counting())
        }
        let copied = problem { () throws(SealingError) in
            _ = try Sealed.open(sealed.span, associated: associated.span, nonce: nonce.span, with: .counting())
        }
        return inPlace == copied ? copied : nil
    }

    @Test("Wycheproof's vectors for XChaCha20-Poly1305", .enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
    func wycheproof() throws {
        struct File: Decodable { let testGroups: [Group] }
        struct Group: Decodable { let tests: [Case] }
        struct Case: Decodable { let tcId: Int; let key, iv, aad, msg, ct, tag, result: String }

        var count = 0
        for test in try Vectors.read("wycheproof/xchacha20_poly1305_test.json", as: File.self).testGroups.flatMap(
            \.tests)
        {
            guard let key = SealingKey(SecretBytes(copying: bytes(hexadecimal: test.key).span)) else { continue }
            let (nonce, aad, sealed) = (
                bytes(hexadecimal: test.iv), bytes(hexadecimal: test.aad),
                bytes(hexadecimal: test.ct) + bytes(hexadecimal: test.tag)
            )
            do throws(SealingError) {
                let plain = try Sealed.open(sealed.span, associated: aad.span, nonce: nonce.span, with: key)
                #expect(test.result == "valid" && plain.array() == bytes(hexadecimal: test.msg), "case \(test.tcId)")
            } catch {
                #expect(test.result == "invalid", "case \(test.tcId)")
            }
            count += 1
        }
        #expect(count > 300)
    }
}

@Suite("Keys")
struct SealingKeyTests {
    @Test("a commitment belongs to one key, one purpose and one binding")
    func commitments() {
        let one = SealingKey.counting().commitment(context: "purpose1", binding: [1].span)
        #expect(one.count == SealingKey.commitmentSize)
        #expect(one == SealingKey.counting().commitment(context: "purpose1", binding: [1].span))
        #expect(one != SealingKey.counting(from: 1).commitment(context: "purpose1", binding: [1].span))
        #expect(one != SealingKey.counting().commitment(context: "purpose2", binding: [1].span))
        #expect(one != SealingKey.counting().commitment(context: "purpose1", binding: [2].span))
    }

    @Test("a key of another size is none")
    func size() {
        for (count, isKey) in [(31, false), (32, true), (33, false)] {
            let key = SealingKey(SecretBytes(zeros: count))
            let isThere = key != nil
            #expect(isThere == isKey)
        }
    }

    @Test(
        "a passphrase's cost stays within its bounds",
        arguments: [(1, 65536), (11, 65536), (2, 65535), (2, 1_048_577), (0, 0), (.max, .max)] as [(UInt32, UInt32)])
    func bounds(passes: UInt32, memory: UInt32) {
        #expect(
            problem { () throws(SealingError) in _ = try PassphraseCost(passes: passes, memory: memory) }
                == .costOutOfBounds)
    }

    @Test("Argon2id gives what the reference implementation gives")
    func argon2() throws {
        let key = try SealingKey(
            passphrase: SecretBytes(text: "password"), salt: "saltsaltsaltsalt".utf8.span,
            cost: PassphraseCost(passes: 2, memory: 65536))
        let text = hexadecimal(key.withBytes { $0.array() })
        #expect(text == "7640855aef9cb6ffd20229601d2904a2192e372b391db8230d7faf073b393e4c")
    }
}
