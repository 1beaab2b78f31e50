private import Glibc

/// Tells of suspends and of this user's locked sessions, for as long as there are a system bus and a logind on it.
///
/// A suspend is held up while `tell` deals with it, by a delay inhibitor
/// (https://www.freedesktop.org/wiki/Software/systemd/inhibit/).
///
/// - Parameter tell: is called for each event, on this thread.
/// - Throws: ``LoginWatchError``; there is no other end.
public func watchLogins(_ tell: (LoginEvent) -> Void) throws(LoginWatchError) -> Never {
    // It listens before it takes the inhibitor, so that no suspend goes by in between.
    let logind = try Logind()
    var inhibitor = try takeInhibitor(from: logind, tell)
    while true {
        switch logind.nextSignal() {
        case .prepareForSleep(true):
            tell(.suspend)
            inhibitor = nil
        case .prepareForSleep(false):
            inhibitor = try takeInhibitor(from: logind, tell)
        case .lock(let session):
            if logind.isSession(session, of: getuid()) { tell(.sessionLock) }
        case .gone:
            _ = consume inhibitor
            throw .lost
        }
    }
}

private func takeInhibitor(
    from logind: Logind, _ tell: (LoginEvent) -> Void
) throws(LoginWatchError) -> Inhibitor? {
    do throws(LogindError) {
        return try logind.inhibitSleep()
    } catch {
        // Without polkit an ordinary user may not, and nobody may while a suspend is under way.
        guard error.isRefusal else { throw .noLogind(error.message) }
        tell(.undelayed(reason: error.message))
        return nil
    }
}
