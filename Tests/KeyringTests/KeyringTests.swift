import Foundation
import Keyring
import Sealing
import Testing

private let store = [UInt8](repeating: 0xab, count: 16)
private let slot = [UInt8](repeating: 0xcd, count: 8)

/// Without a session bus, which is how `make check` and CI run; the keyring itself is tested end to end.
private let hasNoBus =
    ProcessInfo.processInfo.environment["DBUS_SESSION_BUS_ADDRESS"] == nil
    && ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] == nil

@Suite("without a session bus", .enabled(if: hasNoBus))
struct WithoutBus {
    @Test("every call says at once that there is no service, and starts no bus", arguments: [false, true])
    func saysSoAtOnce(mayPrompt: Bool) {
        let began = ContinuousClock.now
        #expect(
            error { () throws(KeyringError) in _ = try Keyring.load(store: store, slot: slot, mayPrompt: mayPrompt) }
                == .noService)
        #expect(
            error { () throws(KeyringError) in
                try Keyring.save(SealingKey(), store: store, slot: slot, mayPrompt: mayPrompt)
            } == .noService)
        #expect(error { () throws(KeyringError) in try Keyring.remove(store: store, slot: slot) } == .noService)
        #expect(!Keyring.isAvailable(mayPrompt: mayPrompt))
        #expect(began.duration(to: .now) < .seconds(1))
    }
}

/// What a call throws; `#expect(throws:)` can't be used with results that aren't copyable.
private func error(_ call: () throws(KeyringError) -> Void) -> KeyringError? {
    do {
        try call()
        return nil
    } catch {
        return error
    }
}
