/// Why something could not be sealed or opened.
public enum SealingError: Error, Equatable, Sendable {
    /// The key is wrong or a byte was changed; authenticated encryption can't tell the two apart.
    case notAuthentic
    /// A passphrase's cost lies outside the bounds that are accepted, so it isn't run at all.
    case costOutOfBounds
    /// The memory that the passphrase function needs can't be had.
    case noMemory
}
