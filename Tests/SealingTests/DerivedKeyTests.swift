import Sealing
import TestSupport
import Testing

// The values were worked out with Python's hashlib, from the definitions that libsodium documents.

@Suite("Keys that come from the data key")
struct DerivedKeyTests {
    @Test("a derived key is BLAKE2b with the context in its personalisation and the number 1 in its salt")
    func derived() {
        let key = SealingKey.counting().derived("storerec").withBytes { hexadecimal($0.array()) }
        #expect(key == "238e2286eb6dda6f197ba4eef77b8e91da7b48eb172fa1ca85aa0e5d8bbf3d52")
    }

    @Test("a commitment is BLAKE2b of the binding under the derived key")
    func commitment() {
        let commitment = SealingKey.counting().commitment(context: "storecom", binding: "binding EXAMPLE".utf8.span)
        #expect(hexadecimal(commitment) == "4c5706a6900562148bee25d68faeae4ee9804b307d14074a6ead46a1a3019d95")
    }

    @Test("two purposes have two keys, and neither is the data key")
    func purposes() {
        let dataKey = SealingKey.counting()
        let (isFirst, isSame) = (
            dataKey.derived("storerec").isEqual(to: dataKey),
            dataKey.derived("storerec").isEqual(to: dataKey.derived("storeidx"))
        )
        #expect(!isFirst && !isSame)
    }

    @Test("a copy is the same key, in memory of its own")
    func copy() {
        let copy = copyOfKeyThatIsGone()
        let isSame = copy.isEqual(to: .counting(from: 9))
        #expect(isSame)
    }

    private func copyOfKeyThatIsGone() -> SealingKey { SealingKey.counting(from: 9).copy() }
}
