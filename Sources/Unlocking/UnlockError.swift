public import Keyring
public import SealedStore

/// A way to the data key of a locked store.
public enum Way: Sendable, Equatable {
    /// The desktop's keyring.
    case keyring
    /// A file that holds the passphrase, and what names the file.
    case file(path: String, namedBy: String)
    /// A person at the terminal.
    case terminal
}

/// Why a way did not lead to the data key.
public enum Obstacle: Sendable, Equatable {
    /// The keyring's answer.
    case keyring(KeyringError)
    /// The keyring's item, or the passphrase, opens no slot.
    case wrongKey
    /// A file that can't be read or is empty; the error number, 0 if it is empty.
    case unreadable(Int32)
    /// There is no terminal, or the process isn't in its foreground.
    case nobodyThere
    /// The person gave no passphrase.
    case refused
}

/// Why a store could not be unlocked.
public enum UnlockError: Error, Equatable, Sendable {
    /// The store itself could not be read, or isn't what it should be.
    case store(StoreError)
    /// Every way was tried in vain; what stood in each one's way.
    case locked([Attempt])

    /// A way, and what stood in it.
    public struct Attempt: Sendable, Equatable {
        /// The way.
        public let way: Way
        /// What stood in it.
        public let obstacle: Obstacle
    }
}
