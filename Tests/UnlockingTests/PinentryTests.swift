import Foundation
import Sealing
import TestSupport
import Testing

@testable import Unlocking

@Suite("A pinentry's dialog")
struct PinentryTests {
    /// A script that greets, agrees to everything, and answers `GETPIN` with some lines. It is a link to a file that
    /// nobody writes, since one that was just written can't always be run while other tests start programs.
    private func pinentry(
        _ answer: String, in folder: borrowing TemporaryFolder, greeting: String = "OK Pleased to meet you"
    ) throws -> String {
        try put(answer, at: folder["answer"])
        try put(greeting + "\n", at: folder["greeting"])
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Programs/pinentry"
        try FileManager.default.createSymbolicLink(atPath: folder["pinentry"], withDestinationPath: script)
        return folder["pinentry"]
    }

    private func ask(_ path: String, isRetry: Bool = false, within time: Duration = .seconds(20)) -> String {
        guard var pinentry = Pinentry.start(path, for: .passphrase, until: Deadline(in: time)) else {
            return "not started"
        }
        switch pinentry.ask(isRetry: isRetry) {
        case .typed(let typed): return typed.text()
        case .obstacle(let obstacle): return "\(obstacle)"
        }
    }

    @Test(
        "what was typed arrives, however it was written",
        arguments: [
            ("D a passphrase EXAMPLE\nOK\n", "a passphrase EXAMPLE"), ("D 100%25%0a%0D%zz%4\nOK\n", "100%\n\r%zz%4"),
            ("S PASSPHRASE_QUALITY 3\n# a comment\nD EXAM\nD PLE\nOK closing\n", "EXAMPLE"),
            ("D \u{E4}\u{20AC}\nOK\n", "\u{E4}\u{20AC}"),
        ])
    func typed(answer: String, expected: String) throws {
        let folder = try TemporaryFolder()
        #expect(ask(try pinentry(answer, in: folder)) == expected)
    }

    @Test(
        "what isn't an answer is told apart",
        arguments: [
            ("ERR 83886179 Operation cancelled <Pinentry>\n", "refused"), ("ERR 83886278 Fully cancelled\n", "refused"),
            ("OK\n", "refused"), ("ERR 83886142 Timeout <Pinentry>\n", "noAnswer"),
            ("ERR 83918950 Inappropriate ioctl for device <Pinentry>\n", "notShown"), ("ERR\n", "notShown"),
        ])
    func obstacles(answer: String, expected: String) throws {
        let folder = try TemporaryFolder()
        #expect(ask(try pinentry(answer, in: folder)) == expected)
    }

    @Test("one that says nothing, or never ends a line, has its time")
    func silent() throws {
        let endless = String(repeating: "D EXAMPLE", count: 2000)
        for (answer, seconds) in [("", 1.0), ("D EXAMPLE", 1), (endless + "\nOK\n", 20)] {
            let folder = try TemporaryFolder()
            let obstacle = ask(try pinentry(answer, in: folder), within: .seconds(seconds))
            // On a busy machine, the time may end before the greeting.
            #expect(["noAnswer", "notShown", "not started"].contains(obstacle))
        }
    }

    @Test("one that doesn't greet, or isn't a program, isn't started")
    func notStarted() throws {
        let folder = try TemporaryFolder()
        #expect(ask(try pinentry("OK\n", in: folder, greeting: "ERR 83886081 not today")) == "not started")
        #expect(ask("/bin/false") == "not started")
        #expect(ask("/nowhere/pinentry") == "not started")
    }

    @Test("a second try says that the first one was wrong")
    func retry() throws {
        let folder = try TemporaryFolder()
        #expect(ask(try pinentry("D EXAMPLE\nOK\n", in: folder), isRetry: true) == "EXAMPLE")
        let log = try String(contentsOfFile: folder["log"], encoding: .utf8)
        let commands = log.split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(commands.contains("SETDESC"))
        #expect(commands.suffix(2) == ["SETERROR", "GETPIN"])
    }

    @Test("those with windows are found, in their order, each once, and none for terminals")
    func found() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        for name in ["pinentry-qt", "pinentry-gnome3", "pinentry-curses", "pinentry-tty"] {
            try put("#!/bin/sh\n", at: folder[name])
            try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder[name])
        }
        try files.createSymbolicLink(atPath: folder["pinentry"], withDestinationPath: "pinentry-qt")
        #expect(
            Pinentry.found(in: "/nowhere:" + folder.path) == [folder["pinentry-gnome3"], folder["pinentry-qt"]])
        try files.removeItem(atPath: folder["pinentry"])
        try files.createSymbolicLink(atPath: folder["pinentry"], withDestinationPath: "pinentry-curses")
        #expect(Pinentry.found(in: folder.path).count == 2)
    }
}
