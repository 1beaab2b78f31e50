public import AWSAPI
public import SealedStore
import Sealing

/// Calls IAM with a key, or with a session that was got with multi-factor authentication where a policy demands it.
final class IAMAccess {
    let client: AWSClient
    /// Asks for a code; `nil` where nobody can give one.
    private let askForCode: (CallerIdentity) -> MFACode?
    private var hasAsked = false
    /// How often a call is repeated at most, since clocks can be set back.
    private static let mostRounds = 30
    private var session: Session?

    private final class Session {
        let made: TemporaryCredentials
        init(_ made: consuming TemporaryCredentials) { self.made = made }
    }

    /// Long enough for a rotation that waits for IAM, in seconds.
    private static let sessionDuration = 3600
    /// How long a key counts as new, in seconds.
    private static let youth = 300
    /// How long a new key is given to be known again, in seconds.
    private static let patience = 60

    private let now: () -> Int
    private let report: (RotationProgress) -> Void

    init(
        client: AWSClient, now: @escaping () -> Int, askForCode: @escaping (CallerIdentity) -> MFACode?,
        report: @escaping (RotationProgress) -> Void
    ) {
        self.client = client
        self.now = now
        self.report = report
        self.askForCode = askForCode
    }

    /// Whether policies demand multi-factor authentication, so that a key alone can't call IAM.
    var needsSession: Bool { session != nil }

    /// Makes a call; where it's denied and a code can be had, once more with a session.
    ///
    /// A key that came a moment ago may be unknown to some of the services' machines; it's given time.
    /// What changes a key is worth the wait with any key.
    ///
    /// - Parameter asks: whether a code is asked for.
    func call<Result: ~Copyable>(
        with key: borrowing KeyRecord, during name: RotationError.Call, asks: Bool = true,
        _ body: (AWSClient, borrowing AWSCredentials) throws(AWSError) -> Result
    ) throws(RotationError) -> Result {
        let end = now() + Self.patience
        // What came from a file isn't new, whenever it came.
        let isNew = !key.exposed && now() < Int(clamping: key.added) + Self.youth
        let isWorthIt = isNew || name == .update || name == .delete
        var pause = 1.0
        var round = 0
        while true {
            do throws(RotationError) {
                return try callOnce(with: key, during: name, asks: asks, body)
            } catch .aws(let error, let during) {
                round += 1
                guard isWorthIt, error.isUnknownKey, now() < end, round < Self.mostRounds else {
                    throw .aws(error, during: during)
                }
            }
            if round == 1 { report(.unknownYet(id: key.accessKeyID)) }
            client.sleep(pause)
            pause = min(8, pause * 2)
        }
    }

    private func callOnce<Result: ~Copyable>(
        with key: borrowing KeyRecord, during name: RotationError.Call, asks: Bool,
        _ body: (AWSClient, borrowing AWSCredentials) throws(AWSError) -> Result
    ) throws(RotationError) -> Result {
        if let session {
            do throws(AWSError) {
                return try body(client, session.made.credentials)
            } catch {
                guard error.isExpiredToken else { throw .aws(error, during: name) }
            }
            // A new session takes a new code.
            self.session = nil
            hasAsked = false
        }
        do throws(AWSError) {
            return try body(client, key.credentials)
        } catch {
            guard error.isAccessDenied, asks, try authenticate(with: key) else { throw .aws(error, during: name) }
        }
        guard let session else {
            return try wrapping(name) { () throws(AWSError) in try body(client, key.credentials) }
        }
        return try wrapping(name) { () throws(AWSError) in try body(client, session.made.credentials) }
    }

    /// Asks for a code and gets a session with it, once.
    ///
    /// - Returns: whether there is a session now.
    func authenticate(with key: borrowing KeyRecord) throws(RotationError) -> Bool {
        guard !hasAsked else { return false }
        hasAsked = true
        let identity = try wrapping(.identify) { () throws(AWSError) in
            try client.callerIdentity(with: key.credentials)
        }
        guard let code = askForCode(identity) else { return false }
        session = Session(
            try wrapping(.authenticate) { () throws(AWSError) in
                try client.sessionToken(mfa: code, duration: Self.sessionDuration, with: key.credentials)
            })
        return true
    }
}

/// Says what was being done when a call failed.
func wrapping<Result: ~Copyable>(
    _ call: RotationError.Call, _ body: () throws(AWSError) -> Result
) throws(RotationError) -> Result {
    do throws(AWSError) {
        return try body()
    } catch {
        throw .aws(error, during: call)
    }
}

extension KeyRecord {
    /// What requests are signed with.
    public var credentials: AWSCredentials {
        AWSCredentials(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy())
    }
}
