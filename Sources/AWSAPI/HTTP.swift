public import Sealing

/// A POST request, signed if need be and ready to be sent.
public struct HTTPRequest: ~Copyable {
    /// Where it goes.
    public let url: String
    /// What is sent along, but for what the transport adds by itself (`Host`, `Content-Length`).
    public let headers: [(name: String, value: String)]
    /// Sent as `X-Amz-Security-Token`, unless it is empty.
    public let sessionToken: SecretBytes
    /// The form, which may hold a secret.
    public let body: SecretBytes
    /// How long it may take, in seconds; `nil` leaves that to the transport.
    public let patience: Double?

    /// A request.
    init(
        url: String, headers: [(name: String, value: String)], sessionToken: consuming SecretBytes,
        body: consuming SecretBytes, patience: Double? = nil
    ) {
        self.url = url
        self.headers = headers
        self.sessionToken = sessionToken
        self.body = body
        self.patience = patience
    }
}

/// What came back.
public struct HTTPResponse: ~Copyable {
    /// The status code.
    public let status: Int
    /// The server's time by its `Date` header, in seconds since 1970.
    public let date: Int?
    /// The body, which may hold a secret.
    public let body: SecretBytes

    /// An answer.
    public init(status: Int, date: Int?, body: consuming SecretBytes) {
        self.status = status
        self.date = date
        self.body = body
    }
}

/// Why no answer came back.
public struct TransportError: Error, Equatable, Codable, Sendable {
    /// Who was asked.
    public let host: String
    /// What the transport says about it.
    public let reason: String
    /// Whether the request may have reached the server all the same.
    public let mayHaveArrived: Bool

    /// A failure.
    public init(host: String, reason: String, mayHaveArrived: Bool) {
        self.host = host
        self.reason = reason
        self.mayHaveArrived = mayHaveArrived
    }
}

/// The host of a URL, with its port.
func host(of url: String) -> String {
    let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? ""
    return String(rest.prefix { $0 != "/" && $0 != "?" })
}

/// Whether a URL's host is this machine.
func isLoopback(_ url: String) -> Bool {
    let address = host(of: url)
    let name = address.hasPrefix("[") ? address.prefix { $0 != "]" } + "]" : address.prefix { $0 != ":" }
    let numbers = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return name == "localhost" || name == "[::1]" || numbers.count == 4 && !numbers.contains(nil) && numbers[0] == 127
}

/// Sends a request and waits for the answer, whatever its status.
public typealias Transport = @Sendable (borrowing HTTPRequest) throws(TransportError) -> HTTPResponse
