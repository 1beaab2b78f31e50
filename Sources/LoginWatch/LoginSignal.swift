/// A signal of logind's that matters here; org.freedesktop.login1(5).
enum LoginSignal: Equatable {
    /// The machine is about to suspend, or has come back from it.
    case prepareForSleep(Bool)
    /// A session, told by its object's path, is to be locked or is locked.
    case lock(session: String)
    /// logind has left the bus, or the bus has gone.
    case gone

    /// What a signal means; `nil` for those that mean nothing here, or have another form than logind's.
    init?(named name: String, from path: String, _ arguments: Variant) {
        let members = arguments.members
        switch (name, arguments.type) {
        case ("PrepareForSleep", "(b)"):
            self = .prepareForSleep(members[0].flag)
        case ("Lock", "()"):
            self = .lock(session: path)
        case ("PropertiesChanged", "(sa{sv}as)"):
            guard members[0].text == Logind.sessionInterface, let hint = members[1].entry("LockedHint"),
                hint.type == "b", hint.flag
            else { return nil }
            self = .lock(session: path)
        case ("NameOwnerChanged", "(sss)"):
            // Name, owner before, owner after. With none before, logind has only just been started.
            guard members[0].text == Logind.name, !members[1].text.isEmpty else { return nil }
            self = .gone
        default:
            return nil
        }
    }
}
