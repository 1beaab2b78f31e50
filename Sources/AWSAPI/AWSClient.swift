import Sealing

/// Calls IAM and STS by AWS's Query protocol: a signed form goes out, XML comes back.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html
public final class AWSClient {
    /// What a client needs of the world around it.
    public struct Surroundings: Sendable {
        /// Sends requests.
        public var transport: Transport
        /// The time in seconds since 1970.
        public var now: @Sendable () -> Int
        /// Waits, for a number of seconds.
        public var sleep: @Sendable (Double) -> Void
        /// A random number from 0 up to the one given.
        public var random: @Sendable (Double) -> Double
        /// How long calls may still take, in seconds. None begins, and nobody waits, beyond it; a request may take all
        /// of it. Infinite where only the transport's own patience counts.
        public var timeLeft: @Sendable () -> Double

        /// A world.
        public init(
            transport: @escaping Transport, now: @escaping @Sendable () -> Int,
            sleep: @escaping @Sendable (Double) -> Void, random: @escaping @Sendable (Double) -> Double,
            timeLeft: @escaping @Sendable () -> Double = { .infinity }
        ) {
            self.transport = transport
            self.now = now
            self.sleep = sleep
            self.random = random
            self.timeLeft = timeLeft
        }
    }

    private let surroundings: Surroundings
    private let iam: Endpoint
    private let sts: Endpoint
    /// Where the console's sign-in is; `nil` where that isn't known.
    let signIn: String?
    /// How far this machine's clock is behind the services', in seconds.
    private var skew = 0
    private var hasCorrectedClock = false
    /// Whether any answer came so far; where there is no network, nobody is kept waiting.
    private var hasAnswered = false

    /// How often a call is sent at most.
    private static let attempts = 5
    /// SigV4 allows five minutes.
    private static let largestSkew = 240

    /// A client for one set of endpoints.
    ///
    /// - Throws: ``EndpointError``.
    public init(_ settings: EndpointSettings, in surroundings: Surroundings) throws(EndpointError) {
        self.surroundings = surroundings
        iam = try settings.endpoint(of: .iam)
        sts = try settings.endpoint(of: .sts)
        signIn = try settings.signIn()
    }

    /// The time as the services have it, as far as is known.
    public var now: Int { surroundings.now() + skew }

    /// Waits, for a number of seconds.
    public func sleep(_ seconds: Double) { surroundings.sleep(seconds) }

    /// Makes one call, and repeats it after passing failures.
    ///
    /// - Parameter isRepeatable: whether a second call has no effect beyond the first one's.
    func call(
        _ service: AWSService, _ action: String, _ parameters: [(name: String, value: String)] = [],
        with credentials: borrowing AWSCredentials, isRepeatable: Bool = true
    ) throws(AWSError) -> XMLElement {
        let form = Form(service, action, parameters).joined()
        return try call(service, action, form, with: credentials, isRepeatable: isRepeatable)
    }

    /// Makes one call whose form may hold a secret.
    func call(
        _ service: AWSService, _ action: String, _ form: borrowing SecretBytes,
        with credentials: borrowing AWSCredentials, isRepeatable: Bool = true
    ) throws(AWSError) -> XMLElement {
        try repeating(isRepeatable) { () throws(AWSError) in try send(service, action, form, with: credentials) }
    }

    /// Does something once more after passing failures, waiting longer each time (full jitter:
    /// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter), as long as there is time.
    func repeating<Result: ~Copyable>(
        _ isRepeatable: Bool, _ body: () throws(AWSError) -> Result
    ) throws(AWSError) -> Result {
        var attempt = 1
        while true {
            do throws(AWSError) {
                return try body()
            } catch {
                let isUseless = !hasAnswered && !error.mayHaveHappened && error.code == nil
                guard isRepeatable, error.isPassing, !isUseless, attempt < Self.attempts else { throw error }
                let pause = surroundings.random(min(20, 0.5 * Double(1 << attempt)))
                guard pause < surroundings.timeLeft() else { throw error }
                surroundings.sleep(pause)
                guard surroundings.timeLeft() > 0 else { throw error }
            }
            attempt += 1
        }
    }

    private func send(
        _ service: AWSService, _ action: String, _ form: borrowing SecretBytes,
        with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> XMLElement {
        let endpoint = service == .iam ? iam : sts
        // Every call's own path is "/", which comes after that of the endpoint.
        let url = endpoint.url.hasSuffix("/") ? endpoint.url : endpoint.url + "/"
        let signer = SigV4(region: endpoint.region, service: service.rawValue, time: now)
        let response = try post(form, to: url, signer, with: credentials)
        let answer = try? XMLElement.parse(response.body)
        if response.status == 200 {
            guard let answer, answer.name == action + "Response" else { throw .garbled(status: 200) }
            return answer[action + "Result"] ?? answer
        }
        let refusal = Self.refusal(answer, status: response.status)
        guard !refusal.mayHaveHappened, let date = response.date, isSkewed(by: date), !credentials.isAnonymous,
            surroundings.timeLeft() > 0
        else { throw refusal }
        hasCorrectedClock = true
        skew = date - surroundings.now()
        return try send(service, action, form, with: credentials)
    }

    /// Sends a form once.
    ///
    /// - Parameter signer: what signs it, unless the credentials are anonymous.
    func post(
        _ form: borrowing SecretBytes, to url: String, _ signer: SigV4? = nil,
        with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> HTTPResponse {
        let timeLeft = surroundings.timeLeft()
        guard timeLeft > 0 else {
            throw .unreachable(TransportError(host: host(of: url), reason: "no time is left", mayHaveArrived: false))
        }
        var headers = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
        if let signer, !credentials.isAnonymous {
            headers.append(("X-Amz-Date", signer.timestamp))
            let address = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last ?? ""
            let request = form.withBytes {
                SigV4.Request(
                    target: String(address.drop { $0 != "/" }), headers: headers + [("Host", Self.hostHeader(url))],
                    body: $0)
            }
            headers.append(("Authorization", signer.authorization(for: request, with: credentials)))
        }
        do throws(TransportError) {
            let response = try surroundings.transport(
                HTTPRequest(
                    url: url, headers: headers, sessionToken: credentials.sessionToken.copy(), body: form.copy(),
                    patience: timeLeft.isFinite ? timeLeft : nil))
            hasAnswered = true
            return response
        } catch {
            throw .unreachable(error)
        }
    }

    /// Whether the clocks differ by more than a signature may, which can be mended once.
    private func isSkewed(by date: Int) -> Bool { !hasCorrectedClock && abs(date - now) > Self.largestSkew }

    /// libcurl leaves the scheme's own port out of the header.
    private static func hostHeader(_ url: String) -> String {
        let host = host(of: url)
        let standard = url.hasPrefix("https:") ? ":443" : ":80"
        return host.hasSuffix(standard) ? String(host.dropLast(standard.count)) : host
    }

    private static func refusal(_ answer: XMLElement?, status: Int) -> AWSError {
        // Both `<ErrorResponse><Error>...<RequestId>` and `<Response><Errors><Error>...<RequestID>` are in use.
        guard let answer, let error = answer["Error"] ?? answer["Errors"]?["Error"], let code = error["Code"]?.string,
            !code.isEmpty
        else { return .garbled(status: status) }
        let requestID = answer["RequestId"] ?? answer["RequestID"]
        return .refused(
            AWSError.Refusal(
                status: status, code: code, message: error["Message"]?.string ?? "",
                requestID: requestID?.string ?? ""))
    }
}
