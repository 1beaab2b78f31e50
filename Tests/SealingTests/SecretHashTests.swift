import Sealing
import TestSupport
import Testing

@Suite("Hashes with and without a key")
struct SecretHashTests {
    /// RFC 4231, sections 4.2 to 4.5, 4.7 and 4.8; 4.6 is about shortened codes.
    private static let official: [(key: [UInt8], message: [UInt8], code: String)] = [
        (
            Array(repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Array(repeating: 0xaa, count: 20), Array(repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), Array(repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            Array(repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            Array(repeating: 0xaa, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test("HMAC-SHA-256 gives the codes of RFC 4231", arguments: official.indices)
    func rfc4231(index: Int) {
        let (key, message, code) = Self.official[index]
        #expect(hexadecimal(hmac(message, key: key)) == code)
    }

    @Test("Wycheproof's vectors for HMAC-SHA-256", .enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
    func wycheproof() throws {
        struct File: Decodable { let testGroups: [Group] }
        struct Group: Decodable { let tagSize: Int; let tests: [Case] }
        struct Case: Decodable { let tcId: Int; let key, msg, tag, result: String }

        var count = 0
        for group in try Vectors.read("wycheproof/hmac_sha256_test.json", as: File.self).testGroups {
            for test in group.tests {
                let (message, key) = (bytes(hexadecimal: test.msg), bytes(hexadecimal: test.key))
                let code = hmac(message, key: key).prefix(group.tagSize / 8)
                #expect((Array(code) == bytes(hexadecimal: test.tag)) == (test.result == "valid"), "case \(test.tcId)")
                count += 1
            }
        }
        #expect(count == 174)
    }

    @Test(
        "SHA-256 gives the digests of FIPS 180-4's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func digests(message: String, digest: String) {
        #expect(hexadecimal(sha256(message.utf8.span)) == digest)
    }

    private func hmac(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        hmacSHA256(message.span, key: SecretBytes(copying: key.span)).array()
    }
}
