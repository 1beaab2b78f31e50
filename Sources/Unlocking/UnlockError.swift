public import Keyring
public import SealedStore

/// Why a way did not lead to the data key.
public enum Obstacle: Error, Sendable, Equatable {
    /// The keyring's answer.
    case keyring(KeyringError)
    /// The keyring's item, or the passphrase, opens no slot.
    case wrongKey
    /// A file that can't be read or is empty; the error number, 0 if it is empty.
    case unreadable(Int32)
    /// There is no terminal with the process in its foreground, and no dialog can be shown.
    case nobodyThere
    /// The person gave no passphrase.
    case refused
    /// The person didn't answer in time.
    case noAnswer
    /// The program could not be started, or could not show its dialog.
    case notShown
    /// There isn't enough memory for the passphrase function.
    case noMemory
}

/// Why a store could not be unlocked.
public enum UnlockError: Error, Equatable, Sendable {
    /// The store itself could not be read, or isn't what it should be.
    case store(StoreError)
    /// Every way was tried in vain; what stood in each one's way.
    case locked([Attempt])
    /// Another process was asking for the passphrase until there was no time left.
    case late

    /// A way, and what stood in it.
    public struct Attempt: Sendable, Equatable {
        /// The way.
        public let way: Way
        /// What stood in it.
        public let obstacle: Obstacle

        /// Whether it was a person who didn't open the store, so that nobody should ask again at once.
        public var isRefusal: Bool {
            switch obstacle {
            case .refused, .noAnswer, .keyring(.dismissed), .keyring(.unanswered): true
            case .wrongKey: way.asksPerson
            case .keyring, .unreadable, .nobodyThere, .notShown, .noMemory: false
            }
        }
    }
}
