public import AWSAPI
public import SealedStore

/// What IAM says about a key before anything is changed.
public struct Examination: Equatable, Sendable {
    /// Whom it belongs to.
    public let identity: CallerIdentity
    /// The IAM user's name.
    public let user: String
    /// All the user's keys.
    public let keys: [ListedKey]
    /// The key itself.
    public let key: ListedKey
    /// The user's other keys.
    public var others: [ListedKey] { keys.filter { $0.id != key.id } }
}

extension Rotator {
    /// Asks IAM and STS about a key; changes nothing.
    ///
    /// - Throws: ``RotationError``: `unknownKey`, `root`, `notAUser`, `aws`.
    public func examine(_ key: borrowing KeyRecord) throws(RotationError) -> Examination {
        let identity: CallerIdentity
        do throws(RotationError) {
            identity = try access.call(with: key, during: .identify) { (client, credentials) throws(AWSError) in
                try client.callerIdentity(with: credentials)
            }
        } catch .aws(let error, let call) where call == .identify && error.isUnknownKey {
            throw .unknownKey(key.accessKeyID)
        }
        self.identity = identity
        if identity.isRoot { throw .root(account: identity.account) }
        guard let user = identity.userName else { throw .notAUser(arn: identity.arn) }
        let keys = try list(user, with: key)
        guard let listed = keys.first(where: { $0.id == key.accessKeyID }) else {
            throw .unknownKey(key.accessKeyID)
        }
        return Examination(identity: identity, user: user, keys: keys, key: listed)
    }

    /// The user's keys.
    func list(_ user: String, with key: borrowing KeyRecord) throws(RotationError) -> [ListedKey] {
        do throws(RotationError) {
            let keys = try access.call(with: key, during: .list) { (client, credentials) throws(AWSError) in
                try client.listAccessKeys(of: user, with: credentials)
            }
            return keys.filter { !deleted.contains($0.id) }
        } catch .aws(let error, let call) where call == .list && error.isUnknownKey {
            throw .unknownKey(key.accessKeyID)
        }
    }

    /// Keys as a person needs to see them in order to decide.
    public func describe(
        _ keys: [ListedKey], with key: borrowing KeyRecord
    ) throws(RotationError) -> [DescribedKey] {
        var described: [DescribedKey] = []
        for listed in keys {
            // Who may not see it decides without it.
            let use = try? access.call(with: key, during: .list, asks: false) {
                (client, credentials) throws(AWSError) in
                try client.lastUse(of: listed.id, with: credentials)
            }
            let profiles = try sealed { (draft) throws(StoreError) in try draft.profiles(with: listed.id) }
            described.append(DescribedKey(listed: listed, use: use ?? nil, profiles: profiles))
        }
        return described
    }
}
