import AWSAPI
import Foundation
import Sealing
import Synchronization
import TestSupport
import Testing

/// A service that answers from a list, on a clock that only waiting moves. It keeps what was sent to it.
final class ScriptedService: Sendable {
    /// What comes back for one request.
    indirect enum Answer: Sendable {
        /// Another answer, for which one waits a number of seconds.
        case after(Double, Answer)
        case reply(_ body: String, status: Int = 200, date: Int? = nil)
        case failure(mayHaveArrived: Bool)
    }

    /// A request as it was sent.
    struct Sent: Sendable {
        let url: String
        let headers: [(name: String, value: String)]
        let sessionToken: String
        let body: String
        let patience: Double?

        /// A header's value.
        subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    private struct State {
        var clock: Double
        var answers: [Answer]
        var sent: [Sent] = []
        var bounds: [Double] = []
        var waits: [Double] = []
    }

    /// 2015-08-30 12:36:00 UTC.
    static let start = 1_440_938_160

    private let state: Mutex<State>

    /// A service that gives these answers, one a request.
    init(_ answers: [Answer]) { state = Mutex(State(clock: Double(Self.start), answers: answers)) }

    /// What was sent so far.
    var sent: [Sent] { state.withLock(\.sent) }

    /// The forms that were sent so far.
    var forms: [String] { sent.map(\.body) }

    /// How long it was waited, each time, in seconds.
    var waits: [Double] { state.withLock(\.waits) }

    /// What the waits were drawn below, in seconds.
    var bounds: [Double] { state.withLock(\.bounds) }

    /// A client of the service. Chance gives two thirds of what it may give.
    ///
    /// - Parameter time: how much there is from the start on, in seconds.
    func client(
        _ settings: EndpointSettings = EndpointSettings(region: "eu-west-1"), time: Double = .infinity
    ) throws -> AWSClient {
        try AWSClient(
            settings,
            in: AWSClient.Surroundings(
                transport: { (request) throws(TransportError) in try self.answer(request) },
                now: { Int(self.state.withLock(\.clock)) },
                sleep: { seconds in
                    self.state.withLock {
                        $0.waits.append(seconds)
                        $0.clock += seconds
                    }
                },
                random: { bound in
                    self.state.withLock { $0.bounds.append(bound) }
                    return bound * 2 / 3
                },
                timeLeft: { max(0, Double(Self.start) + time - self.state.withLock(\.clock)) }))
    }

    private func answer(_ request: borrowing HTTPRequest) throws(TransportError) -> HTTPResponse {
        let sent = Sent(
            url: request.url, headers: request.headers, sessionToken: request.sessionToken.text(),
            body: String(decoding: request.body.array(), as: UTF8.self), patience: request.patience)
        var answer = state.withLock { state in
            state.sent.append(sent)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        while case .after(let seconds, let later) = answer {
            state.withLock { $0.clock += seconds }
            answer = later
        }
        switch answer {
        case .reply(let body, let status, let date):
            return HTTPResponse(status: status, date: date, body: SecretBytes(text: body))
        case .failure(let mayHaveArrived):
            throw TransportError(host: "example.com", reason: "scripted", mayHaveArrived: mayHaveArrived)
        case .after, nil:
            Issue.record("nothing more was to be sent, but \(sent.body) was")
            throw TransportError(host: "example.com", reason: "the script is over", mayHaveArrived: false)
        }
    }
}

extension ScriptedService.Answer {
    /// An error answer.
    static func refusal(_ code: String, status: Int, date: Int? = nil) -> Self {
        .reply(
            "<ErrorResponse><Error><Code>\(code)</Code><Message>EXAMPLE</Message></Error></ErrorResponse>",
            status: status, date: date)
    }

    /// What a call gives.
    static func result(of action: String, _ content: String = "", date: Int? = nil) -> Self {
        .reply(
            "<\(action)Response><\(action)Result>\(content)</\(action)Result></\(action)Response>", date: date)
    }

    /// What `GetCallerIdentity` gives.
    static let identity = result(
        of: "GetCallerIdentity",
        "<Arn>arn:aws:iam::123456789012:user/Bob</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>"
            + "<Account>123456789012</Account>")
}

extension ScriptedService.Answer {
    /// What `AssumeRole` and the like give: a session of an hour.
    static func session(of action: String) -> Self {
        result(
            of: action,
            "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>\(otherSecret)"
                + "</SecretAccessKey><SessionToken>token/EXAMPLE==</SessionToken>"
                + "<Expiration>2015-08-30T13:36:00Z</Expiration></Credentials><AssumedRoleUser><Arn>"
                + "arn:aws:sts::123456789012:assumed-role/demo/Bob</Arn></AssumedRoleUser>")
    }
}

/// What a session's requests are signed with.
func sessionCredentials() -> AWSCredentials {
    AWSCredentials(
        accessKeyID: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: SecretBytes(text: exampleSecret),
        sessionToken: SecretBytes(text: "token/EXAMPLE=="))
}

/// A long-term key.
func longTermKey() -> AWSCredentials {
    AWSCredentials(accessKeyID: exampleID, secretAccessKey: SecretBytes(text: exampleSecret))
}
