import AWSConfig
import DurableFiles
import Glibc
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("One of the two AWS files")
struct AWSFileTests {
    private func refusal(of path: String) -> ImportError? {
        problem { () throws(ImportError) in _ = try AWSFile(path, as: .config) }
    }

    @Test("that isn't there is an empty one, one that can't be read is a problem with its path")
    func missing() throws {
        let folder = try TemporaryFolder()
        let file = try AWSFile(folder["config"], as: .config)
        let isThere = file.bytes != nil
        #expect(!isThere && file.document.sections.isEmpty)
        try makeFolder(at: folder["folder"])
        guard case .file(let error) = refusal(of: folder["folder"]) else {
            Issue.record("a folder was read")
            return
        }
        #expect(error.path == folder["folder"])
    }

    @Test("that a journal keeps is read though a later version would refuse it")
    func image() {
        let key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = \(exampleSecret)\n"
        let text = "[dev]\nx =\n  y\n" + key
        let file = AWSFile("/aws", image: SecretBytes(copying: text.utf8.span), as: .credentials)
        let hasKey = file.keyLines(of: "dev") != nil
        #expect(hasKey)
        let empty = AWSFile("/aws", image: nil, as: .config)
        #expect(empty.document.sections.isEmpty)
    }

    @Test("that botocore refuses is refused, with its path and line")
    func syntax() throws {
        let folder = try TemporaryFolder()
        try put("[dev]\nwhat\n", at: folder["config"])
        guard case .syntax(let error, let path) = refusal(of: folder["config"]) else {
            Issue.record("the file was read")
            return
        }
        #expect(error.line == 2 && path == folder["config"])
    }

    @Test("is the same as long as every byte is")
    func same() throws {
        let folder = try TemporaryFolder()
        for (name, text) in [("one", "[dev]\n"), ("two", "[dev]\n"), ("three", "[Dev]\n")] {
            try put(text, at: folder[name])
        }
        let one = try AWSFile(folder["one"], as: .config)
        let isSame = try ["two", "three", "nothing"].map { one.isSame(as: try AWSFile(folder[$0], as: .config)) }
        #expect(isSame == [true, false, false])
    }

    @Test("is none, and is not written, where its name leads to /dev/null")
    func hidden() throws {
        let folder = try TemporaryFolder()
        #expect(unsafe symlink("/dev/null", folder["config"]) == 0)
        for path in ["/dev/null", folder["config"]] {
            let file = try AWSFile(path, as: .config)
            #expect(file.bytes == nil && file.document.size == 0)
            let error = problem { () throws(ImportError) in try replaceAWSFile(path, with: "[a]\n".utf8.span) }
            #expect(error == .hidden(path: path))
            #expect(problem { () throws(ImportError) in try removeAWSFile(path) } == .hidden(path: path))
        }
        #expect(isHidden("/dev/null") && !isHidden(folder["credentials"]))
    }

    @Test("can't be the other one too, under whatever name")
    func oneFile() throws {
        let folder = try TemporaryFolder()
        try put("", at: folder["config"])
        for (target, link) in [("config", "link"), ("round", "round")] {
            #expect(unsafe symlink(folder[target], folder[link]) == 0)
        }
        func refusal(_ credentials: String) -> ImportError? {
            problem { () throws(ImportError) in try requireTwoFiles(folder[credentials], folder["config"]) }
        }
        #expect(refusal("credentials") == nil)
        #expect(problem { () throws(ImportError) in try requireTwoFiles("/dev/null", "/dev/null") } == nil)
        #expect(refusal("link") == .oneFile(path: folder["link"]))
        #expect(refusal("round") == .file(FileError("realpath", folder["round"], number: ELOOP)))
    }
}
