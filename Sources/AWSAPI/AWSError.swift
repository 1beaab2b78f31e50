/// Why a call gave no result.
public enum AWSError: Error, Equatable, Codable, Sendable {
    /// The service answered with an error.
    case refused(Refusal)
    /// No answer came.
    case unreachable(TransportError)
    /// The answer isn't one of this service's; its status.
    case garbled(status: Int)

    /// An error answer.
    public struct Refusal: Equatable, Codable, Sendable {
        /// The status code of HTTP.
        public let status: Int
        /// AWS's code, such as `AccessDenied`.
        public let code: String
        /// AWS's text, for people.
        public let message: String
        /// What AWS's support asks for; empty if there was none.
        public let requestID: String

        /// A refusal.
        public init(status: Int, code: String, message: String, requestID: String) {
            self.status = status
            self.code = code
            self.message = message
            self.requestID = requestID
        }
    }
}

extension AWSError {
    /// AWS's code; `nil` if there was no error answer.
    public var code: String? { if case .refused(let refusal) = self { refusal.code } else { nil } }

    /// Whether the call may have had its effect all the same.
    public var mayHaveHappened: Bool {
        switch self {
        case .refused(let refusal): refusal.status >= 500
        case .unreachable(let problem): problem.mayHaveArrived
        case .garbled: true
        }
    }

    /// Whether the same call may well succeed a moment later.
    public var isPassing: Bool {
        switch self {
        case .refused(let refusal): refusal.status >= 500 || isThrottling || refusal.code == "IDPCommunicationError"
        case .unreachable: true
        // A page of somebody else's, such as a proxy's, stays what it is.
        case .garbled(let status): status >= 500
        }
    }

    /// Whether the service doesn't know the key, or not yet, or not any more.
    public var isUnknownKey: Bool { code == "InvalidClientTokenId" || code == "InvalidAccessKeyId" }

    /// Whether the session that signed the request is over.
    public var isExpiredToken: Bool { code == "ExpiredToken" || code == "ExpiredTokenException" }

    /// Whether the service wants fewer requests.
    public var isThrottling: Bool { code.map(Self.throttling.contains) ?? false }

    /// Whether a policy keeps the caller from it.
    public var isAccessDenied: Bool { code == "AccessDenied" || code == "AccessDeniedException" }

    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    private static let throttling: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown",
        "PriorRequestNotComplete", "TransactionInProgressException", "EC2ThrottledException",
    ]
}
