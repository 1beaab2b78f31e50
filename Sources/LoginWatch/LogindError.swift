import CGio

/// Why a call got no answer.
struct LogindError: Error {
    /// Whether logind itself said no; else there is no logind, or it doesn't answer.
    let isRefusal: Bool
    /// GLib's or logind's words.
    let message: String

    /// An answer that isn't one of logind's.
    static let malformed = LogindError(isRefusal: false, message: "an answer of another form than logind's")

    private init(isRefusal: Bool, message: String) {
        self.isRefusal = isRefusal
        self.message = message
    }

    /// What a `GError` means, which is freed.
    init(taking error: UnsafeMutablePointer<GError>?) {
        guard let error = unsafe error else {
            self = .malformed
            return
        }
        defer { unsafe g_error_free(error) }
        // logind's own errors, such as OperationInProgress, have no code of GLib's.
        isRefusal =
            unsafe g_error_matches(error, g_io_error_quark(), Int32(G_IO_ERROR_DBUS_ERROR.rawValue)) != 0
            || g_error_matches(error, g_dbus_error_quark(), Int32(G_DBUS_ERROR_ACCESS_DENIED.rawValue)) != 0
        // "GDBus.Error:NAME: " goes.
        unsafe g_dbus_error_strip_remote_error(error)
        message = unsafe String(cString: error.pointee.message)
    }
}
