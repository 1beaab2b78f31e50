import CGio
import Testing

@testable import LoginWatch

@Suite("Signals of logind")
struct LoginSignalTests {
    private let session = "/org/freedesktop/login1/session/_32"

    @Test("a suspend begins and ends")
    func suspend() {
        #expect(signal("PrepareForSleep", "(true,)") == .prepareForSleep(true))
        #expect(signal("PrepareForSleep", "(false,)") == .prepareForSleep(false))
    }

    @Test("a session is locked by its signal, or by its hint becoming true")
    func lock() {
        #expect(signal("Lock", "()") == .lock(session: session))
        let changed = "('org.freedesktop.login1.Session', {'IdleHint': <true>, 'LockedHint': <true>}, @as [])"
        #expect(signal("PropertiesChanged", changed) == .lock(session: session))
    }

    @Test("logind goes when its name had an owner before, not when it comes")
    func gone() {
        #expect(signal("NameOwnerChanged", "('org.freedesktop.login1', ':1.2', '')") == .gone)
        #expect(signal("NameOwnerChanged", "('org.freedesktop.login1', ':1.2', ':1.9')") == .gone)
        #expect(signal("NameOwnerChanged", "('org.freedesktop.login1', '', ':1.9')") == nil)
        #expect(signal("NameOwnerChanged", "('org.freedesktop.hostname1', ':1.2', '')") == nil)
    }

    @Test(
        "anything else, or of another form, is no signal",
        arguments: [
            ("Unlock", "()"), ("Lock", "(true,)"), ("PrepareForSleep", "('true',)"), ("PrepareForSleep", "()"),
            ("PrepareForShutdown", "(true,)"),
            ("PropertiesChanged", "('org.freedesktop.login1.Session', {'LockedHint': <false>}, @as [])"),
            ("PropertiesChanged", "('org.freedesktop.login1.Session', {'LockedHint': <'true'>}, @as [])"),
            ("PropertiesChanged", "('org.freedesktop.login1.Session', {'IdleHint': <true>}, ['LockedHint'])"),
            ("PropertiesChanged", "('org.freedesktop.login1.User', {'LockedHint': <true>}, @as [])"),
        ])
    func others(name: String, arguments: String) { #expect(signal(name, arguments) == nil) }

    private func signal(_ name: String, _ arguments: String) -> LoginSignal? {
        guard let value = unsafe g_variant_parse(nil, arguments, nil, nil, nil) else {
            Issue.record("\(arguments) is no value of D-Bus's")
            return nil
        }
        return unsafe LoginSignal(named: name, from: session, Variant(taking: value))
    }
}
