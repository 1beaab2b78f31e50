import Foundation
import TestSupport
import Testing

@testable import Unlocking

@Suite("Settings for unlocking")
struct SettingsTests {
    @Test("each setting is read, with spaces, comments and blank lines around it")
    func all() {
        let settings = Settings(
            reading: "# mine\n\n unlock-for=30m\nunlock-for-passphrase =  2d \r\n\tpinentry = /usr/bin/pinentry-qt\n")
        #expect(settings.problems.isEmpty)
        #expect(settings.lifetime == 1800)
        #expect(settings.lifetimeAfterPassphrase == 172_800)
        #expect(settings.dialogs == .pinentry("/usr/bin/pinentry-qt"))
        #expect(Settings(reading: "pinentry = none").dialogs == .none)
        #expect(Settings(reading: "log = journal").isLogged == true)
        #expect(Settings(reading: "log = journal\nlog = none").isLogged == false)
        #expect(Settings().isLogged == nil)
    }

    @Test(
        "what can't be understood is named with its line, and the standard counts",
        arguments: [
            ("\nunlock-for", 2, .noSetting), ("lock-after = 3m", 1, .unknown("lock-after")),
            ("Unlock-For = 3m", 1, .unknown("Unlock-For")), ("unlock-for = 3", 1, .badValue(name: "unlock-for")),
            ("unlock-for = 0m", 1, .badValue(name: "unlock-for")), ("unlock-for =", 1, .badValue(name: "unlock-for")),
            ("#\nunlock-for-passphrase = 2y", 2, .badValue(name: "unlock-for-passphrase")),
            ("pinentry = qt", 1, .badValue(name: "pinentry")), ("= 3m", 1, .unknown("")),
            ("log = yes", 1, .badValue(name: "log")),
        ] as [(String, Int, Settings.Problem.Kind)])
    func problems(text: String, line: Int, kind: Settings.Problem.Kind) {
        let settings = Settings(reading: text)
        #expect(settings.problems == [Settings.Problem(line: line, kind: kind)])
        #expect(settings.lifetime == 900)
        #expect(settings.lifetimeAfterPassphrase == 28800)
        #expect(settings.dialogs == .found)
    }

    @Test("a file that isn't there sets nothing, and one that can't be read is a problem")
    func files() throws {
        let folder = try TemporaryFolder()
        #expect(Settings(readingFile: folder["none"]) == Settings())
        #expect(Settings(readingFile: folder["none/below"]) == Settings())
        try put("unlock-for = 1h", at: folder["config"])
        #expect(Settings(readingFile: folder["config"]).lifetime == 3600)
        #expect(Settings(readingFile: folder.path).problems.map(\.line) == [0])
    }
}
