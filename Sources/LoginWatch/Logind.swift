import CGio

/// logind on the system bus: its signals, and two of its calls.
@safe final class Logind {
    static let name = "org.freedesktop.login1"
    static let sessionInterface = "org.freedesktop.login1.Session"
    private static let managerInterface = "org.freedesktop.login1.Manager"

    private let connection: OpaquePointer
    private var subscriptions: [guint] = []
    private let inbox = Inbox()

    /// Connects to the system bus and listens.
    ///
    /// - Throws: ``LoginWatchError/noBus(_:)``. Whether there is a logind, the first call shows.
    init() throws(LoginWatchError) {
        var error: UnsafeMutablePointer<GError>?
        guard let connection = unsafe g_bus_get_sync(G_BUS_TYPE_SYSTEM, nil, &error) else {
            throw unsafe .noBus(LogindError(taking: error).message)
        }
        unsafe self.connection = connection
        // GLib would kill the process.
        unsafe g_dbus_connection_set_exit_on_close(connection, 0)
        listen(to: "PrepareForSleep", of: Self.managerInterface)
        listen(to: "Lock", of: Self.sessionInterface)
        listen(to: "PropertiesChanged", of: "org.freedesktop.DBus.Properties", first: Self.sessionInterface)
        let bus = "org.freedesktop.DBus"
        listen(to: "NameOwnerChanged", of: bus, from: bus, first: Self.name)
    }

    deinit {
        for subscription in subscriptions { unsafe g_dbus_connection_signal_unsubscribe(connection, subscription) }
        unsafe g_object_unref(UnsafeMutableRawPointer(connection))
    }

    /// Waits for a signal, or for the end of the connection.
    func nextSignal() -> LoginSignal {
        while true {
            if !inbox.signals.isEmpty { return inbox.signals.removeFirst() }
            if unsafe g_dbus_connection_is_closed(connection) != 0 { return .gone }
            g_main_context_iteration(nil, 1)
        }
    }

    /// Takes a lock that holds up every suspend until it is given back.
    func inhibitSleep() throws(LogindError) -> Inhibitor {
        var descriptors: UnsafeMutablePointer<GUnixFDList>?
        let arguments = ["sleep", "awskeys", "keys are locked before the machine sleeps", "delay"]
        let answer = try unsafe call("Inhibit", arguments, &descriptors)
        guard answer.type == "(h)", let descriptors = unsafe descriptors else { throw .malformed }
        defer { unsafe g_object_unref(UnsafeMutableRawPointer(descriptors)) }
        let descriptor = unsafe g_unix_fd_list_get(descriptors, 0, nil)
        guard descriptor >= 0 else { throw .malformed }
        return Inhibitor(descriptor)
    }

    /// Whether a session is a user's. Where logind doesn't say, it is: locking once too often is the smaller mistake.
    ///
    /// - Parameter path: the session's object.
    func isSession(_ path: String, of user: UInt32) -> Bool {
        var none: UnsafeMutablePointer<GUnixFDList>?
        guard let answer = try? unsafe call("ListSessions", [], &none), answer.type == "(a(susso))" else { return true }
        // Each has its id, the user's id and name, the seat, and its object's path.
        return answer.members[0].members.map(\.members).contains { $0[4].text == path && $0[1].number == user }
    }

    private func listen(
        to signal: String, of interface: String, from sender: String = Logind.name, first argument: String? = nil
    ) {
        let inbox = unsafe Unmanaged.passUnretained(inbox).toOpaque()
        subscriptions.append(
            unsafe g_dbus_connection_signal_subscribe(
                connection, sender, interface, signal, nil, argument, G_DBUS_SIGNAL_FLAGS_NONE, received, inbox, nil))
    }

    /// Calls the manager with strings. It has 2 seconds: a suspend waits for 5 at most.
    private func call(
        _ method: String, _ arguments: [String], _ descriptors: inout UnsafeMutablePointer<GUnixFDList>?
    ) throws(LogindError) -> Variant {
        var strings = unsafe arguments.map { unsafe g_variant_new_string($0) }
        var error: UnsafeMutablePointer<GError>?
        let answer = unsafe g_dbus_connection_call_with_unix_fd_list_sync(
            connection, Self.name, "/org/freedesktop/login1", Self.managerInterface, method,
            g_variant_new_tuple(&strings, gsize(strings.count)), nil, G_DBUS_CALL_FLAGS_NONE, 2000, nil, &descriptors,
            nil, &error)
        guard let answer = unsafe answer else { throw unsafe LogindError(taking: error) }
        return unsafe Variant(taking: answer)
    }
}

/// Where signals wait until somebody looks at them.
private final class Inbox {
    var signals: [LoginSignal] = []
}

/// GLib's callback for a signal; the last argument is the ``Inbox``.
private func received(
    _: OpaquePointer?, sender _: UnsafePointer<CChar>?, path: UnsafePointer<CChar>?,
    interface _: UnsafePointer<CChar>?, name: UnsafePointer<CChar>?, arguments: OpaquePointer?, inbox: gpointer?
) {
    guard let path = unsafe path, let name = unsafe name, let arguments = unsafe arguments, let inbox = unsafe inbox
    else { return }
    let signal = unsafe LoginSignal(
        named: String(cString: name), from: String(cString: path), Variant(taking: g_variant_ref(arguments)))
    if let signal { unsafe Unmanaged<Inbox>.fromOpaque(inbox).takeUnretainedValue().signals.append(signal) }
}
