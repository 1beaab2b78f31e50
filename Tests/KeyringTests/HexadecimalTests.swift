import Sealing
import Testing

@testable import Keyring

private let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

private func isKey(_ text: String) -> Bool { Hexadecimal.decode(Array(text.utf8).span) != nil }

@Test("a key is written as 64 lower-case digits and read back from them")
func keyIsReadBack() {
    guard let key = Hexadecimal.decode(Array(digits.utf8).span) else {
        Issue.record("no key")
        return
    }
    #expect(key.withBytes { $0.array() } == Array(0...30) + [255])
    #expect(Hexadecimal.encode(key).withBytes { $0.array() } == Array(digits.utf8))
}

@Test("what isn't exactly 64 lower-case digits is no key")
func anythingElseIsNoKey() {
    #expect(isKey(digits))
    #expect(!isKey(""))
    #expect(!isKey(String(digits.dropLast())))
    #expect(!isKey(String(digits.dropLast(2))))
    #expect(!isKey(digits + "00"))
    #expect(!isKey(digits + "\n"))
    #expect(!isKey(digits.uppercased()))
    for neighbour in ["/", ":", "`", "g", " ", "\0", "é"] {
        #expect(!isKey(neighbour + digits.dropFirst(neighbour.utf8.count)), "\(neighbour)")
        #expect(!isKey(digits.dropLast(neighbour.utf8.count) + neighbour), "\(neighbour)")
    }
}

@Test("identifiers are written in lower-case hexadecimal")
func identifiersAreHexadecimal() {
    #expect(hexadecimal([]) == "")
    #expect(hexadecimal([0x00, 0x9a, 0xf0, 0xff]) == "009af0ff")
}
