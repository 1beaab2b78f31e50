import Sealing

/// Signature Version 4 for requests whose signature goes into the `Authorization` header.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct SigV4: Sendable {
    /// The region that the signature is for.
    let region: String
    /// The service's signing name.
    let service: String
    /// The time as the signature has it: `20150830T123600Z`.
    let timestamp: String

    /// - Parameter time: in seconds since 1970.
    init(region: String, service: String, time: Int) {
        self.region = region
        self.service = service
        timestamp = basicTimestamp(time)
    }

    /// A request as it is signed.
    struct Request {
        var method: String
        /// The path and the query as they are sent.
        var target: String
        /// Every header that is sent along, with `Host`, in any order.
        var headers: [(name: String, value: String)]
        /// SHA-256 of the body, in hexadecimal digits.
        var bodyDigest: String

        init(
            method: String = "POST", target: String = "/", headers: [(name: String, value: String)],
            body: borrowing Span<UInt8>
        ) {
            self.method = method
            self.target = target
            self.headers = headers
            bodyDigest = hexadecimal(sha256(body))
        }
    }

    /// What a key derived from the secret is good for: one day, region and service.
    var scope: String { "\(timestamp.prefix(8))/\(region)/\(service)/aws4_request" }

    /// The value of the `Authorization` header.
    func authorization(for request: Request, with credentials: borrowing AWSCredentials) -> String {
        let canonical = canonicalRequest(request, sessionToken: credentials.sessionToken)
        let signature = signature(of: stringToSign(canonical), with: credentials.secretAccessKey)
        let names = Self.signedHeaders(request, hasToken: credentials.sessionToken.count > 0)
        return "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), "
            + "Signature=\(signature)"
    }

    /// One spelling for all requests that mean the same.
    ///
    /// - Parameter sessionToken: sent and signed as `X-Amz-Security-Token` unless it is empty.
    func canonicalRequest(_ request: Request, sessionToken: borrowing SecretBytes) -> SecretBytes {
        let (path, query) = Self.split(request.target)
        let hasToken = sessionToken.count > 0
        var text = SecretBuilder()
        text.add([request.method, Self.canonicalPath(path), Self.canonicalQuery(query), ""].joined(separator: "\n"))
        for header in Self.canonicalHeaders(request, hasToken: hasToken) {
            text.add(header.name + ":")
            if header.name == Self.tokenHeader {
                sessionToken.withBytes { text.add($0) }
            } else {
                text.add(header.value)
            }
            text.add("\n")
        }
        text.add("\n\(Self.signedHeaders(request, hasToken: hasToken))\n\(request.bodyDigest)")
        return text.joined()
    }

    func stringToSign(_ canonicalRequest: borrowing SecretBytes) -> String {
        let digest = canonicalRequest.withBytes { hexadecimal(sha256($0)) }
        return ["AWS4-HMAC-SHA256", timestamp, scope, digest].joined(separator: "\n")
    }

    func signature(of stringToSign: String, with secretAccessKey: borrowing SecretBytes) -> String {
        var first = SecretBuilder()
        first.add("AWS4")
        secretAccessKey.withBytes { first.add($0) }
        var key = first.joined()
        for part in scope.split(separator: "/") { key = hmacSHA256(String(part).utf8.span, key: key) }
        return hmacSHA256(stringToSign.utf8.span, key: key).withBytes { hexadecimal($0.array()) }
    }
}

extension SigV4 {
    private static let tokenHeader = "x-amz-security-token"

    private static func split(_ target: String) -> (path: String, query: String) {
        guard let mark = target.firstIndex(of: "?") else { return (target, "") }
        return (String(target[..<mark]), String(target[target.index(after: mark)...]))
    }

    /// The path without `.`, `..` and empty segments, percent-encoded once more.
    private static func canonicalPath(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        guard !segments.isEmpty else { return "/" }
        let isFolder = ["/", "/.", "/.."].contains { path.hasSuffix($0) }
        return percentEncoded("/" + segments.joined(separator: "/") + (isFolder ? "/" : ""), alsoPlain: "/")
    }

    /// The parameters, percent-encoded, in the order of their names and then their values.
    private static func canonicalQuery(_ query: String) -> String {
        query.split(separator: "&").map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // What is encoded already isn't encoded again.
            let encoded = parts.map { percentEncoded(String($0), alsoPlain: "%") }
            return (name: encoded[0], value: encoded.count > 1 ? encoded[1] : "")
        }.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    /// Names in lower case and in order; values without superfluous white space, those of one name in one line.
    private static func canonicalHeaders(_ request: Request, hasToken: Bool) -> [(name: String, value: String)] {
        var values: [String: [String]] = hasToken ? [tokenHeader: []] : [:]
        for header in request.headers {
            let words = header.value.split { $0 == " " || $0 == "\t" || $0.isNewline }
            values[header.name.lowercased(), default: []].append(words.joined(separator: " "))
        }
        return values.map { ($0.key, $0.value.joined(separator: ",")) }.sorted { $0.name < $1.name }
    }

    private static func signedHeaders(_ request: Request, hasToken: Bool) -> String {
        canonicalHeaders(request, hasToken: hasToken).map(\.name).joined(separator: ";")
    }
}
