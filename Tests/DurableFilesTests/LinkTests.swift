import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite("Symbolic links on the way to a file")
struct LinkTests {
    private func link(_ path: String, to destination: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: destination)
    }

    private func destination(of path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    @Test("every link of a chain stays one")
    func chain() throws {
        let folder = try TemporaryFolder()
        try put("old", at: folder["file"])
        try link(folder["two"], to: "file")
        try link(folder["one"], to: folder["two"])
        try replaceFile(at: folder["one"], with: "new".utf8.span, attributes: .secret)
        #expect(text(at: folder["file"]) == "new")
        #expect(destination(of: folder["one"]) == folder["two"])
        #expect(destination(of: folder["two"]) == "file")
    }

    @Test("every link of a chain stays one, also where the file at its end isn't there yet")
    func danglingChain() throws {
        let folder = try TemporaryFolder()
        try link(folder["two"], to: "file")
        try link(folder["one"], to: "two")
        try replaceFile(at: folder["one"], with: "new".utf8.span, attributes: .secret)
        #expect(text(at: folder["file"]) == "new")
        #expect(destination(of: folder["one"]) == "two")
        #expect(destination(of: folder["two"]) == "file")
    }

    @Test("links that lead in a circle are an error, and stay")
    func circle() throws {
        let folder = try TemporaryFolder()
        try link(folder["one"], to: "two")
        try link(folder["two"], to: "one")
        let error = problem { () throws(FileError) in
            try replaceFile(at: folder["one"], with: "new".utf8.span, attributes: .secret)
        }
        #expect(error?.number == ELOOP)
        #expect(try folder.names() == ["one", "two"])
    }

    @Test("a link that a folder above is doesn't matter")
    func linkedFolder() throws {
        let folder = try TemporaryFolder()
        try makeFolder(at: folder["real"])
        try link(folder["link"], to: "real")
        try replaceFile(at: folder["link/file"], with: "new".utf8.span, attributes: .secret)
        #expect(text(at: folder["real/file"]) == "new")
        #expect(destination(of: folder["link"]) == "real")
    }

    @Test("a link under the temporary name is removed, and the file that it names is left alone")
    func linkedTemporary() throws {
        let folder = try TemporaryFolder()
        try put("another's", at: folder["victim"])
        try link(folder[".file.awskeys-new"], to: "victim")
        try replaceFile(at: folder["file"], with: "new".utf8.span, attributes: .secret)
        #expect(text(at: folder["file"]) == "new")
        #expect(text(at: folder["victim"]) == "another's")
        #expect(try folder.names() == ["file", "victim"])
    }

    @Test("a lock isn't taken through a link")
    func linkedLock() throws {
        let folder = try TemporaryFolder()
        try put("another's", at: folder["victim"])
        try link(folder["lock"], to: "victim")
        let error = problem { () throws(FileError) in _ = try FileLock(folder["lock"], waiting: 0) }
        #expect(error == FileError("open", folder["lock"], number: ELOOP))
    }
}
