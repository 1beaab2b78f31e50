import Sealing

/// An access key as IAM lists it.
public struct ListedKey: Equatable, Sendable {
    /// The access key id.
    public let id: String
    /// Whether requests may be signed with it.
    public let isActive: Bool
    /// When it was made, in seconds since 1970.
    public let created: Int?

    /// A key.
    public init(id: String, isActive: Bool, created: Int?) {
        self.id = id
        self.isActive = isActive
        self.created = created
    }
}

/// Whether a text can be the id of an access key: visible ASCII, at most 128 bytes (AccessKey, in IAM's API reference).
public func isAccessKeyID(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}

/// When and for what a key was used last, as far as IAM knows; it may learn of it only hours later.
public struct KeyUse: Equatable, Sendable {
    /// In seconds since 1970.
    public let time: Int
    /// The service's name, such as `s3`.
    public let service: String
    /// The region; `N/A` where the service has none.
    public let region: String
}

extension AWSClient {
    /// Makes a new access key for a user. Never sent twice, since each call makes a key.
    ///
    /// - Throws: ``AWSError``; where ``AWSError/mayHaveHappened`` is true, there may be a new key.
    public func createAccessKey(
        of user: String, with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> AWSCredentials {
        let result = try call(
            .iam, "CreateAccessKey", [("UserName", user)], with: credentials, isRepeatable: false)
        guard let key = result["AccessKey"], let id = key["AccessKeyId"]?.string, isAccessKeyID(id),
            let secret = key["SecretAccessKey"], secret.text.count > 0
        else { throw .garbled(status: 200) }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret.text.copy())
    }

    /// How many pages of keys are read; IAM has two keys for a user, and a page of it has 100.
    private static let mostPages = 10

    /// All access keys of a user.
    public func listAccessKeys(
        of user: String, with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> [ListedKey] {
        var keys: [ListedKey] = []
        var marker: String?
        for _ in 0..<Self.mostPages {
            let page = marker.map { [(name: "Marker", value: $0)] } ?? []
            let result = try call(.iam, "ListAccessKeys", [("UserName", user)] + page, with: credentials)
            guard let members = result["AccessKeyMetadata"]?.children else { throw .garbled(status: 200) }
            for member in members {
                guard let id = member["AccessKeyId"]?.string, let status = member["Status"]?.string else {
                    throw .garbled(status: 200)
                }
                keys.append(
                    ListedKey(
                        id: id, isActive: status == "Active",
                        created: (member["CreateDate"]?.string).flatMap(seconds(ofTimestamp:))))
            }
            let isTruncated = result["IsTruncated"]?.string == "true"
            marker = isTruncated ? result["Marker"]?.string : nil
            guard isTruncated else { return keys }
            guard marker != nil else { break }
        }
        throw .garbled(status: 200)
    }

    /// Lets requests be signed with a key, or not.
    public func setAccessKey(
        _ id: String, of user: String, isActive: Bool, with credentials: borrowing AWSCredentials
    ) throws(AWSError) {
        _ = try call(
            .iam, "UpdateAccessKey",
            [("UserName", user), ("AccessKeyId", id), ("Status", isActive ? "Active" : "Inactive")],
            with: credentials)
    }

    /// Deletes a key for good.
    ///
    /// - Throws: ``AWSError``; its code is `NoSuchEntity` if there is no such key, or not any more.
    public func deleteAccessKey(
        _ id: String, of user: String, with credentials: borrowing AWSCredentials
    ) throws(AWSError) {
        _ = try call(.iam, "DeleteAccessKey", [("UserName", user), ("AccessKeyId", id)], with: credentials)
    }

    /// The latest known use of a key; `nil` if none is known.
    public func lastUse(of id: String, with credentials: borrowing AWSCredentials) throws(AWSError) -> KeyUse? {
        let result = try call(.iam, "GetAccessKeyLastUsed", [("AccessKeyId", id)], with: credentials)
        guard let use = result["AccessKeyLastUsed"] else { throw .garbled(status: 200) }
        guard let date = use["LastUsedDate"]?.string, !date.isEmpty, date != "N/A" else { return nil }
        guard let time = seconds(ofTimestamp: date) else { throw .garbled(status: 200) }
        return KeyUse(time: time, service: use["ServiceName"]?.string ?? "", region: use["Region"]?.string ?? "")
    }

    /// The ARN of the user that a long-term key belongs to, as IAM has it.
    public func userARN(with credentials: borrowing AWSCredentials) throws(AWSError) -> String {
        let result = try call(.iam, "GetUser", with: credentials)
        guard let arn = result["User"]?["Arn"]?.string else { throw .garbled(status: 200) }
        return arn
    }
}
