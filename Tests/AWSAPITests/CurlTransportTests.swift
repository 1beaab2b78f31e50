import Foundation
import Sealing
import TestSupport
import Testing

@testable import AWSAPI

/// What came back, for comparing.
private struct Received: Equatable {
    let status: Int
    let date: Int?
    let body: String

    /// The request, where the server sent it back.
    func echo() throws -> LoopbackServer.Echo {
        try JSONDecoder().decode(LoopbackServer.Echo.self, from: Data(body.utf8))
    }
}

/// Sends a form.
private func post(
    to url: String, headers: [(name: String, value: String)] = [], token: String = "", caBundle: String? = nil,
    patience: Double = 30
) throws(TransportError) -> Received {
    let transport = curlTransport(caBundle: caBundle, patience: patience)
    let response = try transport(
        HTTPRequest(
            url: url, headers: headers, sessionToken: SecretBytes(text: token), body: SecretBytes(text: "a=b&c=d")))
    return Received(status: response.status, date: response.date, body: response.body.text())
}

/// Why no answer came back.
private func failure(
    at url: String, caBundle: String? = nil, patience: Double = 30
) -> TransportError? {
    problem { () throws(TransportError) in _ = try post(to: url, caBundle: caBundle, patience: patience) }
}

@Suite("Requests over libcurl", .timeLimit(.minutes(1)))
struct CurlTransportTests {
    @Test("arrive as they were given")
    func request() throws {
        let server = try LoopbackServer()
        let kind = (name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8")
        let echo = try post(
            to: "http://127.0.0.1:\(server.port)/echo/", headers: [kind, ("X-Amz-Date", "20150830T123600Z")],
            token: "token/EXAMPLE=="
        ).echo()
        #expect(echo.line == "POST /echo/ HTTP/1.1")
        #expect(echo.body == "a=b&c=d")
        #expect(
            echo.headers.sorted { $0[0] < $1[0] } == [
                ["Accept", "*/*"], ["Content-Length", "7"], [kind.name, kind.value],
                ["Host", "127.0.0.1:\(server.port)"], ["User-Agent", "awskeys"], ["X-Amz-Date", "20150830T123600Z"],
                ["X-Amz-Security-Token", "token/EXAMPLE=="],
            ])
    }

    @Test("have no header for a token that isn't there")
    func noToken() throws {
        let server = try LoopbackServer()
        let echo = try post(to: "http://127.0.0.1:\(server.port)/echo/").echo()
        #expect(echo["X-Amz-Security-Token"].isEmpty)
    }

    @Test("bring status, date and body back, whatever the status")
    func answer() throws {
        let server = try LoopbackServer()
        let echo = try post(to: "http://127.0.0.1:\(server.port)/echo/")
        #expect(echo.status == 200)
        #expect(echo.date == 1_440_938_160)
        let timeless = try post(to: "http://127.0.0.1:\(server.port)/timeless/")
        #expect(timeless == Received(status: 418, date: nil, body: "short and stout"))
    }

    @Test("follow no redirection")
    func redirection() throws {
        let server = try LoopbackServer()
        let received = try post(to: "http://127.0.0.1:\(server.port)/redirect/")
        #expect(received == Received(status: 302, date: 1_440_938_160, body: ""))
    }

    @Test("take answers of up to 1 MiB")
    func size() throws {
        let server = try LoopbackServer()
        let url = "http://127.0.0.1:\(server.port)/size/"
        let received = try post(to: url + "1048576/")
        #expect(received.body.utf8.count == 1_048_576)
        let host = "127.0.0.1:\(server.port)"
        #expect(
            failure(at: url + "1048577/")
                == TransportError(host: host, reason: "the answer is too large", mayHaveArrived: true))
    }

    @Test("may have arrived if the answer ends early or doesn't come", arguments: ["half", "close"])
    func lost(path: String) throws {
        let server = try LoopbackServer()
        let failure = failure(at: "http://127.0.0.1:\(server.port)/\(path)/")
        #expect(failure?.mayHaveArrived == true)
        #expect(failure?.host == "127.0.0.1:\(server.port)")
    }

    @Test("end when patience does, and may have arrived")
    func silence() throws {
        let server = try LoopbackServer()
        let failure = failure(at: "http://127.0.0.1:\(server.port)/silent/", patience: 1)
        #expect(failure?.reason == "Timeout was reached")
        #expect(failure?.mayHaveArrived == true)
    }

    @Test("take the time that they are given, whatever the transport's own is")
    func ownPatience() throws {
        let server = try LoopbackServer()
        func send(_ path: String, own: Double?, transport: Double) throws(TransportError) -> Int {
            let transport = curlTransport(caBundle: nil, patience: transport)
            return try transport(
                HTTPRequest(
                    url: "http://127.0.0.1:\(server.port)/\(path)/", headers: [],
                    sessionToken: SecretBytes(zeros: 0), body: SecretBytes(text: "a=b"), patience: own)
            ).status
        }
        // A millisecond isn't enough for an answer, or is none of them for the other request.
        let early = problem { () throws(TransportError) in _ = try send("silent", own: 0, transport: 60) }
        #expect(early?.reason == "Timeout was reached")
        #expect(try send("echo", own: 30, transport: 0) == 200)
    }

    @Test("haven't arrived where nobody listens")
    func refused() throws {
        let server = try LoopbackServer()
        let host = "127.0.0.1:\(server.unheardPort)"
        #expect(
            failure(at: "http://\(host)/")
                == TransportError(host: host, reason: "Couldn't connect to server", mayHaveArrived: false))
    }

    @Test(
        "haven't arrived where a URL leads nowhere",
        arguments: [
            "https://nobody.invalid/", "ftp://127.0.0.1/", "file:///etc/hostname", "https:///", "http://127.0.0.1:x/",
        ])
    func nowhere(url: String) {
        #expect(failure(at: url)?.mayHaveArrived == false)
    }

    @Test("haven't arrived if the other side never agrees on TLS")
    func noHandshake() throws {
        // It waits for the end of a request's headers, which doesn't come.
        let server = try LoopbackServer()
        let failure = failure(at: "https://127.0.0.1:\(server.port)/echo/", patience: 1)
        #expect(failure?.reason == "Timeout was reached")
        #expect(failure?.mayHaveArrived == false)
    }

    @Test("go to servers whose certificate the bundle vouches for, and to no others")
    func certificates() throws {
        let certificate = try Certificate()
        let other = try Certificate()
        let (path, otherPath) = (certificate.path, other.path)
        let server = try LoopbackServer(certificate: certificate, speaksTLS: true)
        let url = "https://127.0.0.1:\(server.port)/echo/"
        let accepted = try post(to: url, caBundle: path)
        #expect(accepted.status == 200)
        #expect(accepted.date == 1_440_938_160)
        for bundle in [nil, otherPath, "/nonexistent/bundle.pem"] {
            #expect(failure(at: url, caBundle: bundle)?.mayHaveArrived == false, "\(bundle ?? "no bundle")")
        }
        // The certificate has no such name.
        let misnamed = failure(at: "https://localhost:\(server.port)/echo/", caBundle: path)
        #expect(misnamed?.mayHaveArrived == false)
    }

    @Test("go through the proxies that the environment names")
    func proxies() async {
        // The environment belongs to a whole process, so this has one of its own.
        await #expect(processExitsWith: .success) {
            let certificate = try Certificate()
            let path = certificate.path
            let server = try LoopbackServer(certificate: certificate)
            let proxy = "http://127.0.0.1:\(server.port)"
            for (name, value) in [("http_proxy", proxy), ("HTTPS_PROXY", proxy), ("NO_PROXY", "127.0.0.1")] {
                unsafe setenv(name, value, 1)
                unsafe unsetenv(name == name.lowercased() ? name.uppercased() : name.lowercased())
            }
            let plain = try post(to: "http://proxied.invalid:80/echo/").echo()
            #expect(plain.line == "POST http://proxied.invalid/echo/ HTTP/1.1")
            #expect(plain["Host"] == ["proxied.invalid"])
            #expect(plain.body == "a=b&c=d")

            let tunnelled = try post(to: "https://proxied.invalid/echo/", token: "token/EXAMPLE==", caBundle: path)
            let echo = try tunnelled.echo()
            #expect(echo.tunnel == "proxied.invalid:443")
            #expect(echo.line == "POST /echo/ HTTP/1.1")
            #expect(echo["Host"] == ["proxied.invalid"])
            #expect(echo["X-Amz-Security-Token"] == ["token/EXAMPLE=="])
            #expect(tunnelled.date == 1_440_938_160)

            let timeless = try post(to: "https://proxied.invalid/timeless/", caBundle: path)
            #expect(timeless.status == 418)
            #expect(timeless.date == nil, "the proxy's own date says nothing about the service")
            #expect(failure(at: "https://proxied.invalid/echo/")?.mayHaveArrived == false)

            let direct = try post(to: "http://127.0.0.1:\(server.port)/echo/").echo()
            #expect(direct.line == "POST /echo/ HTTP/1.1")
        }
    }
}
