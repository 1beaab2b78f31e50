import AWSConfig
import Importing
import Sealing
import TestSupport
import Testing

@testable import AWSKeysCLI

@Suite("What is shown")
struct ConsoleTests {
    @Test("columns stand under each other, two spaces apart, with nothing behind the last")
    func table() {
        let text = Console.table([["PROFILE", "KEY", "NOTE"], ["a", "AKIA…MPLE", ""], ["longer name", "x", "seen"]])
        #expect(
            text == """
                PROFILE      KEY        NOTE
                a            AKIA…MPLE
                longer name  x          seen
                """)
        #expect(Console.table([]) == "")
        #expect(Console.table([["é", "x"], ["ab", "y"]]) == "é   x\nab  y")
    }

    @Test(
        "an id is shown by its ends, unless it is short",
        arguments: [(exampleID, "AKIA…MPLE"), ("0123456789", "0123456789"), ("0123456789A", "0123…789A"), ("", "")])
    func shortID(id: String, expected: String) { #expect(short(id) == expected) }

    @Test("a failure is one line, and its next step another")
    func failure() {
        #expect(Failure(.busy, "it is busy", hint: "wait").text == "awskeys: it is busy\n  hint: wait\n")
        #expect(Failure(.busy, "it is busy").text == "awskeys: it is busy\n")
    }

    @Test("a diff shows names and what is added, never a value that goes")
    func maskedDiff() throws {
        let folder = try TemporaryFolder()
        let text = "[dev]\naws_access_key_id = \(exampleID)\naws_secret_access_key = \(exampleSecret)\nregion = x\n"
        try put(text, at: folder["credentials"])
        let file = try AWSFile(folder["credentials"], as: .credentials)
        let section = try #require(file.document.section(of: "dev"))
        let edits = [
            Edit(section.properties[1].range),
            Edit(section.properties[0].range, [.plain("credential_process = /x dev\n")]),
            Edit(text.utf8.count..<text.utf8.count, [.plain("secret = "), .secret(of: "dev"), .plain("\n")]),
        ]
        let stars = String(repeating: "*", count: 16)
        #expect(
            file.maskedDiff(edits) == """
                @@ line 2 @@
                - aws_access_key_id = \(stars)
                + credential_process = /x dev
                @@ line 3 @@
                - aws_secret_access_key = \(stars)
                @@ line 5 @@
                + secret = \(stars)
                """)
    }

    @Test("a line without a delimiter is masked whole, and so is one with a colon")
    func oddLines() throws {
        let folder = try TemporaryFolder()
        try put("[dev]\nx = 1\n \(exampleSecret)\ny: \(exampleSecret)\n", at: folder["credentials"])
        let file = try AWSFile(folder["credentials"], as: .credentials)
        let section = try #require(file.document.section(of: "dev"))
        let diff = file.maskedDiff(section.properties.map { Edit($0.range) })
        #expect(!diff.contains(exampleSecret))
    }
}
