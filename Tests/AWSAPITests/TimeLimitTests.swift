import AWSAPI
import Sealing
import Synchronization
import TestSupport
import Testing

private typealias Answer = ScriptedService.Answer

@Suite("Calls with a time limit")
struct TimeLimitTests {
    private func failure(of client: AWSClient) -> AWSError? {
        problem { () throws(AWSError) in _ = try client.callerIdentity(with: longTermKey()) }
    }

    @Test("aren't sent when there is no time")
    func none() throws {
        let service = ScriptedService([])
        let failure = failure(of: try service.client(time: 0))
        #expect(
            failure
                == .unreachable(
                    TransportError(
                        host: "sts.eu-west-1.amazonaws.com", reason: "no time is left", mayHaveArrived: false)))
        #expect(service.sent.isEmpty && service.waits.isEmpty)
    }

    @Test("may take all the time that is left, and without a limit what the transport gives them")
    func patience() throws {
        let service = ScriptedService([.after(40, .identity), .identity])
        let client = try service.client(time: 55)
        #expect(failure(of: client) == nil && failure(of: client) == nil)
        #expect(service.sent.map(\.patience) == [55, 15])
        let unlimited = ScriptedService([.identity])
        #expect(failure(of: try unlimited.client()) == nil)
        #expect(unlimited.sent.map(\.patience) == [nil])
    }

    @Test("are repeated as long as a pause ends before the time does")
    func pauses() throws {
        let service = ScriptedService(Array(repeating: .refusal("Throttling", status: 400), count: 2))
        #expect(failure(of: try service.client(time: 1.5))?.code == "Throttling")
        #expect(service.sent.count == 2)
        #expect(service.bounds == [1, 2])
        #expect(service.waits == [2.0 / 3])
    }

    @Test("aren't repeated when the time went by with waiting for an answer")
    func slow() throws {
        let service = ScriptedService([.after(10, .refusal("InternalFailure", status: 500))])
        #expect(failure(of: try service.client(time: 5))?.code == "InternalFailure")
        #expect(service.sent.count == 1)
        #expect(service.waits.isEmpty)
    }

    @Test("aren't repeated for the clock's sake when the time is over")
    func skewed() throws {
        let refusal = Answer.refusal("RequestTimeTooSkewed", status: 403, date: ScriptedService.start + 1000)
        let service = ScriptedService([.after(10, refusal)])
        let client = try service.client(time: 5)
        #expect(failure(of: client)?.code == "RequestTimeTooSkewed")
        #expect(service.sent.count == 1)
    }

    @Test("end with the last error when a pause took longer than it should")
    func overslept() throws {
        // Before the request, before the pause, and after it.
        let times = Mutex<[Double]>([5, 5, 0])
        let count = Mutex(0)
        let busy = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"
        let client = try AWSClient(
            EndpointSettings(region: "eu-west-1"),
            in: AWSClient.Surroundings(
                transport: { _ in
                    count.withLock { $0 += 1 }
                    return HTTPResponse(status: 400, date: nil, body: SecretBytes(text: busy))
                },
                now: { ScriptedService.start }, sleep: { _ in }, random: { $0 },
                timeLeft: { times.withLock { $0.isEmpty ? 0 : $0.removeFirst() } }))
        #expect(failure(of: client)?.code == "Throttling")
        let (sent, unused) = (count.withLock { $0 }, times.withLock { $0 })
        #expect(sent == 1)
        #expect(unused.isEmpty)
    }
}
