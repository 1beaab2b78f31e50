import Foundation
import TestSupport
import Testing

/// A server of a test's own on 127.0.0.1, `Tests/EndToEnd/loopback_server.py`, which ends with this.
final class LoopbackServer {
    /// A request as it arrived.
    struct Echo: Decodable {
        let line: String
        let headers: [[String]]
        let body: String
        /// What the proxy was asked to connect to.
        let tunnel: String?

        /// The values of a header.
        subscript(_ name: String) -> [String] { headers.filter { $0.first == name }.compactMap(\.last) }
    }

    /// Where it listens.
    let port: Int
    /// Where nobody listens.
    let unheardPort: Int

    private let process = Process()
    private let input = Pipe()

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - certificate: what it shows, as a server or behind a proxy.
    ///   - speaksTLS: whether it wants TLS from the first byte.
    init(certificate: Certificate? = nil, speaksTLS: Bool = false) throws {
        let script =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
            + "/EndToEnd/loopback_server.py"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments =
            [script] + (certificate.map { [$0.path, $0.keyPath] } ?? []) + (speaksTLS ? ["tls"] : [])
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var line = ""
        while !line.hasSuffix("\n"), let part = try output.fileHandleForReading.read(upToCount: 1), !part.isEmpty {
            line += String(decoding: part, as: UTF8.self)
        }
        let ports = line.split { $0.isWhitespace }.compactMap { Int($0) }
        try #require(ports.count == 2)
        (port, unheardPort) = (ports[0], ports[1])
    }

    deinit { process.terminate() }
}

/// A certificate for 127.0.0.1 and `proxied.invalid` that nobody but itself vouches for.
final class Certificate {
    private let folder: TemporaryFolder

    var path: String { folder["certificate.pem"] }
    var keyPath: String { folder["key.pem"] }

    init() throws {
        folder = try TemporaryFolder()
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=EXAMPLE", "-addext", "subjectAltName=IP:127.0.0.1,DNS:proxied.invalid",
            "-keyout", folder["key.pem"], "-out", folder["certificate.pem"],
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
    }
}
