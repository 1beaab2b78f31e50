public import Sealing

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

    /// A session of the same user, with multi-factor authentication or without it.
    ///
    /// - Parameter duration: 900 to 129,600 seconds.
    public func sessionToken(
        mfa: MFACode?, duration: Int, with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> TemporaryCredentials {
        // A code counts once, so the call isn't repeated.
        let result = try call(
            .sts, "GetSessionToken", [("DurationSeconds", String(duration))] + (mfa?.parameters ?? []),
            with: credentials, isRepeatable: mfa == nil)
        return try TemporaryCredentials(in: result)
    }

    /// A session of a role.
    public func assumeRole(
        _ role: RoleRequest, mfa: MFACode?, with credentials: borrowing AWSCredentials
    ) throws(AWSError) -> TemporaryCredentials {
        let result = try call(
            .sts, "AssumeRole", role.parameters + role.trustParameters + (mfa?.parameters ?? []), with: credentials,
            isRepeatable: mfa == nil)
        return try TemporaryCredentials(in: result)
    }

    /// A session of a role that trusts an identity provider: nobody signs the call, a token of the provider's speaks
    /// for it. Tags and source identity are in the token, so they aren't sent, nor is an external id.
    public func assumeRole(
        _ role: RoleRequest, webIdentityToken: borrowing SecretBytes
    ) throws(AWSError) -> TemporaryCredentials {
        var form = Form(.sts, "AssumeRoleWithWebIdentity", role.parameters)
        webIdentityToken.withBytes { form.add("WebIdentityToken", $0) }
        let result = try call(.sts, "AssumeRoleWithWebIdentity", form.joined(), with: .anonymous)
        return try TemporaryCredentials(in: result)
    }
}

extension TemporaryCredentials {
    /// The session in an answer.
    fileprivate init(in result: XMLElement) throws(AWSError) {
        guard let made = result["Credentials"], let id = made["AccessKeyId"]?.string, isAccessKeyID(id),
            let secret = made["SecretAccessKey"], secret.text.count > 0, let token = made["SessionToken"],
            token.text.count > 0, let expiration = (made["Expiration"]?.string).flatMap(seconds(ofTimestamp:))
        else { throw .garbled(status: 200) }
        self.init(
            credentials: AWSCredentials(
                accessKeyID: id, secretAccessKey: secret.text.copy(), sessionToken: token.text.copy()),
            expiration: expiration)
    }
}
