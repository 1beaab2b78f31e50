import AWSConfig
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("The line that asks the store")
struct ProfileLineTests {
    @Test(
        "a path that some SDK would split, expand or cut is refused",
        arguments: [
            "", "awskeys-credential-process", "./bin/x", "~/bin/x", "/home/a b/x", "/home/$USER/x", "/a%20b/x",
            "/a#b/x", "/a\"b/x", "/a'b/x", "/é/x", "/a\\b/x", "/a;b/x", "/a(b)/x",
        ])
    func refused(path: String) {
        let error = problem { () throws(ImportError) in _ = try ProfileLine(program: path) }
        #expect(error == .unusableProgram(path: path))
    }

    @Test("the name is written so that no SDK trips over it, and it is found to be ours")
    func value() {
        for (name, argument) in [("dev", "dev"), ("a b", "a%20b"), ("-x", "%2Dx"), ("50%", "50%25"), ("é", "%C3%A9")] {
            #expect(line.value(for: name) == "/usr/bin/awskeys-credential-process \(argument)")
            #expect(line.text(for: name) == "credential_process = /usr/bin/awskeys-credential-process \(argument)")
            #expect(ProfileLine.isOurs(line.value(for: name), for: name))
            #expect(!ProfileLine.isOurs(line.value(for: name), for: name + "x"))
        }
    }

    @Test("wherever it is installed, a line is ours; that of another program isn't")
    func ours() {
        #expect(ProfileLine.isOurs("/opt/x/awskeys-credential-process dev", for: "dev"))
        let others = [
            "/bin/other dev", "awskeys-credential-process dev", "/x/awskeys-credential-process dev more",
            "/x/awskeys-credential-process", "sh -c /x/awskeys-credential-process",
            "/x/awskeys-credential-process d%ev",
        ]
        for value in others { #expect(!ProfileLine.isOurs(value, for: "dev"), "\(value)") }
    }

    @Test(
        "a profile asks the store that some SDK finds with a line of ours, and nothing behind it",
        arguments: [
            ("[profile dev]\nLINE\n", "dev", true), ("[profile dev]\nLINE\n  more\n", "dev", false),
            ("[profile dev]\nregion = x\n", "dev", false), ("[profile é]\nLINE\n", "é", true),
            ("[dev]\nLINE\n", "dev", false), ("", "dev", false),
        ])
    func asks(text: String, profile: String, asks: Bool) throws {
        let text = text.replacing("LINE", with: line.text(for: profile))
        let file = try AWSFile("config", bytes: SecretBytes(text: text), as: .config)
        #expect(file.asksStore(for: profile) == asks)
    }
}

@Suite("Where lines are added")
struct FileEditsTests {
    private func added(_ names: [String], to text: String, as file: ConfigDocument.File) throws -> String {
        let document = try ConfigDocument(reading: text.utf8.span, as: file)
        var edits = FileEdits()
        for name in names { edits.add([[.plain("x = 1")]], to: name, in: document) }
        return applying(edits.all, to: text.utf8.span) { _ in SecretBytes(zeros: 0) }.text()
    }

    @Test(
        "a section that isn't there is made at the end, after one blank line",
        arguments: [
            ("", "[profile dev]\nx = 1\n"), ("[default]\n", "[default]\n\n[profile dev]\nx = 1\n"),
            ("[default]", "[default]\n\n[profile dev]\nx = 1\n"),
            ("[default]\n\n", "[default]\n\n[profile dev]\nx = 1\n"),
            ("[default]\r\n", "[default]\r\n\r\n[profile dev]\r\nx = 1\r\n"),
            ("[default]\r\na = b", "[default]\r\na = b\r\n\r\n[profile dev]\r\nx = 1\r\n"),
            ("# note", "# note\n\n[profile dev]\nx = 1\n"),
        ])
    func newSection(before: String, after: String) throws {
        #expect(try added(["dev"], to: before, as: .config) == after)
    }

    @Test(
        "a line comes after the last one of its section, before comments and blank lines",
        arguments: [
            ("[profile dev]\n", "[profile dev]\nx = 1\n"), ("[profile dev]", "[profile dev]\nx = 1"),
            ("[profile dev]\na = b\n\n# next\n[default]\n", "[profile dev]\na = b\nx = 1\n\n# next\n[default]\n"),
            ("[profile dev]\r\na = b", "[profile dev]\r\na = b\r\nx = 1"),
            ("[profile dev]\ns3 =\n  a = b\n[default]\n", "[profile dev]\ns3 =\n  a = b\nx = 1\n[default]\n"),
        ])
    func oldSection(before: String, after: String) throws {
        #expect(try added(["dev"], to: before, as: .config) == after)
    }

    @Test("several sections stand one after the other, each with a blank line before it")
    func several() throws {
        let after = "[a]\n\n[b]\nx = 1\n\n[c]\nx = 1\n"
        #expect(try added(["b", "c"], to: "[a]\n", as: .credentials) == after)
        #expect(try added(["b", "c"], to: "[a]", as: .credentials) == after)
        #expect(try added(["b", "c"], to: "", as: .credentials) == "[b]\nx = 1\n\n[c]\nx = 1\n")
        #expect(try added(["b", "a"], to: "[a]", as: .credentials) == "[a]\nx = 1\n\n[b]\nx = 1\n")
    }

    @Test("default has no prefix, and no profile of credentials has one")
    func prefixes() throws {
        #expect(try added(["default"], to: "", as: .config) == "[default]\nx = 1\n")
        #expect(try added(["dev"], to: "", as: .credentials) == "[dev]\nx = 1\n")
    }

    @Test("a line that takes a property's place leaves the end of the file as it is")
    func replacement() throws {
        for (before, after) in [("[a]\ny = 2\n", "[a]\nx = 1\n"), ("[a]\r\ny = 2", "[a]\r\nx = 1")] {
            let document = try ConfigDocument(reading: before.utf8.span, as: .credentials)
            let property = try #require(document.sections.first?.properties.first)
            var edits = FileEdits()
            edits.replace(property, with: "x = 1", in: document)
            let changed = applying(edits.all, to: before.utf8.span) { _ in SecretBytes(zeros: 0) }
            #expect(changed.text() == after)
        }
    }
}
