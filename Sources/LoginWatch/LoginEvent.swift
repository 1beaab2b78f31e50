/// What logind has to say to somebody who left their keys unlocked.
public enum LoginEvent: Equatable, Sendable {
    /// The machine is about to suspend. It waits until this has been dealt with, for up to 5 seconds
    /// (`InhibitDelayMaxSec`, logind.conf(5)).
    case suspend
    /// One of this user's sessions was locked.
    case sessionLock
    /// This process can't hold up the next suspend, for logind's reason; it is still told of it.
    case undelayed(reason: String)
}

/// Why there is nothing, or nothing more, to hear of logind.
public enum LoginWatchError: Error, Equatable {
    /// There is no system bus, in GLib's words.
    case noBus(String)
    /// There is a bus, and no logind on it that answers, in the bus's words.
    case noLogind(String)
    /// The bus or logind went away.
    case lost
}
