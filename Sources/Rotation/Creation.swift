import AWSAPI
import SealedStore
import Sealing

// The one step that can't be taken twice.
extension Rotator {
    /// Asks for the new key, once, and seals it at once.
    func create(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) {
        let end = now() + Self.deletionLag
        while true {
            let asked = now()
            do throws(RotationError) {
                try withoutInterruption { () throws(RotationError) in try requestAndSeal(&rotation, id) }
                // Only now, since saying it may fail.
                return report(.created(id: rotation.otherID))
            } catch .aws(let error, let call) {
                guard call == .create else { throw .aws(error, during: call) }
                if error.isAccessDenied, try hasAuthenticated(rotation, id) {
                    // A person may have taken long to read the code.
                    let now = now()
                    try step(&rotation, id) { $0.restart(now: now) }
                } else if error.code == "LimitExceeded", !deleted.isEmpty, now() < end {
                    // IAM may still count what was deleted a moment ago; nothing has been made.
                    client.sleep(3)
                } else {
                    // A lost answer may stand for a key; listing tells.
                    if error.mayHaveHappened { try settle(rotation, since: asked, replacing: []) }
                    try forget(id)
                    guard error.code == "LimitExceeded" else { throw .aws(error, during: .create) }
                    let keys = try list(rotation.user, with: rotation.serving)
                    throw .twoKeys(try describe(keys, with: rotation.serving))
                }
            }
        }
    }

    private func requestAndSeal(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) {
        let user = rotation.user
        let made = try access.call(with: rotation.serving, during: .create, asks: false) {
            (client, credentials) throws(AWSError) in
            try client.createAccessKey(of: user, with: credentials)
        }
        // An earlier request's answer, come once more: what this one did is as unknown as after a lost answer.
        guard !rotation.seen.contains(made.accessKeyID) else { throw .aws(.garbled(status: 200), during: .create) }
        let key = KeyRecord(
            accessKeyID: made.accessKeyID, secretAccessKey: made.secretAccessKey.copy(), added: UInt64(now()),
            exposed: false, isSessionsOnly: rotation.serving.isSessionsOnly,
            confirmation: rotation.serving.confirmation)
        do throws(RotationError) {
            try step(&rotation, id) { $0.received(key.copy()) }
        } catch .store(let problem) {
            // A secret that can't be kept must not stay valid.
            do throws(RotationError) {
                try withdraw(rotation, isServed: true)
            } catch {
                throw .orphan(id: made.accessKeyID, problem)
            }
            try? forget(id)
            throw .store(problem)
        }
    }

    /// Whether a code could be had that wasn't asked for before; if it was wrong, nothing has been made.
    private func hasAuthenticated(_ rotation: borrowing Rotation, _ id: [UInt8]) throws(RotationError) -> Bool {
        do throws(RotationError) {
            return try access.authenticate(with: rotation.serving)
        } catch {
            try forget(id)
            throw error
        }
    }

    /// Finds out whether a request without an answer made a key.
    ///
    /// - Parameter since: when it was sent, in seconds since 1970.
    /// - Throws: ``RotationError/unsettled(_:)`` if there is one that may not be deleted. Another process on another
    ///   machine may have made it with the same key, so it's a person's to decide.
    func settle(
        _ rotation: borrowing Rotation, since: Int, replacing: Set<String>
    ) throws(RotationError) {
        // The request may have been on its way for as long as a call takes, and IAM take its time to show a key.
        let longest = Self.answering + Self.settling
        let rest = min(since + longest - now(), longest)
        var keys = try list(rotation.user, with: rotation.serving)
        if rest > 0, keys.allSatisfy({ rotation.seen.contains($0.id) }) {
            report(.settling(seconds: rest))
            client.sleep(Double(rest))
            keys = try list(rotation.user, with: rotation.serving)
        }
        var strange: [ListedKey] = []
        for key in keys where !rotation.seen.contains(key.id) {
            if replacing.contains(key.id) {
                try removeReplaced(key.id, of: rotation.user, for: rotation.serving)
            } else {
                let isOurs = try sealed { (draft) throws(StoreError) in try !draft.profiles(with: key.id).isEmpty }
                if !isOurs { strange.append(key) }
            }
        }
        guard strange.isEmpty else { throw .unsettled(try describe(strange, with: rotation.serving)) }
    }

    /// Deletes a key that somebody said may go; profiles that have it answer with another key of the user first.
    func removeReplaced(_ id: String, of user: String, for key: borrowing KeyRecord) throws(RotationError) {
        var replaced: KeyRecord?
        try attempt { () throws(StoreError) in
            try store.read { (draft) throws(StoreError) in
                if let name = try draft.profiles(with: id).first { replaced = try draft.key(of: name) }
            }
        }
        let names = try share(key, withProfilesOf: id)
        do throws(RotationError) {
            try remove(id, of: user, with: key)
        } catch .aws(let error, let call) {
            if error.code == "NoSuchEntity" { return }
            // What surely isn't deleted goes on being theirs.
            if !error.mayHaveHappened, let replaced = replaced.take() {
                try attempt { () throws(StoreError) in
                    try store.update { (draft) throws(StoreError) in try draft.give(replaced, to: names) }
                }
            }
            throw .aws(error, during: call)
        }
    }

    /// How long a request may be on its way, in seconds: libcurl gives it up then.
    private static let answering = 30
    /// How long IAM may take to show a key that it made, in seconds.
    static let settling = 90
    /// How long IAM may go on counting a key that was deleted, in seconds.
    private static let deletionLag = 30
}
