import KeyCache
import Keyring
import SealedStore
import Sealing

/// The ways to the data key of a locked store: first those that need nobody, the desktop's keyring and a file with the
/// passphrase, then those to a person.
struct Ladder {
    private let unattendedWays: [String]
    private let personWays: [String]
    private let file: PassphraseFile?
    private let toPerson: [Way]
    /// Whether the keyring may ask the person to unlock it.
    private let mayPrompt: Bool
    private let deadline: Deadline

    /// How long the keyring may take where it doesn't ask anybody.
    private static let patience = Duration.seconds(2)
    /// What the keyring may still take after a person's answer.
    private static let rest = Duration.seconds(3)

    init(environment: (String) -> String?, settings: Settings, mayAsk: Bool, until deadline: Deadline) {
        self.deadline = deadline
        file = PassphraseFile.named(by: environment)
        toPerson = mayAsk ? Way.toPerson(environment, dialogs: settings.dialogs) : []
        mayPrompt = mayAsk && hasScreen(environment)
        let bus = "keyring " + (environment("DBUS_SESSION_BUS_ADDRESS") ?? environment("XDG_RUNTIME_DIR") ?? "")
        unattendedWays = [bus] + (file.map { ["file \($0.path)"] } ?? [])
        personWays = (mayPrompt ? [bus] : []) + toPerson.map { "\($0)" }
    }

    /// A part of the ladder.
    enum Stretch {
        /// The ways that need nobody.
        case unattended
        /// The ways to a person, after what stood in those that need nobody.
        case person(after: [UnlockError.Attempt])

        /// What processes meet about who go it.
        var topic: Meeting.Topic {
            switch self {
            case .unattended: .unattended
            case .person: .person
            }
        }
    }

    /// A store's data key, and how it was come by.
    struct Opened: ~Copyable {
        let dataKey: SealingKey
        let opener: Opener
        /// The highest generation of the store that the keyring knows of.
        var generation: UInt64 = 0
    }

    /// What tells this process's ways from those of another one; empty where it has none.
    func ways(of stretch: Stretch) -> [String] {
        switch stretch {
        case .unattended: unattendedWays
        case .person: personWays
        }
    }

    /// Goes from way to way until one opens a slot.
    ///
    /// - Throws: ``UnlockError/locked(_:)`` with what stood in each way; ``UnlockError/store(_:)``.
    func open(_ store: borrowing ClosedStore, _ stretch: Stretch) throws(UnlockError) -> Opened {
        switch stretch {
        case .unattended: try openUnattended(store)
        case .person(let attempts): try askPerson(store, after: attempts)
        }
    }

    private func openUnattended(_ store: borrowing ClosedStore) throws(UnlockError) -> Opened {
        let slots = try Self.slots(of: store)
        var attempts: [UnlockError.Attempt] = []
        for slot in slots where slot.kind == .keyring {
            if let opened = open(slot, of: store, mayPrompt: false, &attempts) { return opened }
        }
        if let file, slots.contains(where: \.opensWithPassphrase) {
            do throws(UnlockError) {
                switch try slots.open(with: try file.read(), store: store.id, way: file.way) {
                case .some(let key): return Opened(dataKey: key, opener: .passphraseFile)
                case nil: attempts.append(.init(way: file.way, obstacle: .wrongKey))
                }
            } catch {
                guard case .locked(let more) = error else { throw error }
                attempts += more
            }
        }
        throw .locked(attempts)
    }

    /// Goes to a person: with the keyring's own prompt, then with one for the passphrase.
    private func askPerson(
        _ store: borrowing ClosedStore, after before: [UnlockError.Attempt]
    ) throws(UnlockError) -> Opened {
        let slots = try Self.slots(of: store)
        var attempts = before
        if mayPrompt, attempts.contains(where: { $0.obstacle == .keyring(.locked) }) {
            attempts.removeAll { $0.way == .keyring }
            // Somebody who has dismissed one prompt wants no other.
            for slot in slots where slot.kind == .keyring && !attempts.contains(where: \.isRefusal) {
                if let opened = open(slot, of: store, mayPrompt: true, &attempts) { return opened }
            }
        }
        guard slots.contains(where: \.opensWithPassphrase) else { throw .locked(attempts) }
        let hasDismissed = attempts.contains(where: \.isRefusal)
        let places = toPerson.filter { $0 == .terminal || !hasDismissed }
        for way in places where !deadline.hasPassed {
            switch try ask(way, slots, of: store) {
            case .opened(let opened): return opened
            case .obstacle(let obstacle):
                attempts.append(.init(way: way, obstacle: obstacle))
                if obstacle != .notShown { throw .locked(attempts) }
            }
        }
        if toPerson.isEmpty { attempts.append(.init(way: .terminal, obstacle: .nobodyThere)) }
        throw .locked(attempts)
    }

    // MARK: Ways

    /// Opens a slot with the keyring.
    private func open(
        _ slot: Slot, of store: borrowing ClosedStore, mayPrompt: Bool, _ attempts: inout [UnlockError.Attempt]
    ) -> Opened? {
        let item: KeptKey
        do throws(KeyringError) {
            item = try Keyring.load(
                store: store.id, slot: slot.id, patience: min(Self.patience, deadline.left), mayPrompt: mayPrompt,
                promptPatience: max(.zero, deadline.left - Self.rest))
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

    private enum Asked: ~Copyable {
        case opened(Opened)
        case obstacle(Obstacle)
    }

    /// Has a person open one of the slots.
    private func ask(
        _ way: Way, _ slots: [Slot], of store: borrowing ClosedStore
    ) throws(UnlockError) -> Asked {
        guard var prompt = Prompt.open(way, for: .passphrase, until: deadline) else { return .obstacle(.notShown) }
        for number in 0..<prompt.tries {
            switch prompt.ask(isRetry: number > 0) {
            case .typed(let typed):
                if let key = try slots.open(with: typed, store: store.id, way: way) {
                    return .opened(Opened(dataKey: key, opener: way.opener))
                }
            case .obstacle(let obstacle): return .obstacle(obstacle)
            }
        }
        return .obstacle(.wrongKey)
    }

    private static func slots(of store: borrowing ClosedStore) throws(UnlockError) -> [Slot] {
        do throws(StoreError) {
            return try store.slots()
        } catch {
            throw .store(error)
        }
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
    ///
    /// - Throws: ``UnlockError/locked(_:)`` with ``Obstacle/noMemory``.
    fileprivate func open(
        with typed: borrowing SecretBytes, store: [UInt8], way: Way
    ) throws(UnlockError) -> SealingKey? {
        // A recovery code is tried first: it can't be anything else.
        for slot in sorted(by: { $0.isRecovery && !$1.isRecovery }) {
            do throws(SealingError) {
                if let key = try slot.unwrap(withTyped: typed, store: store) { return key }
            } catch {
                throw .locked([.init(way: way, obstacle: .noMemory)])
            }
        }
        return nil
    }
}

extension Slot {
    /// Whether a passphrase or a recovery code opens it.
    fileprivate var opensWithPassphrase: Bool { cost != nil }

    fileprivate var isRecovery: Bool {
        if case .recovery = kind { true } else { false }
    }
}
