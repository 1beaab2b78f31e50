import AWSAPI
import SealedStore

// Each of these steps can be cut off at any point and taken again.
extension Rotator {
    /// Makes the old key inactive, a moment after the last program got it.
    ///
    /// - Returns: whether the rotation goes on; `false` if the old key is gone already.
    func deactivate(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) -> Bool {
        let old = rotation.otherID
        let drain = Int(clamping: rotation.switched) + Self.drain - now()
        if drain > 0 {
            report(.draining(seconds: min(drain, Self.drain)))
            client.sleep(Double(min(drain, Self.drain)))
        }
        warnIfUsed(rotation)
        do throws(RotationError) {
            // If somebody deleted it, this is where it was to end anyway.
            guard try set(rotation, isActive: false) else { return false }
        } catch .aws(let error, let call) {
            guard error.isUnknownKey, try isReplacementDead(rotation) else { throw .aws(error, during: call) }
            // The old key serves again, and the new one is the one that retires.
            try switchKeys(&rotation, id)
            report(.fellBack(to: rotation.serving.accessKeyID))
            return true
        }
        let now = now()
        try step(&rotation, id) { $0.retired(now: now) }
        report(.deactivated(id: old))
        return true
    }

    /// Makes the old key active again, and waits until IAM and STS say so.
    func reactivate(_ rotation: borrowing Rotation, _ id: [UInt8]) throws(RotationError) {
        let old = rotation.otherID
        do throws(RotationError) {
            guard try set(rotation, isActive: true) else { throw try vanished(rotation, id) }
        } catch .aws(let error, let call) {
            // The new key may be dead, and the old one alive: that is what going back is for.
            guard error.isUnknownKey, works(rotation) else { throw .aws(error, during: call) }
        }
        report(.reactivated(id: old))
        try prove(rotation, id)
    }

    /// Forgets a rotation whose other key is gone; profiles that have it get the one that is left.
    func vanished(_ rotation: borrowing Rotation, _ id: [UInt8]) throws(RotationError) -> RotationError {
        try share(rotation.serving, withProfilesOf: rotation.otherID)
        try forget(id)
        return .vanished(id: rotation.otherID)
    }

    /// Deletes the old key.
    func delete(_ rotation: borrowing Rotation) throws(RotationError) {
        warnIfUsed(rotation)
        try removeOther(rotation, with: rotation.serving)
    }

    /// Deletes the new key, which never served.
    ///
    /// - Parameter isServed: whether a profile has the serving key. If IAM doesn't know that one any more, the new one
    ///   is all that the profile has left.
    func withdraw(_ rotation: borrowing Rotation, isServed: Bool) throws(RotationError) {
        do throws(RotationError) {
            try removeOther(rotation, with: rotation.serving)
        } catch .aws(let error, let call) {
            guard error.isUnknownKey, works(rotation) else { throw .aws(error, during: call) }
            if isServed { throw .unknownServing(rotation.serving.accessKeyID, isProving: true) }
            // A key may delete itself.
            switch rotation.other {
            case .some(let other): try removeOther(rotation, with: other)
            case nil: break
            }
        }
    }

    /// Makes the key on its way in or out active or inactive.
    ///
    /// - Returns: whether it was there.
    private func set(_ rotation: borrowing Rotation, isActive: Bool) throws(RotationError) -> Bool {
        try untilShown(rotation, with: rotation.serving) { () throws(RotationError) in
            try access.call(with: rotation.serving, during: .update) { (client, credentials) throws(AWSError) in
                try client.setAccessKey(
                    rotation.otherID, of: rotation.user, isActive: isActive, with: credentials)
            }
        }
    }

    /// Deletes the key on its way in or out.
    private func removeOther(
        _ rotation: borrowing Rotation, with key: borrowing KeyRecord
    ) throws(RotationError) {
        _ = try untilShown(rotation, with: key) { () throws(RotationError) in
            try remove(rotation.otherID, of: rotation.user, with: key)
        }
    }

    /// Deletes a key of the user.
    func remove(_ id: String, of user: String, with key: borrowing KeyRecord) throws(RotationError) {
        try access.call(with: key, during: .delete) { (client, credentials) throws(AWSError) in
            try client.deleteAccessKey(id, of: user, with: credentials)
        }
        deleted.insert(id)
        report(.deleted(id: id))
    }

    /// Makes a call about the key on its way in or out, which may be so new that IAM doesn't show it yet.
    ///
    /// - Returns: whether it's there; `false` only after IAM has had its time, and lists the user's keys without it.
    private func untilShown(
        _ rotation: borrowing Rotation, with key: borrowing KeyRecord, _ call: () throws(RotationError) -> Void
    ) throws(RotationError) -> Bool {
        let end = Int(clamping: rotation.otherAdded) + Self.settling
        // Counted too, since clocks can be set back.
        for attempt in 0... {
            do throws(RotationError) {
                try call()
                return true
            } catch .aws(let error, let name) {
                guard error.code == "NoSuchEntity" else { throw .aws(error, during: name) }
                guard now() < end, attempt < Self.settling / 10 else {
                    let isListed = try list(rotation.user, with: key).contains { $0.id == rotation.otherID }
                    if isListed { throw .aws(error, during: name) }
                    return false
                }
            }
            client.sleep(Double(max(1, min(10, end - now()))))
        }
        return false
    }

    /// Says it if the old key was used after programs ceased to get it; who may not see that goes on without it.
    private func warnIfUsed(_ rotation: borrowing Rotation) {
        let use = try? access.call(with: rotation.serving, during: .list, asks: false) {
            (client, credentials) throws(AWSError) in
            try client.lastUse(of: rotation.otherID, with: credentials)
        }
        // AWS's clock may differ from the one that the switch was timed by.
        let skew = client.now - now() + Self.clockTolerance
        if let use = use ?? nil, use.time > Int(clamping: rotation.switched) + skew {
            report(.stillUsed(id: rotation.otherID, use))
        }
    }

    /// How far two clocks that are kept right may differ, in seconds.
    private static let clockTolerance = 60
    /// How long programs have for using a key that they got right before the switch, in seconds.
    private static let drain = 5
}

extension Rotation {
    /// The id of the key on its way in or out; empty while there is none.
    public var otherID: String {
        borrowing get {
            switch other {
            case .some(let key): key.accessKeyID
            case nil: ""
            }
        }
    }

    /// When the key on its way in or out came, in seconds since 1970; 0 while there is none.
    fileprivate var otherAdded: UInt64 {
        borrowing get {
            switch other {
            case .some(let key): key.added
            case nil: 0
            }
        }
    }
}
