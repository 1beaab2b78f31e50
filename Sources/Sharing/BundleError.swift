/// Why a bundle isn't opened.
public enum BundleError: Error, Equatable, Sendable {
    /// It doesn't begin as one.
    case notABundle
    /// It was made by a later version, or has something that this version must not pass over.
    case newer(major: UInt16, minor: UInt16)
    /// Its end is missing.
    case truncated
    /// It isn't what its sender made.
    case damaged(Part)
    /// It isn't good any more; when it ended, in seconds since 1970.
    case expired(UInt64)
    /// It claims to be made later than now, in seconds since 1970.
    case notYetMade(UInt64)
    /// It is for others, or, if there are none, for a passphrase.
    case notForThis([PublicIdentity])
    /// The passphrase isn't the one.
    case wrongPassphrase
    /// The memory that the passphrase function needs can't be had.
    case noMemory
    /// It would be larger than bundles may be.
    case tooLarge
    /// Nothing can be sealed for such a recipient: everybody could open it.
    case weakRecipient(PublicIdentity)

    /// A part of a bundle.
    public enum Part: String, Sendable {
        case text, header, recipients, signature, content
    }
}
