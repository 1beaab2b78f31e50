/// Bytes that look like a key, or a half of one.
public struct Match: Sendable, Equatable {
    /// What they look like.
    public enum Kind: String, Sendable, CaseIterable {
        /// The id of a long-term key, `AKIA...`.
        case accessKeyID = "access-key-id"
        /// The id of a session's key, `ASIA...`, which ends by itself.
        case temporaryAccessKeyID = "temporary-access-key-id"
        /// A secret access key.
        case secretAccessKey = "secret-access-key"
    }

    /// What they look like.
    public let kind: Kind
    /// Where they lie. Nothing of a secret is copied out.
    public let range: Range<Int>
    /// Whether nobody has such a key: documentation and tests do.
    public let isExample: Bool

    /// Bytes that look like a key.
    public init(kind: Kind, range: Range<Int>, isExample: Bool) {
        self.kind = kind
        self.range = range
        self.isExample = isExample
    }
}
