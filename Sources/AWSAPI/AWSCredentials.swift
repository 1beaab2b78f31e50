public import Sealing

/// What a request is signed with.
public struct AWSCredentials: ~Copyable, Sendable {
    /// The access key id; not a secret.
    public let accessKeyID: String
    /// The secret access key.
    public let secretAccessKey: SecretBytes
    /// The session token of temporary credentials; empty for a long-term key.
    public let sessionToken: SecretBytes

    /// Credentials.
    public init(
        accessKeyID: String, secretAccessKey: consuming SecretBytes,
        sessionToken: consuming SecretBytes = SecretBytes(zeros: 0)
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// The same credentials once more.
    public func copy() -> AWSCredentials {
        AWSCredentials(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy(), sessionToken: sessionToken.copy())
    }
}

extension AWSCredentials {
    /// None: what calls that nobody signs are made with.
    static var anonymous: AWSCredentials { AWSCredentials(accessKeyID: "", secretAccessKey: SecretBytes(zeros: 0)) }

    /// Whether requests aren't signed.
    var isAnonymous: Bool { accessKeyID.isEmpty }
}

/// Credentials of a session, which ends.
public struct TemporaryCredentials: ~Copyable, Sendable {
    /// What requests are signed with.
    public let credentials: AWSCredentials
    /// When it ends, in seconds since 1970.
    public let expiration: Int

    /// A session.
    public init(credentials: consuming AWSCredentials, expiration: Int) {
        self.credentials = credentials
        self.expiration = expiration
    }
}
