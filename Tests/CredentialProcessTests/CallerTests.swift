import CredentialProcess
import Testing

@Suite("Who calls")
struct CallerTests {
    @Test(
        "a name is shown without what does harm",
        arguments: [
            ("terraform", "terraform"), ("a b-é", "a b-é"), ("a\u{1B}[2K\n", "a?[2K?"), ("\"x\"", "?x?"),
            ("a\u{202E}b\u{200B}", "a?b?"), ("\u{9B}31m", "?31m"), ("", ""),
        ])
    func harmlessName(name: String, shown: String) { #expect(harmless(name) == shown) }

    @Test("what is to stay stays")
    func kept() { #expect(harmless("\"x\"\n\u{1B}", keeping: "\"\n") == "\"x\"\n?") }
}
