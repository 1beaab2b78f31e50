/// Why the desktop's keyring did not do what it was asked.
public enum KeyringError: Error, Equatable, Sendable {
    /// There is no session bus, or nobody on it offers `org.freedesktop.secrets`.
    case noService
    /// The item, or the collection to write to, is locked (or still has to be made), and nobody may be asked.
    case locked
    /// The person dismissed the keyring's prompt, or the keyring had no display to show it on.
    case dismissed
    /// The person didn't answer the keyring's prompt within its time.
    case unanswered
    /// The service is there and unlocked and has no such item.
    case absent
    /// No answer within the deadline.
    case timedOut
    /// There is such an item, but it isn't a 32-byte key.
    case malformed
    /// Anything else; GLib's message.
    case failed(String)
}
