import DurableFiles
import Foundation
import Sealing
import TestSupport
import Testing

@Suite("What readers and owners see of a file")
struct FileStateTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("permissions are those asked for, whatever the process masks", arguments: [0o600, 0o640, 0o644, 0o664])
    func modes(asked: Int) throws {
        let folder = try TemporaryFolder()
        try put("old", at: folder["file"], mode: asked)
        let found = try #require(try attributes(of: folder["file"]))
        try replaceFile(at: folder["copy"], with: "new".utf8.span, attributes: found)
        #expect(try mode(folder["copy"]) == asked)
    }

    @Test("whoever has the old file open reads the old bytes to their end")
    func openReaders() throws {
        let folder = try TemporaryFolder()
        try put("old", at: folder["file"])
        let file = try OpenFile(folder["file"], O_RDONLY)
        try replaceFile(at: folder["file"], with: "newer".utf8.span, attributes: .secret)
        var bytes = SecretBytes(zeros: 10)
        let count = try bytes.withMutableBytes { (span) throws(FileError) in try file.read(into: &span, at: 0) }
        bytes.truncate(to: count)
        #expect(bytes.text() == "old")
    }

    @Test("a new file is its owner's alone, and so is every folder that is made for it")
    func newFiles() throws {
        let folder = try TemporaryFolder()
        try makeFolder(at: folder["one/two/three"])
        for name in ["one", "one/two", "one/two/three"] { #expect(try mode(folder[name]) == 0o700) }
        try makeFile(at: folder["one/file"], with: SecretBytes(text: "new"))
        #expect(try mode(folder["one/file"]) == 0o600)
        #expect(text(at: folder["one/file"]) == "new")
        try makeFolder(at: folder["one/two"])
    }

    @Test("a missing folder is an error, and nothing is made")
    func missingFolder() throws {
        let folder = try TemporaryFolder()
        let error = problem { () throws(FileError) in
            try replaceFile(at: folder["none/file"], with: "new".utf8.span, attributes: .secret)
        }
        #expect(error?.isMissing == true)
        #expect(try folder.names() == [])
    }

    @Test("removing what isn't there is no error, and attributes of nothing are none")
    func absent() throws {
        let folder = try TemporaryFolder()
        try removeFile(at: folder["file"])
        try removeFile(at: folder["no folder/file"])
        #expect(try attributes(of: folder["file"]) == nil)
        #expect(nameCount(of: folder["file"]) == 0)
        try put("x", at: folder["file"])
        try FileManager.default.linkItem(atPath: folder["file"], toPath: folder["second"])
        #expect(nameCount(of: folder["file"]) == 2)
        try removeFile(at: folder["file"])
        #expect(try folder.names() == ["second"])
    }

    @Test("a renamed file is where it was renamed to")
    func rename() throws {
        let folder = try TemporaryFolder()
        try put("x", at: folder["one"])
        try renameFile(at: folder["one"], to: folder["two"])
        #expect(try folder.names() == ["two"])
    }

    @Test(
        "the folder of a path",
        arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b", "a"), ("/a/b/c", "/a/b")])
    func folders(path: String, expected: String) { #expect(folder(of: path) == expected) }

    @Test("a lock that stays taken is given up after the time, not before")
    func deadline() throws {
        let folder = try TemporaryFolder()
        let lock = try FileLock(folder["lock"], waiting: 0)
        let clock = ContinuousClock()
        var error: FileError?
        let waited = clock.measure {
            error = problem { () throws(FileError) in _ = try FileLock(folder["lock"], waiting: 50) }
        }
        #expect(error?.number == EWOULDBLOCK)
        #expect(waited >= .milliseconds(50))
        _ = consume lock
    }
}
