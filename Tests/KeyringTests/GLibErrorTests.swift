import CSecret
import Testing

@testable import Keyring

/// An error as GLib hands it over, and what it is taken for.
private func meaning(_ domain: GQuark, _ code: UInt32) -> KeyringError? {
    unsafe g_error_new_literal(domain, Int32(code), "what GLib says").map { unsafe KeyringError(taking: $0) }
}

@Test("errors are told apart by domain and code")
func errorsAreToldApart() {
    let bus = g_dbus_error_quark()
    let io = g_io_error_quark()
    let secret = secret_error_get_quark()
    #expect(meaning(bus, G_DBUS_ERROR_SERVICE_UNKNOWN.rawValue) == .noService)
    #expect(meaning(bus, G_DBUS_ERROR_NAME_HAS_NO_OWNER.rawValue) == .noService)
    #expect(meaning(bus, G_DBUS_ERROR_SPAWN_CHILD_EXITED.rawValue) == .noService)
    #expect(meaning(bus, G_DBUS_ERROR_NO_REPLY.rawValue) == .noService)
    #expect(meaning(bus, G_DBUS_ERROR_TIMED_OUT.rawValue) == .timedOut)
    #expect(meaning(bus, G_DBUS_ERROR_ACCESS_DENIED.rawValue) == .failed("what GLib says"))
    #expect(meaning(io, G_IO_ERROR_CONNECTION_REFUSED.rawValue) == .noService)
    #expect(meaning(io, G_IO_ERROR_NOT_FOUND.rawValue) == .noService)
    #expect(meaning(io, G_IO_ERROR_CLOSED.rawValue) == .noService)
    #expect(meaning(io, G_IO_ERROR_TIMED_OUT.rawValue) == .timedOut)
    #expect(meaning(io, G_IO_ERROR_CANCELLED.rawValue) == .dismissed)
    #expect(meaning(secret, SECRET_ERROR_IS_LOCKED.rawValue) == .locked)
    #expect(meaning(secret, SECRET_ERROR_NO_SUCH_OBJECT.rawValue) == .absent)
    #expect(meaning(secret, SECRET_ERROR_PROTOCOL.rawValue) == .failed("what GLib says"))
    #expect(meaning(g_file_error_quark(), 2) == .failed("what GLib says"))
}
