import AWSAPI
import SealedStore

extension Rotator {
    /// How many good answers in a row make a key proven: IAM and STS run on many machines, and one that knows the key
    /// says nothing about the others.
    static let answersWanted = 3
    /// How long a new key is waited for, in seconds. Most are known within 15.
    static let patience = 180

    /// Waits until IAM and STS know the other key, and it belongs to the same user.
    ///
    /// - Throws: ``RotationError/unproven(id:)`` after some minutes. Whether the key is gone or only late, nobody can
    ///   tell, so it isn't forgotten.
    func prove(_ rotation: borrowing Rotation) throws(RotationError) {
        // Only to learn whether IAM demands a session; whatever else is wrong, the other key will tell.
        _ = try? list(rotation.user, with: rotation.serving)
        switch rotation.other {
        case .some(let key): try prove(key, of: rotation.user, rotation.account)
        case nil: break
        }
    }

    private func prove(_ key: borrowing KeyRecord, of user: String, _ account: String) throws(RotationError) {
        let end = now() + Self.patience
        var answers = 0
        var pause = 0.0
        while true {
            report(.proving(id: key.accessKeyID, answers: answers, of: Self.answersWanted))
            if answers == Self.answersWanted { return }
            if pause > 0 { client.sleep(pause) }
            if try isKnown(key, of: user, account) {
                answers += 1
                pause = 1
            } else {
                guard now() < end else { throw .unproven(id: key.accessKeyID) }
                answers = 0
                pause = min(8, max(1, pause * 2))
            }
        }
    }

    /// Whether both services know a key right now.
    private func isKnown(
        _ key: borrowing KeyRecord, of user: String, _ account: String
    ) throws(RotationError) -> Bool {
        let identity: CallerIdentity
        do throws(AWSError) {
            identity = try client.callerIdentity(with: key.credentials)
            // With multi-factor authentication demanded, IAM denies every key that comes alone.
            if !access.needsSession { _ = try client.listAccessKeys(of: user, with: key.credentials) }
        } catch {
            return false
        }
        guard identity.account == account, identity.userName == user else { throw .otherUser(arn: identity.arn) }
        return true
    }

    /// Whether a key is known right now.
    func works(_ rotation: borrowing Rotation, _ id: String) -> Bool {
        switch rotation.other {
        case .some(let key): (try? client.callerIdentity(with: key.credentials)) != nil
        case nil: false
        }
    }
}
