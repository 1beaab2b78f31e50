import CSecret

extension KeyringError {
    /// What a `GError` means, told by its domain and code and never by its text; the error is freed.
    init(taking error: UnsafeMutablePointer<GError>) {
        defer { unsafe g_error_free(error) }
        let code = unsafe error.pointee.code
        let known =
            switch unsafe error.pointee.domain {
            case g_dbus_error_quark(): Self.meaning(bus: GDBusError(UInt32(bitPattern: code)))
            case g_io_error_quark(): Self.meaning(io: GIOErrorEnum(UInt32(bitPattern: code)))
            case secret_error_get_quark(): Self.meaning(secret: SecretError(UInt32(bitPattern: code)))
            default: nil as KeyringError?
            }
        self = unsafe known ?? .failed(String(cString: error.pointee.message))
    }

    private static func meaning(bus code: GDBusError) -> KeyringError? {
        switch code {
        case G_DBUS_ERROR_SERVICE_UNKNOWN, G_DBUS_ERROR_NAME_HAS_NO_OWNER, G_DBUS_ERROR_NO_SERVER: .noService
        // The service, or the bus, went away in the middle. (A silent one would send G_DBUS_ERROR_NO_REPLY too, but
        // only after 25 s, when our own deadline has long passed.)
        case G_DBUS_ERROR_NO_REPLY, G_DBUS_ERROR_DISCONNECTED: .noService
        case G_DBUS_ERROR_SPAWN_EXEC_FAILED, G_DBUS_ERROR_SPAWN_FORK_FAILED, G_DBUS_ERROR_SPAWN_CHILD_EXITED,
            G_DBUS_ERROR_SPAWN_CHILD_SIGNALED, G_DBUS_ERROR_SPAWN_FAILED, G_DBUS_ERROR_SPAWN_SETUP_FAILED,
            G_DBUS_ERROR_SPAWN_CONFIG_INVALID, G_DBUS_ERROR_SPAWN_SERVICE_INVALID,
            G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND, G_DBUS_ERROR_SPAWN_PERMISSIONS_INVALID,
            G_DBUS_ERROR_SPAWN_FILE_INVALID, G_DBUS_ERROR_SPAWN_NO_MEMORY:
            .noService
        case G_DBUS_ERROR_TIMEOUT, G_DBUS_ERROR_TIMED_OUT: .timedOut
        default: nil
        }
    }

    private static func meaning(io code: GIOErrorEnum) -> KeyringError? {
        switch code {
        case G_IO_ERROR_CONNECTION_REFUSED, G_IO_ERROR_NOT_FOUND, G_IO_ERROR_CLOSED, G_IO_ERROR_CONNECTION_CLOSED,
            G_IO_ERROR_NOT_CONNECTED:
            .noService
        case G_IO_ERROR_TIMED_OUT: .timedOut
        // Our own cancelling is told apart before an error is looked at: this is libsecret's word for a prompt that
        // ended without an answer.
        case G_IO_ERROR_CANCELLED: .dismissed
        default: nil
        }
    }

    private static func meaning(secret code: SecretError) -> KeyringError? {
        switch code {
        case SECRET_ERROR_IS_LOCKED: .locked
        case SECRET_ERROR_NO_SUCH_OBJECT: .absent
        default: nil
        }
    }
}
