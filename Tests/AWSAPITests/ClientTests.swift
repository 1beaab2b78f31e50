import AWSAPI
import Foundation
import Sealing
import TestSupport
import Testing

private typealias Answer = ScriptedService.Answer

@Suite("Calls that fail")
struct ClientTests {
    private static let throttled = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown",
        "PriorRequestNotComplete", "TransactionInProgressException", "EC2ThrottledException",
    ]

    /// What may be over a moment later.
    private static let passing: [Answer] =
        throttled.map { .refusal($0, status: 400) } + [
            // STS couldn't reach the identity provider.
            .refusal("IDPCommunicationError", status: 400),
            .refusal("InternalFailure", status: 500), .refusal("ServiceUnavailable", status: 503),
            .reply("<html/>", status: 502), .failure(mayHaveArrived: true),
        ]

    /// What stays as it is.
    private static let lasting: [Answer] = [
        .refusal("AccessDenied", status: 403), .refusal("InvalidClientTokenId", status: 403),
        .refusal("SignatureDoesNotMatch", status: 403), .refusal("NoSuchEntity", status: 404),
        .refusal("LimitExceeded", status: 409), .refusal("ValidationError", status: 400),
    ]

    private func failure(of client: AWSClient) -> AWSError? {
        problem { () throws(AWSError) in _ = try client.callerIdentity(with: longTermKey()) }
    }

    private func failureToCreate(_ client: AWSClient) -> AWSError? {
        problem { () throws(AWSError) in _ = try client.createAccessKey(of: "Bob", with: longTermKey()) }
    }

    private func failureToBegin(_ client: AWSClient) -> AWSError? {
        problem { () throws(AWSError) in
            _ = try client.sessionToken(
                mfa: MFACode(serialNumber: "GAHT12345678", code: "123456"), duration: 900, with: longTermKey())
        }
    }

    private static let role = RoleRequest(arn: "arn:aws:iam::123456789012:role/demo", sessionName: "Bob")

    private func failureToAssume(_ client: AWSClient, code: String?) -> AWSError? {
        problem { () throws(AWSError) in
            let mfa = code.map { MFACode(serialNumber: "GAHT12345678", code: $0) }
            _ = try client.assumeRole(Self.role, mfa: mfa, with: longTermKey())
        }
    }

    @Test(
        "are sent five times at most if it may pass, with longer and longer waits of random length", arguments: passing)
    private func repeated(answer: Answer) throws {
        let service = ScriptedService(Array(repeating: answer, count: 5))
        #expect(failure(of: try service.client()) != nil)
        #expect(service.sent.count == 5)
        #expect(service.bounds == [1, 2, 4, 8])
        #expect(service.waits == service.bounds.map { $0 * 2 / 3 })
        #expect(Set(service.forms).count == 1)
    }

    @Test("that never left are sent again only if AWS could be reached before")
    func offline() throws {
        let service = ScriptedService([.failure(mayHaveArrived: false)])
        #expect(failure(of: try service.client()) != nil)
        #expect(service.sent.count == 1)
        let later = ScriptedService([.identity] + Array(repeating: .failure(mayHaveArrived: false), count: 5))
        let client = try later.client()
        #expect(failure(of: client) == nil)
        #expect(failure(of: client) != nil)
        #expect(later.sent.count == 6)
    }

    @Test("are signed for the time of each sending")
    func signedAnew() throws {
        let service = ScriptedService([.refusal("Throttling", status: 400), .failure(mayHaveArrived: true), .identity])
        #expect(try service.client().callerIdentity(with: longTermKey()).userName == "Bob")
        #expect(service.waits.count == 2)
        #expect(service.sent.map { $0["X-Amz-Date"] } == ["20150830T123600Z", "20150830T123600Z", "20150830T123602Z"])
        #expect(Set(service.sent.map { $0["Authorization"] }).count == 2)
    }

    @Test("aren't repeated if it won't pass", arguments: lasting + [.reply("<html/>"), .reply("<html/>", status: 403)])
    private func notRepeated(answer: Answer) throws {
        let service = ScriptedService([answer])
        #expect(failure(of: try service.client()) != nil)
        #expect(service.sent.count == 1)
        #expect(service.waits.isEmpty)
    }

    @Test("and make a key or use up a code are sent once, whatever fails", arguments: passing + lasting)
    private func once(answer: Answer) throws {
        let creating = ScriptedService([answer])
        #expect(failureToCreate(try creating.client()) != nil)
        #expect(creating.sent.count == 1)
        let beginning = ScriptedService([answer])
        #expect(failureToBegin(try beginning.client()) != nil)
        #expect(beginning.sent.count == 1)
        let assuming = ScriptedService([answer])
        #expect(failureToAssume(try assuming.client(), code: "123456") != nil)
        #expect(assuming.sent.count == 1)
        #expect(creating.waits.isEmpty && beginning.waits.isEmpty && assuming.waits.isEmpty)
    }

    @Test("and use up no code are sent again if it may pass", arguments: passing)
    private func sessionsAgain(answer: Answer) throws {
        let assuming = ScriptedService([answer, .session(of: "AssumeRole")])
        #expect(failureToAssume(try assuming.client(), code: nil) == nil)
        let beginning = ScriptedService([answer, .session(of: "GetSessionToken")])
        let session = try beginning.client().sessionToken(mfa: nil, duration: 43_200, with: longTermKey())
        #expect(session.expiration == ScriptedService.start + 3600)
        let identifying = ScriptedService([answer, .session(of: "AssumeRoleWithWebIdentity")])
        let role = try identifying.client().assumeRole(Self.role, webIdentityToken: SecretBytes(text: "token"))
        #expect(role.expiration == ScriptedService.start + 3600)
        for service in [assuming, beginning, identifying] {
            #expect(service.sent.count == 2)
            #expect(Set(service.forms).count == 1)
        }
        #expect(beginning.forms.first == "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=43200")
    }

    @Test("can have had no effect if they were refused or never sent")
    func withoutEffect() throws {
        let throttled = Self.throttled.map { Answer.refusal($0, status: 400) }
        for answer in Self.lasting + throttled + [.failure(mayHaveArrived: false)] {
            let failure = failureToCreate(try ScriptedService([answer]).client())
            #expect(failure?.mayHaveHappened == false, "\(answer)")
        }
    }

    @Test(
        "may have had their effect if the service broke or its answer was lost",
        arguments: [
            Answer.refusal("InternalFailure", status: 500), .refusal("ServiceUnavailable", status: 503),
            .reply("<html/>", status: 502), .failure(mayHaveArrived: true), .reply(""), .reply("<html/>"),
            .reply("<CreateAccessKeyResponse><CreateAccessKeyRes"), .result(of: "CreateAccessKey"),
            .result(
                of: "CreateAccessKey",
                "<AccessKey><AccessKeyId/><SecretAccessKey>\(exampleSecret)</SecretAccessKey></AccessKey>"),
            .result(of: "CreateAccessKey", "<AccessKey><AccessKeyId>\(exampleID)</AccessKeyId></AccessKey>"),
            .result(
                of: "CreateAccessKey", "<AccessKey><SecretAccessKey>\(exampleSecret)</SecretAccessKey></AccessKey>"),
        ])
    private func withEffect(answer: Answer) throws {
        let failure = failureToCreate(try ScriptedService([answer]).client())
        #expect(failure?.mayHaveHappened == true)
    }

    @Test("say what was refused, and why")
    func refusal() throws {
        let denied = failure(of: try ScriptedService([.refusal("AccessDenied", status: 403)]).client())
        #expect(denied?.isAccessDenied == true && denied?.isUnknownKey == false && denied?.code == "AccessDenied")
        let unknown = failure(of: try ScriptedService([.refusal("InvalidClientTokenId", status: 403)]).client())
        #expect(unknown?.isAccessDenied == false && unknown?.isUnknownKey == true)
        let expired = failure(of: try ScriptedService([.refusal("ExpiredToken", status: 403)]).client())
        #expect(expired?.isExpiredToken == true && expired?.isThrottling == false)
        let slower = failureToCreate(try ScriptedService([.refusal("Throttling", status: 400)]).client())
        #expect(slower?.isExpiredToken == false && slower?.isThrottling == true)
        let lost = failureToCreate(try ScriptedService([.failure(mayHaveArrived: true)]).client())
        #expect(lost == .unreachable(TransportError(host: "example.com", reason: "scripted", mayHaveArrived: true)))
    }

    @Test("can be told to another process")
    func told() throws {
        let errors: [AWSError] = [
            .refused(AWSError.Refusal(status: 403, code: "AccessDenied", message: "no \"é\"", requestID: "1")),
            .unreachable(TransportError(host: "example.com", reason: "scripted", mayHaveArrived: true)),
            .garbled(status: 502),
        ]
        #expect(try JSONDecoder().decode([AWSError].self, from: JSONEncoder().encode(errors)) == errors)
    }
}
