import Sealing
import TestSupport
import Testing

@Suite("Key pairs")
struct KeyPairTests {
    /// RFC 8032, section 7.1, test 2.
    @Test("signatures are those of RFC 8032")
    func signing() throws {
        let seed = bytes(hexadecimal: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
        let pair = try present(SigningKey(seed: SecretBytes(copying: seed.span)))
        let publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        #expect(hexadecimal(pair.publicKey) == publicKey)
        let message: [UInt8] = [0x72]
        let signature = pair.signature(of: message.span)
        #expect(
            hexadecimal(signature) == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
        #expect(pair.withSeed { $0.array() } == seed)
        func isGood(_ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]) -> Bool {
            SigningKey.isSignature(signature.span, of: message.span, by: key.span)
        }
        #expect(isGood(signature, message, pair.publicKey))
        #expect(!isGood(signature, [0x73], pair.publicKey))
        #expect(!isGood(signature, message, SigningKey().publicKey))
        #expect(!isGood(Array(signature.dropLast()), message, pair.publicKey))
        #expect(!isGood(signature, message, Array(pair.publicKey.dropLast())))
        let isNothing = isAbsent(SigningKey(seed: SecretBytes(zeros: 31)))
        #expect(isNothing)
    }

    /// RFC 7748, section 6.1.
    @Test("both sides agree on a key, as in RFC 7748, and on another one for each purpose")
    func agreeing() throws {
        let alice = try present(
            ReceivingKey(secret(Self.alice)))
        let bob = try present(ReceivingKey(secret(Self.bob)))
        #expect(hexadecimal(alice.publicKey) == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        #expect(hexadecimal(bob.publicKey) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        let (purpose, nothing) = (Array("purpose".utf8), [UInt8]())
        let one = try present(alice.agreement(with: bob.publicKey.span, binding: purpose.span))
        let two = try present(bob.agreement(with: alice.publicKey.span, binding: purpose.span))
        let three = try present(bob.agreement(with: alice.publicKey.span, binding: nothing.span))
        let (isSame, isAnother) = (one.isEqual(to: two), !one.isEqual(to: three))
        #expect(isSame && isAnother)
        #expect(hexadecimal(one.withBytes { $0.array() }) == Self.agreed)
    }

    @Test(
        "a public half of low order is refused",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "00",
        ])
    func lowOrder(half: String) {
        let purpose: [UInt8] = [1]
        let publicHalf = bytes(hexadecimal: half)
        let isNone = isAbsent(ReceivingKey().agreement(with: publicHalf.span, binding: purpose.span))
        #expect(isNone)
        let isNothing = isAbsent(ReceivingKey(SecretBytes(zeros: 31)))
        #expect(isNothing)
    }

    private static let alice = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
    private static let bob = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
    private static let agreed = "b66f7b55796838a1fa6e3e1179172a4abc30e4b83af4f791e0d7ef7f052af49a"

    private func secret(_ digits: some StringProtocol) -> SecretBytes {
        SecretBytes(copying: bytes(hexadecimal: String(digits)).span)
    }
}

@Suite("Base 64")
struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(
        "letters are those of RFC 4648",
        arguments: [("", ""), ("f", "Zg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
    func letters(plain: String, text: String) {
        #expect(Base64.standard.text(of: plain.utf8.span) == text)
        #expect(Base64.standard.bytes(in: text.utf8.span) == Array(plain.utf8))
        let bare = text.replacing("=", with: "")
        #expect(Base64.urlSafe.text(of: plain.utf8.span) == bare)
        #expect(Base64.urlSafe.bytes(in: bare.utf8.span) == Array(plain.utf8))
    }

    @Test("each variant has its own letters, and nothing else is read")
    func variants() {
        let bytes: [UInt8] = [0xFB, 0xFF]
        #expect(Base64.standard.text(of: bytes.span) == "+/8=")
        #expect(Base64.urlSafe.text(of: bytes.span) == "-_8")
        for other in ["-_8=", "+/8", "+/9=", "+/8=\n", " +/8=", "+/8=A", "+/8==", "+"] {
            #expect(Base64.standard.bytes(in: other.utf8.span) == nil, "\(other)")
        }
        for other in ["+/8", "-_8=", "-_9", "-"] {
            #expect(Base64.urlSafe.bytes(in: other.utf8.span) == nil, "\(other)")
        }
    }
}
