import Sealing
import TestSupport
import Testing

@Suite("Secret bytes")
struct SecretBytesTests {
    @Test("random secrets differ from each other and from zeros")
    func random() {
        let one = SecretBytes(random: 32)
        let two = SecretBytes(random: 32)
        #expect(!two.withBytes { one.equals($0) })
        #expect(!SecretBytes(zeros: 32).withBytes { one.equals($0) })
        #expect(one.withBytes { one.equals($0) })
    }

    @Test("secrets of different sizes are never equal")
    func sizes() {
        #expect(!SecretBytes(zeros: 3).withBytes { SecretBytes(zeros: 4).equals($0) })
        #expect(SecretBytes(zeros: 0).withBytes { SecretBytes(zeros: 0).equals($0) })
    }

    @Test("bytes that are given up are gone")
    func truncation() {
        var bytes = SecretBytes(text: "abcdef")
        bytes.truncate(to: 3)
        #expect(bytes.text() == "abc")
    }

    @Test("memory that was used before comes back as zeros")
    func zeros() {
        for size in [1, 127, 128, 129, 1024, 1025, 20_000] {
            for _ in 0..<4 {
                _ = SecretBytes(random: size)
                #expect(SecretBytes(zeros: size).array().allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("more secrets than the pool has room for don't disturb each other")
    func manyAtOnce() {
        expectDistinct(depth: 200, held: SecretBytes(text: "start"))
    }

    /// Holds one secret a call, so that all of them are alive at the deepest point.
    private func expectDistinct(depth: Int, held: borrowing SecretBytes) {
        guard depth > 0 else { return }
        let text = String(repeating: "x", count: depth % 150) + "\(depth)"
        let before = held.text()
        let secret = SecretBytes(text: text)
        expectDistinct(depth: depth - 1, held: secret)
        #expect(secret.text() == text)
        #expect(held.text() == before)
    }

    @Test("tasks can hold secrets at the same time")
    func concurrent() async {
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<32 {
                group.addTask {
                    (0..<500).allSatisfy { round in
                        let text = "\(task)-\(round)"
                        return SecretBytes(text: text).text() == text
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test("a builder joins any number of parts")
    func builder() {
        var builder = SecretBuilder()
        var expected = ""
        for part in 0..<2000 {
            builder.add("part \(part);")
            expected += "part \(part);"
        }
        #expect(builder.joined().text() == expected)
    }
}
