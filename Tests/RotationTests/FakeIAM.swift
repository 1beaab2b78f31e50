import Foundation
import Sealing
import TestSupport

@testable import AWSAPI

/// An IAM and STS in memory, on a clock of its own, with every trouble that the real ones have.
final class FakeIAM: @unchecked Sendable {
    struct Key {
        let id: String
        let secret: String
        var isActive = true
        var created: Int
        /// From when on both services know it.
        var known: Int
        var lastUse: Int?
    }

    /// What can happen to one request.
    enum Fault: CaseIterable {
        case throttled, denied, error, errorAfterEffect, lost, dropped, unsent, hung, garbled, limited, repeated
        case skewed, unknown
    }

    var user = "alice"
    static let account = "123456789012"

    let clock: FakeClock
    var keys: [Key] = []
    /// How long a new key isn't known, in seconds, and how long it then is known only every second time.
    var propagation = 0
    var flapping = 0
    /// Whether IAM demands multi-factor authentication, and which codes are good, once each.
    var demandsMFA = false
    var codes: Set<String> = []
    var denied: Set<String> = []
    var isRoot = false
    /// How far the services' clock is ahead of ours, in seconds.
    var skew = 0
    /// The fault of the nth call to an action, from 1.
    var faults: [String: [Int: Fault]] = [:]
    private(set) var calls: [String] = []
    /// Keys that other people made.
    var foreign: Set<String> = []
    /// How often the limit of two keys was hit by our own doing.
    private(set) var limitHits = 0
    /// Called before a request has its effect, and after.
    var boundary: () -> Void = {}

    private var body: [UInt8]?
    private var made = 0
    private var counts: [String: Int] = [:]
    private var sessions: [String: String] = [:]
    private var latest: [[String: String]: String] = [:]
    private var flips = 0

    init(_ clock: FakeClock) { self.clock = clock }

    var now: Int { clock.now + skew }

    /// Makes a key as a person does in the console: known at once.
    @discardableResult
    func makeKey() -> Key {
        made += 1
        let number = String(made)
        let id = "AKIA" + String(repeating: "0", count: 9 - number.count) + number + "EXAMPLE"
        let secret = "fake" + String(repeating: "x", count: 36 - number.count) + number
        keys.append(Key(id: id, secret: secret, created: now - 86_400, known: 0))
        return keys[keys.count - 1]
    }

    func key(_ id: String) -> Key? { keys.first { $0.id == id } }

    /// Whether requests signed with a key succeed from now on.
    func works(_ id: String) -> Bool { key(id)?.isActive ?? false }

    /// Sends a request there.
    var transport: Transport {
        { (request) throws(TransportError) in
            let form = String(decoding: request.body.array(), as: UTF8.self)
            var parameters: [String: String] = [:]
            for part in form.split(separator: "&") {
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                parameters[pair[0]] = pair.count > 1 ? pair[1].removingPercentEncoding : ""
            }
            let token = request.sessionToken.text()
            self.body = request.body.array()
            return try self.answer(parameters, headers: request.headers, token: token)
        }
    }

    private func answer(
        _ parameters: [String: String], headers: [(name: String, value: String)], token: String
    ) throws(TransportError) -> HTTPResponse {
        let action = parameters["Action"] ?? ""
        counts[action, default: 0] += 1
        calls.append(action)
        let fault = faults[action]?[counts[action] ?? 0]
        boundary()
        guard !clock.isDead else { throw lost(true) }
        switch fault {
        case .throttled: return refusal(400, "Throttling")
        case .denied: return refusal(403, "AccessDenied")
        case .error: return refusal(500, "InternalFailure")
        case .limited: return refusal(409, "LimitExceeded")
        case .dropped: throw lost(true)
        case .unsent: throw lost(false)
        case .unknown: return refusal(403, "InvalidClientTokenId")
        case .skewed: return refusal(403, "RequestTimeTooSkewed")
        case .repeated:
            // The answer to the same request comes once more.
            if let text = latest[parameters] { return response(200, text) }
        case .errorAfterEffect, .lost, .hung, .garbled, nil: break
        }
        let (status, text) = perform(action, parameters, headers: headers, token: token)
        boundary()
        guard !clock.isDead else { throw lost(true) }
        switch fault {
        case .errorAfterEffect: return refusal(500, "InternalFailure")
        case .lost: throw lost(true)
        case .hung:
            clock.sleep(30)
            throw lost(true)
        case .garbled: return response(200, "<html>proxy</html>")
        default:
            if status == 200 { latest[parameters] = text }
            return response(status, text)
        }
    }

    private func perform(
        _ action: String, _ parameters: [String: String], headers: [(name: String, value: String)], token: String
    ) -> (Int, String) {
        func value(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }
        guard abs(seconds(ofBasic: value("X-Amz-Date")) - now) <= 300 else {
            return (403, problem("SignatureDoesNotMatch"))
        }
        let signer = value("Authorization").split(separator: "=").dropFirst().first?.prefix { $0 != "/" } ?? ""
        let hasMFA = sessions[String(signer)] == token && !token.isEmpty
        if !hasMFA {
            guard isKnown(String(signer)) else { return (403, problem("InvalidClientTokenId")) }
            guard isSigned(action, parameters, headers, by: String(signer)) else {
                return (403, problem("SignatureDoesNotMatch"))
            }
        }
        if denied.contains(action) { return (403, problem("AccessDenied")) }
        let isIAM = !["GetCallerIdentity", "GetSessionToken"].contains(action)
        if isIAM, demandsMFA, !hasMFA { return (403, problem("AccessDenied")) }
        if isIAM, let name = parameters["UserName"], name != user { return (404, problem("NoSuchEntity")) }
        if let index = keys.firstIndex(where: { $0.id == signer }), action != "GetCallerIdentity" {
            keys[index].lastUse = now
        }
        return (perform(action, parameters, signer: String(signer)))
    }

    private func perform(_ action: String, _ parameters: [String: String], signer: String) -> (Int, String) {
        let id = parameters["AccessKeyId"] ?? ""
        let index = keys.firstIndex { $0.id == id && isShown($0) }
        switch action {
        case "GetCallerIdentity":
            let arn = isRoot ? "arn:aws:iam::\(Self.account):root" : "arn:aws:iam::\(Self.account):user/\(user)"
            return (200, result(action, "<Arn>\(arn)</Arn><Account>\(Self.account)</Account>"))
        case "GetSessionToken":
            guard codes.remove(parameters["TokenCode"] ?? "") != nil else { return (403, problem("AccessDenied")) }
            sessions["ASIAEXAMPLE"] = "token"
            let credentials =
                "<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                + "<Expiration>\(iso(now + 3600))</Expiration>"
            return (200, result(action, "<Credentials>\(credentials)<SessionToken>token</SessionToken></Credentials>"))
        case "ListAccessKeys":
            let members = keys.filter { $0.id == signer || isShown($0) }.map { key in
                "<member><AccessKeyId>\(key.id)</AccessKeyId><Status>\(key.isActive ? "Active" : "Inactive")</Status>"
                    + "<CreateDate>\(iso(key.created))</CreateDate></member>"
            }
            return (200, result(action, "<AccessKeyMetadata>\(members.joined())</AccessKeyMetadata>"))
        case "CreateAccessKey":
            guard keys.count < 2 else {
                if keys.allSatisfy({ !foreign.contains($0.id) }) { limitHits += 1 }
                return (409, problem("LimitExceeded"))
            }
            makeKey()
            keys[keys.count - 1].created = now
            keys[keys.count - 1].known = now + propagation
            let key = keys[keys.count - 1]
            let fields = "<AccessKeyId>\(key.id)</AccessKeyId><SecretAccessKey>\(key.secret)</SecretAccessKey>"
            return (200, result(action, "<AccessKey>\(fields)</AccessKey>"))
        case "UpdateAccessKey":
            guard let index else { return (404, problem("NoSuchEntity")) }
            let isActive = parameters["Status"] == "Active"
            if isActive, !keys[index].isActive { keys[index].known = now + propagation }
            keys[index].isActive = isActive
            return (200, result(action, ""))
        case "DeleteAccessKey":
            guard let index else { return (404, problem("NoSuchEntity")) }
            keys.remove(at: index)
            return (200, result(action, ""))
        default:
            let use = index.flatMap { keys[$0].lastUse }.map { "<LastUsedDate>\(iso($0))</LastUsedDate>" } ?? ""
            let region = "<Region>us-east-1</Region><ServiceName>s3</ServiceName>"
            return (200, result(action, "<AccessKeyLastUsed>\(use)\(region)</AccessKeyLastUsed>"))
        }
    }

    /// Whether a request was signed with a key's secret.
    private func isSigned(
        _ action: String, _ parameters: [String: String], _ headers: [(name: String, value: String)], by id: String
    ) -> Bool {
        guard let secret = key(id)?.secret, let body = self.body else { return false }
        let service = ["GetCallerIdentity", "GetSessionToken"].contains(action) ? "sts" : "iam"
        let host = service == "sts" ? "sts.us-east-1.amazonaws.com" : "iam.amazonaws.com"
        let sent = headers.filter { $0.name != "Authorization" } + [("Host", host)]
        let time = seconds(ofBasic: headers.first { $0.name == "X-Amz-Date" }?.value ?? "")
        let authorization = SigV4(region: "us-east-1", service: service, time: time).authorization(
            for: SigV4.Request(headers: sent, body: body.span),
            with: AWSCredentials(accessKeyID: id, secretAccessKey: SecretBytes(text: secret)))
        return authorization == headers.first { $0.name == "Authorization" }?.value
    }

    /// Whether IAM shows a key already.
    private func isShown(_ key: Key) -> Bool { key.created + min(60, propagation / 2) <= now }

    private func isKnown(_ id: String) -> Bool {
        guard let key = key(id), key.isActive, key.known <= now else { return false }
        guard now < key.known + flapping else { return true }
        flips += 1
        return flips % 4 != 0
    }

    private func lost(_ mayHaveArrived: Bool) -> TransportError {
        TransportError(host: "iam.amazonaws.com", reason: "fault", mayHaveArrived: mayHaveArrived)
    }

    private func response(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, date: now, body: SecretBytes(text: text))
    }

    private func refusal(_ status: Int, _ code: String) -> HTTPResponse { response(status, problem(code)) }

    private func problem(_ code: String) -> String {
        let error = "<Error><Code>\(code)</Code><Message>fake</Message></Error>"
        return "<ErrorResponse>\(error)<RequestId>1</RequestId></ErrorResponse>"
    }

    private func result(_ action: String, _ inside: String) -> String {
        "<\(action)Response><\(action)Result>\(inside)</\(action)Result></\(action)Response>"
    }

    private var isoTimes: [Int: String] = [:]

    private func iso(_ seconds: Int) -> String {
        if let known = isoTimes[seconds] { return known }
        let text = makeISO(seconds)
        isoTimes[seconds] = text
        return text
    }

    private func makeISO(_ seconds: Int) -> String {
        let text = basicTimestamp(seconds)
        let digits = Array(text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
    }

    private func seconds(ofBasic text: String) -> Int {
        let digits = Array(text)
        guard digits.count == 16 else { return 0 }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return AWSAPI.seconds(
            ofTimestamp:
                "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
            ?? 0
    }
}

/// A clock that moves when somebody waits, and a process that may be dead.
final class FakeClock: @unchecked Sendable {
    /// In seconds since 1970.
    private(set) var now = 1_800_000_000
    /// What passed for a process that is dead; nobody else sees it.
    private var ghost = 0.0
    private var fraction = 0.0
    /// Whether the process that runs has been killed: nothing it does reaches anybody any more.
    var isDead = false

    /// The time as the process that runs sees it.
    var seen: Int { now + Int(ghost) }

    func sleep(_ seconds: Double) {
        guard !isDead else {
            ghost += max(1, seconds)
            return
        }
        fraction += seconds
        now += Int(fraction)
        fraction -= Double(Int(fraction))
    }

    /// A new process runs.
    func revive() {
        isDead = false
        ghost = 0
    }
}
