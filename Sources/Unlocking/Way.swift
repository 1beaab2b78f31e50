/// A way to the data key of a locked store.
public enum Way: Sendable, Equatable {
    /// The desktop's keyring.
    case keyring
    /// A file that holds the passphrase, and what names the file.
    case file(path: String, namedBy: String)
    /// A person at the terminal.
    case terminal
    /// A person at the dialog of a pinentry; its path.
    case pinentry(String)
    /// A person at the dialog of the program that `SSH_ASKPASS` names; its path.
    case askpass(String)

    /// Whether it is a person who is asked for the passphrase.
    public var asksPerson: Bool {
        switch self {
        case .keyring, .file: false
        case .terminal, .pinentry, .askpass: true
        }
    }
}
