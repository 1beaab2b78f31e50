import Sealing
import Synchronization

@testable import AWSAPI
@testable import Unlocking

/// Has IAM or STS answer with the bytes after the first one, which says what was asked.
func tryAWSAnswer(_ bytes: borrowing Span<UInt8>) {
    guard bytes.count > 0 else { return }
    let answer = bytes.extracting(1...).array()
    let isError = bytes[0] & 0x80 != 0
    // A list that goes on for ever comes to its end.
    let calls = Atomic(0)
    let transport: Transport = { (_) throws(TransportError) in
        guard calls.add(1, ordering: .relaxed).newValue < 4 else {
            throw TransportError(host: "", reason: "", mayHaveArrived: false)
        }
        return HTTPResponse(status: isError ? 400 : 200, date: nil, body: SecretBytes(copying: answer.span))
    }
    let surroundings = AWSClient.Surroundings(
        transport: transport, now: { 1_440_938_160 }, sleep: { _ in }, random: { _ in 0 })
    guard let client = try? AWSClient(EndpointSettings(region: "eu-west-1"), in: surroundings) else {
        fatalError("a region has endpoints")
    }
    let key = AWSCredentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: SecretBytes(zeros: 40))
    switch bytes[0] % 6 {
    case 0: _ = try? client.createAccessKey(of: "ann", with: key)
    case 1: _ = try? client.listAccessKeys(of: "ann", with: key)
    case 2: _ = try? client.lastUse(of: "AKIAIOSFODNN7EXAMPLE", with: key)
    case 3: _ = try? client.callerIdentity(with: key)
    case 4: _ = try? client.sessionToken(mfa: nil, duration: 3600, with: key)
    default: _ = try? client.consoleSignIn(destination: "https://console.aws.amazon.com/", with: key)
    }
}

/// Reads what a `credential_process` prints.
func tryProcessDocument(_ bytes: borrowing Span<UInt8>) {
    guard let answer = try? processCredentials(fromDocument: bytes.secret) else { return }
    require(!answer.credentials.accessKeyID.isEmpty && answer.credentials.secretAccessKey.count > 0, "half a key")
}

/// Reads replies of a pinentry until there is none.
func tryAssuan(_ bytes: borrowing Span<UInt8>) {
    var lines: [[UInt8]] = bytes.array().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .map(Array.init)
    lines.reverse()
    while !lines.isEmpty {
        switch AssuanReply(reading: { lines.popLast().map { SecretBytes(copying: $0.span) } }) {
        case .ok(let data): require(data.count <= bytes.count, "a reply has more than was said")
        default: break
        }
    }
}
