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
}
