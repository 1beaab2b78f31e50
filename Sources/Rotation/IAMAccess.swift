public import AWSAPI
public import SealedStore
import Sealing

/// A device for multi-factor authentication, and what it shows.
public struct MFACode: Sendable {
    /// The device's ARN or serial number.
    public let serialNumber: String
    /// Six digits.
    public let code: String

    /// What a person read off.
    public init(serialNumber: String, code: String) {
        self.serialNumber = serialNumber
        self.code = code
    }
}

/// Calls IAM with a key, or with a session that was got with multi-factor authentication where a policy demands it.
final class IAMAccess {
    let client: AWSClient
    /// Asks for a code; `nil` where nobody can give one.
    private let askForCode: (CallerIdentity) -> MFACode?
    private var hasAsked = false
    private var session: Session?

    private final class Session {
        let credentials: AWSCredentials
        init(_ credentials: consuming AWSCredentials) { self.credentials = credentials }
    }

    /// Long enough for a rotation that waits for IAM, in seconds.
    private static let sessionDuration = 3600
    /// How long a key counts as new, in seconds.
    private static let youth = 300
    /// How long a new key is given to be known again, in seconds.
    private static let patience = 60

    private let now: () -> Int

    init(client: AWSClient, now: @escaping () -> Int, askForCode: @escaping (CallerIdentity) -> MFACode?) {
        self.client = client
        self.now = now
        self.askForCode = askForCode
    }

    /// Whether policies demand multi-factor authentication, so that a key alone can't call IAM.
    var needsSession: Bool { session != nil }

    /// Makes a call; where it's denied and a code can be had, once more with a session.
    ///
    /// A key that came a moment ago may be unknown to some of the services' machines; it's given time.
    func call<Result: ~Copyable>(
        with key: borrowing KeyRecord, during name: RotationError.Call,
        _ body: (AWSClient, borrowing AWSCredentials) throws(AWSError) -> Result
    ) throws(RotationError) -> Result {
        let end = now() + Self.patience
        let isNew = now() < Int(clamping: key.added) + Self.youth
        var pause = 1.0
        while true {
            do throws(RotationError) {
                return try callOnce(with: key, during: name, body)
            } catch .aws(let error, let during) {
                guard isNew, error.isUnknownKey, now() < end else { throw .aws(error, during: during) }
            }
            client.sleep(pause)
            pause = min(8, pause * 2)
        }
    }

    private func callOnce<Result: ~Copyable>(
        with key: borrowing KeyRecord, during name: RotationError.Call,
        _ body: (AWSClient, borrowing AWSCredentials) throws(AWSError) -> Result
    ) throws(RotationError) -> Result {
        if let session {
            return try wrapping(name) { () throws(AWSError) in try body(client, session.credentials) }
        }
        let credentials = key.credentials
        let denial: AWSError
        do throws(AWSError) {
            return try body(client, credentials)
        } catch {
            denial = error
        }
        guard denial.isAccessDenied, !hasAsked else { throw .aws(denial, during: name) }
        hasAsked = true
        let identity = try wrapping(.identify) { () throws(AWSError) in
            try client.callerIdentity(with: credentials)
        }
        guard let code = askForCode(identity) else { throw .aws(denial, during: name) }
        let session = try wrapping(.authenticate) { () throws(AWSError) in
            try client.sessionToken(
                serialNumber: code.serialNumber, tokenCode: code.code, duration: Self.sessionDuration,
                with: credentials)
        }
        let kept = Session(session)
        self.session = kept
        return try wrapping(name) { () throws(AWSError) in try body(client, kept.credentials) }
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
