import Sealing
import Testing

@Test("random secrets differ from each other and from zeros")
func randomSecretsDiffer() {
    let one = SecretBytes(random: 32)
    let two = SecretBytes(random: 32)
    let zeros = SecretBytes(zeros: 32)
    #expect(!two.withBytes { one.equals($0) })
    #expect(!zeros.withBytes { one.equals($0) })
    #expect(one.withBytes { one.equals($0) })
}
