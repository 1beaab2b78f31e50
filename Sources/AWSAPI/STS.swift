import Sealing

/// Whom a key belongs to.
public struct CallerIdentity: Equatable, Sendable {
    /// The account: 12 digits.
    public let account: String
    /// The ARN: `arn:aws:iam::123456789012:user/alice`.
    public let arn: String

    /// The user's name; `nil` if it is no IAM user.
    public var userName: String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[2] == "iam", parts[5].hasPrefix("user/") else { return nil }
        return parts[5].split(separator: "/").last.map(String.init)
    }

    /// Whether it is the account's root user.
    public var isRoot: Bool { arn.hasSuffix(":root") }

    /// An identity.
    public init(account: String, arn: String) {
        self.account = account
        self.arn = arn
    }
}

extension AWSClient {
    /// Whom the credentials belong to; every valid key may ask.
    public func callerIdentity(with credentials: borrowing AWSCredentials) throws(AWSError) -> CallerIdentity {
        let result = try call(.sts, "GetCallerIdentity", with: credentials)
        guard let account = result["Account"]?.string, let arn = result["Arn"]?.string else {
            throw .garbled(status: 200)
        }
        return CallerIdentity(account: account, arn: arn)
    }

    /// Temporary credentials of the same user, with multi-factor authentication.
    ///
    /// - Parameters:
    ///   - serialNumber: the device's ARN or serial number.
    ///   - tokenCode: the six digits that it shows.
    ///   - duration: 900 to 129,600 seconds.
    public func sessionToken(
        serialNumber: String, tokenCode: String, duration: Int, with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> AWSCredentials {
        // A code counts once, so the call isn't repeated.
        let result = try call(
            .sts, "GetSessionToken",
            [("DurationSeconds", String(duration)), ("SerialNumber", serialNumber), ("TokenCode", tokenCode)],
            with: credentials, isRepeatable: false)
        guard let made = result["Credentials"], let id = made["AccessKeyId"]?.string, !id.isEmpty,
            let secret = made["SecretAccessKey"], secret.text.count > 0, let token = made["SessionToken"],
            token.text.count > 0
        else { throw .garbled(status: 200) }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret.text.copy(), sessionToken: token.text.copy())
    }
}
