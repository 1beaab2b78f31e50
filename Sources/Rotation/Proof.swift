import AWSAPI
import SealedStore

extension Rotator {
    /// How many good answers in a row make a key proven: IAM and STS run on many machines, and one that knows the key
    /// says nothing about the others.
    static let answersWanted = 3
    /// How long to wait between two of them, in seconds.
    private static let pauseBetween = 2.0
    /// How long a new key is waited for, in seconds. Most are known within 15.
    static let patience = 180
    /// How often it is asked about at most, since clocks can be set back.
    private static let mostRounds = 90

    /// Waits until IAM and STS know the other key, and it belongs to the same user.
    ///
    /// - Throws: ``RotationError``: `unproven` after some minutes; `vanished` if IAM doesn't list the key then, and the
    ///   rotation is forgotten.
    func prove(_ rotation: borrowing Rotation, _ id: [UInt8]) throws(RotationError) {
        // To learn whether IAM demands a session. What else is wrong with the old key, the new one will tell.
        do throws(RotationError) {
            _ = try list(rotation.user, with: rotation.serving)
        } catch .aws(let error, let call) {
            if call == .authenticate || error.isAccessDenied { throw .aws(error, during: call) }
        } catch {}
        do throws(RotationError) {
            switch rotation.other {
            case .some(let key): try prove(key, of: rotation.user, rotation.account)
            case nil: break
            }
        } catch .unproven(let other) {
            let keys = try? list(rotation.user, with: rotation.serving)
            guard let keys, !keys.contains(where: { $0.id == other }) else { throw .unproven(id: other) }
            throw try vanished(rotation, id)
        }
    }

    private func prove(_ key: borrowing KeyRecord, of user: String, _ account: String) throws(RotationError) {
        let end = now() + Self.patience
        var answers = 0
        var pause = 0.0
        for round in 0... {
            report(.proving(id: key.accessKeyID, answers: answers, of: Self.answersWanted))
            if answers == Self.answersWanted { return }
            if pause > 0 { client.sleep(pause) }
            if try isKnown(key, of: user, account) {
                answers += 1
                pause = Self.pauseBetween
            } else {
                guard now() < end, round < Self.mostRounds else { throw .unproven(id: key.accessKeyID) }
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

    /// Whether the other key is known right now.
    func works(_ rotation: borrowing Rotation) -> Bool {
        switch rotation.other {
        case .some(let key): (try? client.callerIdentity(with: key.credentials)) != nil
        case nil: false
        }
    }

    /// Whether the serving key is gone or inactive, as the other one finds listed.
    func isReplacementDead(_ rotation: borrowing Rotation) throws(RotationError) -> Bool {
        let serving = rotation.serving.accessKeyID
        switch rotation.other {
        case .some(let key):
            guard works(rotation) else { return false }
            return try !list(rotation.user, with: key).contains { $0.id == serving && $0.isActive }
        case nil: return false
        }
    }
}
