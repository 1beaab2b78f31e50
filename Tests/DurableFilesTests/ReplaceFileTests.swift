import DurableFiles
import Foundation
import Sealing
import TestSupport
import Testing

@Suite("Replacing files")
struct ReplaceFileTests {
    @Test("the new bytes take the place of the old ones, with the permissions asked for")
    func replaces() throws {
        let folder = try TemporaryFolder()
        try put("old", at: folder["file"], mode: 0o644)
        let found = try attributes(of: folder["file"])
        try replaceFile(at: folder["file"], with: "new".utf8.span, attributes: #require(found))
        #expect(text(at: folder["file"]) == "new")
        #expect(try attributes(of: folder["file"]) == found)
        #expect(try folder.names() == ["file"])
    }

    @Test("a symbolic link stays one, and the file that it names is replaced")
    func links() throws {
        let folder = try TemporaryFolder()
        try put("old", at: folder["file"])
        try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: "file")
        try replaceFile(at: folder["link"], with: "new".utf8.span, attributes: .secret)
        #expect(text(at: folder["file"]) == "new")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder["link"]) == "file")
    }

    @Test("a link to a file that isn't there makes that file")
    func danglingLink() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: folder["file"])
        try replaceFile(at: folder["link"], with: "new".utf8.span, attributes: .secret)
        #expect(text(at: folder["file"]) == "new")
        #expect(try folder.names() == ["file", "link"])
    }

    @Test("what a killed writer left is found, and removed by the next")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        try put("half", at: folder[".file.awskeys-new"])
        #expect(hasTemporary(of: folder["file"]))
        try replaceFile(at: folder["file"], with: "new".utf8.span, attributes: .secret)
        #expect(try folder.names() == ["file"])
        #expect(!hasTemporary(of: folder["file"]))
    }

    @Test("a folder in the file's place is an error that leaves nothing behind")
    func folderInPlace() throws {
        let folder = try TemporaryFolder()
        try makeFolder(at: folder["file/inner"])
        let error = problem { () throws(FileError) in
            try replaceFile(at: folder["file"], with: "new".utf8.span, attributes: .secret)
        }
        #expect(error == FileError("rename", folder["file"], number: EISDIR))
        #expect(try folder.names() == ["file"])
    }

    @Test("a file that is there already isn't made anew")
    func makesOnlyNewOnes() throws {
        let folder = try TemporaryFolder()
        try put("old", at: folder["file"])
        let error = problem { () throws(FileError) in try makeFile(at: folder["file"], with: SecretBytes(text: "new")) }
        #expect(error?.number == EEXIST)
        #expect(text(at: folder["file"]) == "old")
    }
}

@Suite("Reading files and holding locks")
struct FileLockTests {
    @Test("a folder, a pipe and a file past the limit aren't read")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        try makeFolder(at: folder["folder"])
        try #require(unsafe mkfifo(folder["pipe"], 0o600) == 0)
        try put([1, 2, 3], at: folder["file"])
        func number(_ name: String, _ limit: Int) -> Int32? {
            problem { () throws(FileError) in _ = try readFile(at: folder[name], atMost: limit) }?.number
        }
        #expect(number("folder", 10) == EISDIR)
        #expect(number("pipe", 10) == FileError.notAFile)
        #expect(number("file", 2) == EFBIG)
        #expect(number("file", 3) == nil)
        #expect(number("nothing", 3) == ENOENT)
    }

    @Test("a second holder waits in vain, and gets the lock once the first is gone")
    func excludes() throws {
        let folder = try TemporaryFolder()
        try holding(folder["lock"]) {
            let error = problem { () throws(FileError) in _ = try FileLock(folder["lock"], waiting: 0) }
            #expect(error == FileError("flock", folder["lock"], number: EWOULDBLOCK))
        }
        _ = try FileLock(folder["lock"], waiting: 0)
    }

    @Test("who takes the lock marks the file, so that those who wait see the queue move")
    func marks() throws {
        let folder = try TemporaryFolder()
        try holding(folder["lock"]) {}
        let long = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        try #require(unsafe utimensat(AT_FDCWD, folder["lock"], long, 0) == 0)
        try holding(folder["lock"]) {
            // Asking alone is no change of hands.
            _ = problem { () throws(FileError) in _ = try FileLock(folder["lock"], waiting: 0) }
        }
        var status = stat()
        try #require(unsafe stat(folder["lock"], &status) == 0)
        #expect(status.st_mtim.tv_sec > 1)
    }

    private func holding(_ path: String, _ body: () -> Void) throws {
        let lock = try FileLock(path)
        body()
        _ = lock
    }
}
