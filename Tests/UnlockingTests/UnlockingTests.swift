import Foundation
import Sealing
import TestSupport
import Testing

@testable import Unlocking

@Suite("Recovery codes")
struct RecoveryCodeTests {
    @Test("a code is read as it is shown, and as people type it")
    func roundTrip() throws {
        for _ in 0..<50 {
            let code = RecoveryCode.make()
            let shown = RecoveryCode.shown(code).text()
            #expect(code.text().wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{26}/) != nil)
            #expect(shown.filter { $0 != "-" } == code.text())
            let typed = [
                shown, code.text(), shown.lowercased(), shown.replacing("-", with: " "),
                shown.replacing("0", with: "o"),
                shown.replacing("1", with: "l"), shown.replacing("1", with: "I"),
            ]
            for text in typed { #expect(read(text) == code.text(), "\(text)") }
        }
    }

    @Test(
        "what can't be a code is none",
        arguments: [
            "", "correct horse battery staple", String(repeating: "A", count: 25), String(repeating: "A", count: 27),
            String(repeating: "U", count: 26),
        ])
    func others(typed: String) { #expect(read(typed) == nil) }

    private func read(_ typed: String) -> String? {
        switch RecoveryCode.read(SecretBytes(text: typed)) {
        case .some(let code): code.text()
        case nil: nil
        }
    }
}

@Suite("Passphrase files")
struct PassphraseFileTests {
    @Test(
        "the first line counts, without its end",
        arguments: ["secret EXAMPLE\n", "secret EXAMPLE\r\nmore\n", "secret EXAMPLE"])
    func firstLine(content: String) throws {
        let folder = try TemporaryFolder()
        try put(content, at: folder["file"])
        #expect(try PassphraseFile(path: folder["file"], variable: "V").read().text() == "secret EXAMPLE")
    }

    @Test("an empty line is no passphrase", arguments: ["", "\n", "\r\nsecret\n"])
    func empty(content: String) throws {
        let folder = try TemporaryFolder()
        try put(content, at: folder["file"])
        let file = PassphraseFile(path: folder["file"], variable: "V")
        let error = problem { () throws(UnlockError) in _ = try file.read() }
        #expect(error == .locked([.init(way: .file(path: folder["file"], namedBy: "V"), obstacle: .unreadable(0))]))
    }

    @Test("the variable of awskeys comes before systemd's folder, which counts only if it has the credential")
    func order() throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        #expect(PassphraseFile.named { $0 == "CREDENTIALS_DIRECTORY" ? path : nil } == nil)
        try put("secret EXAMPLE", at: folder["awskeys-passphrase"])
        #expect(
            PassphraseFile.named { $0 == "CREDENTIALS_DIRECTORY" ? path : nil }?.path == folder["awskeys-passphrase"])
        #expect(PassphraseFile.named { $0 == "AWSKEYS_PASSPHRASE_FILE" ? "/own" : path }?.path == "/own")
    }
}
