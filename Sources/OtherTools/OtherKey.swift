import AWSAPI
public import Sealing

/// A key as another tool has it.
public final class OtherKey: Sendable {
    /// The profile, as it is called there.
    public let profile: String
    /// The access key id; not a secret.
    public let accessKeyID: String
    /// The secret access key.
    public let secretAccessKey: SecretBytes

    /// Reads an item of the Go library "keyring": an object of JSON whose `Data` is Base64 of the credentials as the
    /// AWS SDK for Go writes them in JSON.
    ///
    /// - Returns: `nil` if they are temporary.
    convenience init?(_ profile: String, item: borrowing SecretBytes) throws(ItemProblem) {
        guard let outer = JSONObject(item), let data = outer.text("Data"),
            let document = data.withBytes({ SecretBytes(base64: $0) }), let object = JSONObject(document),
            let id = object.text("AccessKeyID"), let secret = object.text("SecretAccessKey"), secret.count > 0,
            secret.withBytes({ bytes in bytes.indices.allSatisfy { (0x21...0x7E).contains(bytes[$0]) } })
        else { throw .notAKey }
        let accessKeyID = id.withBytes { String(decoding: $0.array(), as: UTF8.self) }
        guard isAccessKeyID(accessKeyID) else { throw .notAKey }
        // The prefix of temporary keys: IAM User Guide, "Understanding unique ID prefixes".
        if accessKeyID.hasPrefix("ASIA") { return nil }
        if let token = object.text("SessionToken"), token.count > 0 { return nil }
        self.init(profile, accessKeyID: accessKeyID, secretAccessKey: secret)
    }

    /// A key that was read elsewhere.
    public init(_ profile: String, accessKeyID: String, secretAccessKey: consuming SecretBytes) {
        self.profile = profile
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }

    /// The same key for another profile.
    public func renamed(_ profile: String) -> OtherKey {
        OtherKey(profile, accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy())
    }
}

/// What is wrong with an item.
public enum ItemProblem: Error, Equatable, Sendable {
    /// It isn't in the format that the tool writes.
    case notAnItem
    /// It is sealed in another way than the tool seals.
    case otherSealing
    /// It wants more rounds of its passphrase function than anybody should run.
    case tooManyIterations(Int)
    /// It was sealed with another passphrase than the rest, or changed since.
    case otherPassphrase
    /// It was changed since it was sealed.
    case altered
    /// It was opened, and holds no access key.
    case notAKey
}
