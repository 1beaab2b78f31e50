public import SealedStore
public import Sealing

/// What a profile answers with: a long-term key or a session.
public struct ProfileCredentials: ~Copyable, Sendable {
    /// The access key id; not a secret.
    public let accessKeyID: String
    /// The secret access key.
    public let secretAccessKey: SecretBytes
    /// The session token; empty for a long-term key.
    public let sessionToken: SecretBytes
    /// When they end, in seconds since 1970; `nil` for a long-term key.
    public let expiration: Int?
    /// Whether a person has agreed to this use of the profile, and is to be asked about the next one.
    public var isConfirmed = false

    /// Credentials.
    public init(
        accessKeyID: String, secretAccessKey: consuming SecretBytes,
        sessionToken: consuming SecretBytes = SecretBytes(zeros: 0), expiration: Int? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    /// A long-term key.
    public init(_ key: borrowing KeyRecord) {
        self.init(accessKeyID: key.accessKeyID, secretAccessKey: key.secretAccessKey.copy())
    }

    /// A session.
    public init(_ session: borrowing Session) {
        self.init(
            accessKeyID: session.accessKeyID, secretAccessKey: session.secretAccessKey.copy(),
            sessionToken: session.sessionToken.copy(), expiration: session.expiration)
    }

    /// The document that a `credential_process` prints, as the fast lane prints it.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    public borrowing func document(now: Int) -> SecretBytes {
        credentialDocument(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken,
            expiration: expiration ?? now + answerLifetime)
    }
}
