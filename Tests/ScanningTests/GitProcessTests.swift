import Foundation
import TestSupport
import Testing

@testable import Scanning

@Suite("Git")
struct GitProcessTests {
    @Test("is given up, and ended, when it says nothing for too long") func silence() throws {
        let folder = try TemporaryFolder()
        let fifo = folder.path + "/fifo"
        try #require(unsafe mkfifo(fifo, 0o600) == 0)
        // Nothing is ever written there, and it has a writer as long as this is open.
        let writer = unsafe open(fifo, O_RDWR | O_CLOEXEC)
        defer { close(writer) }
        let environment = { (name: String) in ["PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": fifo][name] }
        var git = try GitProcess(
            ["rev-parse", "--git-dir"], in: Array("/".utf8), patience: .milliseconds(50), environment: environment)
        #expect(throws: ScanProblem.silentGit) { try git.text(upTo: 0) }
    }
}
