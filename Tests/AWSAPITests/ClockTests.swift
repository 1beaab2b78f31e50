import AWSAPI
import TestSupport
import Testing

private typealias Answer = ScriptedService.Answer

@Suite("A clock that is wrong")
struct ClockTests {
    private static let start = ScriptedService.start

    private func code(_ client: AWSClient) -> String? {
        problem { () throws(AWSError) in _ = try client.callerIdentity(with: longTermKey()) }?.code
    }

    @Test(
        "is corrected by the service's, and stays so", arguments: ["RequestTimeTooSkewed", "SignatureDoesNotMatch"],
        [(-86_400, "20150829T123600Z"), (-241, "20150830T123159Z"), (241, "20150830T124001Z")])
    func corrected(code: String, server: (skew: Int, time: String)) throws {
        let refusal = Answer.refusal(code, status: 403, date: Self.start + server.skew)
        let service = ScriptedService([refusal, .identity, .identity])
        let client = try service.client()
        _ = try client.callerIdentity(with: longTermKey())
        #expect(service.sent.map { $0["X-Amz-Date"] } == ["20150830T123600Z", server.time])
        #expect(service.sent.last?["Authorization"]?.contains("/\(server.time.prefix(8))/") == true)
        #expect(client.now == Self.start + server.skew)
        _ = try client.callerIdentity(with: longTermKey())
        #expect(service.sent.map { $0["X-Amz-Date"] } == ["20150830T123600Z", server.time, server.time])
        #expect(service.waits.isEmpty)
    }

    @Test("is right as long as signatures are accepted by it", arguments: [-240, 0, 240, nil])
    func right(skew: Int?) throws {
        let refusal = Answer.refusal("SignatureDoesNotMatch", status: 403, date: skew.map { Self.start + $0 })
        let service = ScriptedService([refusal])
        let client = try service.client()
        #expect(code(client) == "SignatureDoesNotMatch")
        #expect(service.sent.count == 1)
        #expect(client.now == Self.start)
    }

    @Test("is corrected once only")
    func correctedOnce() throws {
        let first = Answer.refusal("RequestTimeTooSkewed", status: 403, date: Self.start + 1000)
        let second = Answer.refusal("RequestTimeTooSkewed", status: 403, date: Self.start + 5000)
        let service = ScriptedService([first, second, second])
        let client = try service.client()
        #expect(code(client) == "RequestTimeTooSkewed")
        #expect(service.sent.count == 2)
        #expect(code(client) == "RequestTimeTooSkewed")
        #expect(service.sent.count == 3)
        #expect(client.now == Self.start + 1000)
    }

    @Test("is corrected also for what makes a key, since a refused call made none")
    func creating() throws {
        let refusal = Answer.refusal("RequestTimeTooSkewed", status: 403, date: Self.start + 1000)
        let service = ScriptedService([refusal, refusal])
        let client = try service.client()
        let failure = problem { () throws(AWSError) in
            _ = try client.createAccessKey(of: "Bob", with: longTermKey())
        }
        #expect(failure?.code == "RequestTimeTooSkewed")
        #expect(service.sent.map { $0["X-Amz-Date"] } == ["20150830T123600Z", "20150830T125240Z"])
    }

    @Test(
        "is no reason to send again what may have made a key",
        arguments: [
            Answer.refusal("InternalFailure", status: 500, date: start + 1000),
            .reply("<html/>", status: 403, date: start + 1000), .reply("", status: 302, date: start + 1000),
            .reply("<html/>", date: start + 1000),
        ])
    private func unclear(answer: Answer) throws {
        let service = ScriptedService([answer])
        let client = try service.client()
        let failure = problem { () throws(AWSError) in
            _ = try client.createAccessKey(of: "Bob", with: longTermKey())
        }
        #expect(failure?.mayHaveHappened == true)
        #expect(service.sent.count == 1)
    }
}
