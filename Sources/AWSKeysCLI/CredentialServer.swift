import CredentialProcess
import FlyingFox
import FlyingSocks
import Foundation
import Sealing
import Sessions

/// The endpoint that SDKs ask for credentials in containers, on this machine's loopback.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
final class CredentialServer: Sendable {
    private let profile: String
    private let options: SessionOptions
    private let context: Context
    private let token: SecretBytes
    private let server: HTTPServer
    private let kept = Kept()

    /// Credentials that aren't to be got anew at each request.
    private actor Kept {
        private var document: (text: Data, until: Int)?

        func document(now: Int, _ make: @Sendable () throws -> (text: Data, until: Int)) throws -> Data {
            if let document, now < document.until { return document.text }
            let made = try make()
            document = made
            return made.text
        }
    }

    /// - Parameter token: what callers must show.
    init(_ profile: String, _ options: SessionOptions, token: consuming SecretBytes, in context: Context) throws {
        self.profile = profile
        self.options = options
        self.token = token
        self.context = context
        server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 60, logger: .disabled)
    }

    /// Answers until the process ends.
    ///
    /// - Parameter whenReady: is called with the port.
    func run(whenReady: @escaping @Sendable (UInt16) -> Void) async throws {
        await server.appendRoute("*") { request in await self.answer(request) }
        let running = Task { try await server.run() }
        try await server.waitUntilListening()
        guard case .ip4(_, let port) = await server.listeningAddress else { throw SocketError.unsupportedAddress }
        whenReady(port)
        try await running.value
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard await isAllowed(request) else { return HTTPResponse(statusCode: .forbidden) }
        guard request.method == .GET, request.path == "/" else { return HTTPResponse(statusCode: .notFound) }
        do {
            let document = try await kept.document(now: context.now()) { try self.document() }
            return HTTPResponse(statusCode: .ok, headers: [.contentType: "application/json"], body: document)
        } catch {
            let failure = error as? Failure
            // SDKs show it, and nobody else will.
            let words = [failure?.message ?? "no credentials", failure?.hint].compactMap(\.self)
            let body = try? JSONEncoder().encode(
                ["code": "CredentialsUnavailable", "message": words.joined(separator: "; ")])
            return HTTPResponse(
                statusCode: .serviceUnavailable, headers: [.contentType: "application/json"], body: body ?? Data())
        }
    }

    /// A page in a browser can make it ask a loopback address, but neither knows the token nor, where a name of its own
    /// leads here, this one's.
    private func isAllowed(_ request: HTTPRequest) async -> Bool {
        guard case .ip4(_, let port) = await server.listeningAddress, request.headers[.host] == "127.0.0.1:\(port)",
            let shown = request.headers[.authorization]
        else { return false }
        return token.equals(shown.utf8.span)
    }

    /// The answer, and until when it need not be made anew.
    private func document() throws -> (text: Data, until: Int) {
        let credentials = try context.credentials(for: profile, options)
        let now = context.now()
        let end = credentials.expiration ?? now + answerLifetime
        var text = SecretBuilder()
        text.add(#"{"AccessKeyId":"\#(credentials.accessKeyID)","SecretAccessKey":""#)
        credentials.secretAccessKey.withBytes { text.add($0) }
        text.add(#"","Token":""#)
        credentials.sessionToken.withBytes { text.add($0) }
        text.add(#"","Expiration":"\#(timestamp(end))"}"#)
        // One that isn't kept on the disk is kept here for as long as one there would be.
        let isKeptHere = options.duration != nil && credentials.expiration != nil && !credentials.isConfirmed
        return (Data(text.joined().withBytes { $0.array() }), isKeptHere ? end - min(20 * 60, (end - now) / 3) : 0)
    }
}
