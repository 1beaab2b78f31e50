import AWSAPI
import SealedStore
import Sealing

// Each step can be cut off at any point and taken again.
extension Rotator {
    /// Asks for the new key, once, and seals it at once.
    func create(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) {
        let user = rotation.user
        let made: AWSCredentials
        do throws(RotationError) {
            made = try access.call(with: rotation.serving, during: .create) { (client, credentials) throws(AWSError) in
                try client.createAccessKey(of: user, with: credentials)
            }
        } catch .aws(let error, let call) where call == .create {
            // A lost answer may stand for a key; listing tells.
            if error.mayHaveHappened { try settle(rotation, replacing: []) }
            try forget(id)
            if error.code == "LimitExceeded" {
                let keys = try list(user, with: rotation.serving)
                throw .twoKeys(try describe(keys, with: rotation.serving))
            }
            throw .aws(error, during: .create)
        }
        report(.created(id: made.accessKeyID))
        let key = KeyRecord(
            accessKeyID: made.accessKeyID, secretAccessKey: made.secretAccessKey.copy(), added: UInt64(now()),
            exposed: false)
        do throws(RotationError) {
            try step(&rotation, id) { $0.received(key.copy()) }
        } catch .store(let problem) {
            // A secret that can't be kept must not stay valid.
            do throws(RotationError) {
                try removeOther(rotation)
            } catch {
                throw .orphan(id: made.accessKeyID, problem)
            }
            try? forget(id)
            throw .store(problem)
        }
    }

    /// Finds out whether a request without an answer made a key.
    ///
    /// - Throws: ``RotationError/unsettled(_:)`` if there is one that may not be deleted. Another process on another
    ///   machine may have made it with the same key, so it's a person's to decide.
    func settle(_ rotation: borrowing Rotation, replacing: Set<String>) throws(RotationError) {
        // IAM may still be about to show what it made.
        let rest = Int(clamping: rotation.began) + Self.settling - now()
        var keys = try list(rotation.user, with: rotation.serving)
        if rest > 0, keys.allSatisfy({ rotation.seen.contains($0.id) }) {
            report(.settling(seconds: min(rest, Self.settling)))
            client.sleep(Double(min(rest, Self.settling)))
            keys = try list(rotation.user, with: rotation.serving)
        }
        var strange: [ListedKey] = []
        for key in keys where !rotation.seen.contains(key.id) {
            if replacing.contains(key.id) {
                try removeReplaced(key.id, of: rotation.user, with: rotation.serving)
            } else {
                let isOurs = try sealed { (draft) throws(StoreError) in try !draft.profiles(with: key.id).isEmpty }
                if !isOurs { strange.append(key) }
            }
        }
        guard strange.isEmpty else { throw .unsettled(try describe(strange, with: rotation.serving)) }
    }

    /// Makes the old key inactive, a moment after the last program got it.
    ///
    /// - Returns: whether the new key still serves; if IAM doesn't know it any more, the old one has taken over again
    ///   and the rotation is over.
    func deactivate(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) -> Bool {
        let old = rotation.otherID
        let drain = Int(clamping: rotation.switched) + Self.drain - now()
        if drain > 0 {
            report(.draining(seconds: min(drain, Self.drain)))
            client.sleep(Double(min(drain, Self.drain)))
        }
        warnIfUsed(rotation)
        do throws(RotationError) {
            guard try set(rotation, isActive: false) else {
                // Somebody deleted it, which is where this was to end anyway.
                try forget(id)
                return false
            }
        } catch .aws(let error, let call) where error.isUnknownKey && call == .update && works(rotation, old) {
            try fallBack(&rotation, id)
            return false
        }
        report(.deactivated(id: old))
        let now = now()
        try step(&rotation, id) { $0.retired(now: now) }
        return true
    }

    /// Lets the old key serve again, since IAM doesn't know the new one any more.
    private func fallBack(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) {
        try switchKeys(&rotation, id)
        try forget(id)
        report(.fellBack(to: rotation.serving.accessKeyID))
    }

    /// Makes the old key active again, and waits until IAM and STS say so.
    func reactivate(_ rotation: borrowing Rotation, _ id: [UInt8]) throws(RotationError) {
        let old = rotation.otherID
        guard try set(rotation, isActive: true) else {
            try forget(id)
            throw .vanished(id: old)
        }
        report(.reactivated(id: old))
        try prove(rotation)
    }

    /// Makes the key on its way in or out active or inactive.
    ///
    /// - Returns: whether it was there.
    private func set(_ rotation: borrowing Rotation, isActive: Bool) throws(RotationError) -> Bool {
        try untilShown(rotation) { () throws(RotationError) in
            try access.call(with: rotation.serving, during: .update) { (client, credentials) throws(AWSError) in
                try client.setAccessKey(
                    rotation.otherID, of: rotation.user, isActive: isActive, with: credentials)
            }
        }
    }

    /// Deletes the key on its way in or out.
    func removeOther(_ rotation: borrowing Rotation) throws(RotationError) {
        if rotation.state == .retired { warnIfUsed(rotation) }
        _ = try untilShown(rotation) { () throws(RotationError) in
            try remove(rotation.otherID, of: rotation.user, with: rotation.serving)
        }
    }

    /// Deletes a key that somebody said may go.
    func removeReplaced(_ id: String, of user: String, with key: borrowing KeyRecord) throws(RotationError) {
        do throws(RotationError) {
            try remove(id, of: user, with: key)
        } catch .aws(let error, let call) {
            guard error.code == "NoSuchEntity" else { throw .aws(error, during: call) }
        }
    }

    /// Deletes a key of the user.
    private func remove(_ id: String, of user: String, with key: borrowing KeyRecord) throws(RotationError) {
        try access.call(with: key, during: .delete) { (client, credentials) throws(AWSError) in
            try client.deleteAccessKey(id, of: user, with: credentials)
        }
        report(.deleted(id: id))
    }

    /// Makes a call about the key on its way in or out, which may be so new that IAM doesn't show it yet.
    ///
    /// - Returns: whether it's there; `false` only after IAM has had its time to show it.
    private func untilShown(
        _ rotation: borrowing Rotation, _ call: () throws(RotationError) -> Void
    ) throws(RotationError) -> Bool {
        let end = Int(clamping: rotation.otherAdded) + Self.settling
        while true {
            do throws(RotationError) {
                try call()
                return true
            } catch .aws(let error, let name) {
                guard error.code == "NoSuchEntity" else { throw .aws(error, during: name) }
            }
            guard now() < end else { return false }
            client.sleep(Double(min(10, end - now())))
        }
    }

    /// Says it if the old key was used after programs ceased to get it.
    private func warnIfUsed(_ rotation: borrowing Rotation) {
        let use = try? access.call(with: rotation.serving, during: .list) { (client, credentials) throws(AWSError) in
            try client.lastUse(of: rotation.otherID, with: credentials)
        }
        // AWS's clock may differ from the one that the switch was timed by.
        let skew = client.now - now() + Self.clockTolerance
        if let use = use ?? nil, use.time > Int(clamping: rotation.switched) + skew {
            report(.stillUsed(id: rotation.otherID, use))
        }
    }

    /// How long IAM may take to show a key that it made, in seconds.
    private static let settling = 90
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
