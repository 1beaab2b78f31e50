import KeyCache
import Keyring
import SealedStore
import Sealing

/// The ways to the data key of a locked store, from what needs nobody to a person: the desktop's keyring, a file with
/// the passphrase, a prompt.
struct Ladder {
    /// What tells this process's ways from another one's.
    let ways: [String]

    private let environment: (String) -> String?
    private let mayAsk: Bool
    private let file: PassphraseFile?
    private let toPerson: [Way]
    private let deadline: Deadline

    /// How long the keyring may take where it doesn't ask anybody.
    private static let patience = Duration.seconds(2)

    init(
        environment: @escaping (String) -> String?, settings: Settings, mayAsk: Bool, until deadline: Deadline
    ) {
        self.environment = environment
        self.mayAsk = mayAsk
        self.deadline = deadline
        file = PassphraseFile.named(by: environment)
        toPerson = mayAsk ? Way.toPerson(environment, dialogs: settings.dialogs) : []
        let bus = environment("DBUS_SESSION_BUS_ADDRESS") ?? environment("XDG_RUNTIME_DIR") ?? ""
        let screen = environment("WAYLAND_DISPLAY") ?? environment("DISPLAY")
        ways =
            ["keyring \(bus) \(mayAsk ? screen ?? "" : "")"] + (file.map { ["file \($0.path)"] } ?? [])
            + toPerson.map { "\($0)" }
    }

    /// A store's data key, and how it was come by.
    struct Opened: ~Copyable {
        let dataKey: SealingKey
        let opener: Opener
        /// The highest generation of the store that the keyring knows of.
        var generation: UInt64 = 0
    }

    /// Goes from way to way until one opens a slot.
    ///
    /// - Throws: ``UnlockError/locked(_:)`` with what stood in each way; ``UnlockError/store(_:)``.
    func open(_ store: borrowing ClosedStore) throws(UnlockError) -> Opened {
        let all: [Slot]
        do throws(StoreError) {
            all = try store.slots()
        } catch {
            throw .store(error)
        }
        var attempts: [UnlockError.Attempt] = []
        for slot in all where slot.kind == .keyring {
            if let opened = open(slot, of: store, &attempts) { return opened }
        }
        let slots = all.filter(\.opensWithPassphrase)
        guard !slots.isEmpty else { throw .locked(attempts) }
        if let key = open(slots, of: store, &attempts) { return Opened(dataKey: key, opener: .passphraseFile) }
        return try askPerson(slots, of: store, attempts)
    }

    // MARK: Ways

    /// Opens a slot with the keyring.
    private func open(
        _ slot: Slot, of store: borrowing ClosedStore, _ attempts: inout [UnlockError.Attempt]
    ) -> Opened? {
        // Somebody who has dismissed one prompt wants no other.
        let hasScreen = (environment("WAYLAND_DISPLAY") ?? environment("DISPLAY")) != nil
        let mayPrompt = mayAsk && hasScreen && !attempts.contains(where: \.isRefusal)
        let item: KeptKey
        do throws(KeyringError) {
            item = try Keyring.load(
                store: store.id, slot: slot.id, patience: min(Self.patience, deadline.left), mayPrompt: mayPrompt,
                promptPatience: deadline.left)
        } catch {
            attempts.append(.init(way: .keyring, obstacle: .keyring(error)))
            return nil
        }
        guard let key = slot.unwrap(with: item.key, store: store.id) else {
            attempts.append(.init(way: .keyring, obstacle: .wrongKey))
            return nil
        }
        return Opened(dataKey: key, opener: .keyring, generation: item.generation ?? 0)
    }

    /// Opens one of the slots with the passphrase file.
    private func open(
        _ slots: [Slot], of store: borrowing ClosedStore, _ attempts: inout [UnlockError.Attempt]
    ) -> SealingKey? {
        guard let file else { return nil }
        do throws(UnlockError) {
            if let key = slots.open(with: try file.read(), store: store.id) { return key }
            attempts.append(.init(way: file.way, obstacle: .wrongKey))
        } catch {
            if case .locked(let more) = error { attempts += more }
        }
        return nil
    }

    /// Has a person open one of the slots.
    private func askPerson(
        _ slots: [Slot], of store: borrowing ClosedStore, _ before: [UnlockError.Attempt]
    ) throws(UnlockError) -> Opened {
        var attempts = before
        let hasDismissed = before.contains(where: \.isRefusal)
        // Somebody who has just closed one dialog doesn't want the next one.
        for way in toPerson where way == .terminal || !hasDismissed {
            guard var prompt = Prompt.open(way, until: deadline) else {
                attempts.append(.init(way: way, obstacle: .notShown))
                continue
            }
            var obstacle = Obstacle.wrongKey
            for number in 0..<prompt.tries where obstacle == .wrongKey {
                switch prompt.ask(isRetry: number > 0) {
                case .typed(let typed):
                    if let key = slots.open(with: typed, store: store.id) {
                        return Opened(dataKey: key, opener: way.opener)
                    }
                case .obstacle(let other): obstacle = other
                }
            }
            attempts.append(.init(way: way, obstacle: obstacle))
            if obstacle != .notShown { throw .locked(attempts) }
        }
        if attempts.count == before.count { attempts.append(.init(way: .terminal, obstacle: .nobodyThere)) }
        throw .locked(attempts)
    }
}

extension Way {
    /// What is said of a store that was opened this way.
    fileprivate var opener: Opener {
        switch self {
        case .keyring: .keyring
        case .file: .passphraseFile
        case .terminal: .terminal
        case .pinentry: .pinentry
        case .askpass: .askpass
        }
    }
}

extension [Slot] {
    /// The data key, if what was typed is the passphrase or the recovery code of one of them.
    fileprivate func open(with typed: borrowing SecretBytes, store: [UInt8]) -> SealingKey? {
        switch RecoveryCode.read(typed) {
        case .some(let code):
            for slot in self where slot.isRecovery {
                if let key = slot.unwrap(withPassphrase: code, store: store) { return key }
            }
        case nil: break
        }
        for slot in self where !slot.isRecovery {
            if let key = slot.unwrap(withPassphrase: typed, store: store) { return key }
        }
        return nil
    }
}

extension Slot {
    /// Whether a passphrase or a recovery code opens it.
    var opensWithPassphrase: Bool {
        switch kind {
        case .passphrase, .recovery: true
        case .keyring, .unknown: false
        }
    }

    var isRecovery: Bool {
        if case .recovery = kind { true } else { false }
    }

    /// The data key, if the passphrase is the slot's. It takes the memory and the time that the slot says.
    fileprivate func unwrap(withPassphrase passphrase: borrowing SecretBytes, store: [UInt8]) -> SealingKey? {
        switch kind {
        case .passphrase(let salt, let cost), .recovery(let salt, let cost):
            guard let key = try? SealingKey(passphrase: passphrase, salt: salt.span, cost: cost) else { return nil }
            return unwrap(with: key, store: store)
        case .keyring, .unknown: return nil
        }
    }
}
