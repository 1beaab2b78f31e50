import KeyCache
public import SealedStore
public import Sealing
import Keyring

/// The ways to a store's data key, from the quickest to a person.
public struct Unlocker: Sendable {
    /// How long the kernel's keyring keeps the data key after each use, in seconds.
    public static let lifetime: UInt32 = 15 * 60
    /// The same where a person typed the passphrase for `awskeys unlock`.
    public static let lifetimeAfterPassphrase: UInt32 = 8 * 3600

    private let environment: @Sendable (String) -> String?
    private let mayAsk: Bool

    /// - Parameters:
    ///   - environment: a variable's value.
    ///   - mayAsk: whether a person may be asked, by the keyring or at the terminal.
    public init(environment: @escaping @Sendable (String) -> String?, mayAsk: Bool = true) {
        self.environment = environment
        self.mayAsk = mayAsk
    }

    /// The data key of a store, from the kernel's keyring or by the first slot that opens; then it is remembered.
    ///
    /// - Throws: ``UnlockError``.
    public func unlock(_ store: borrowing ClosedStore) throws(UnlockError) -> SealingKey {
        if let cached = KeyCache.load(store: store.id) {
            guard cached.generation <= store.generation else {
                throw .store(.rolledBack(found: store.generation, seen: cached.generation))
            }
            return cached.dataKey.copy()
        }
        let key = try openSlot(store)
        remember(key, store: store.id, generation: store.generation, lifetime: Self.lifetime)
        return key
    }

    /// Puts the data key into the kernel's keyring; where the kernel refuses, slots are opened each time.
    public func remember(_ key: borrowing SealingKey, store: [UInt8], generation: UInt64, lifetime: UInt32) {
        do throws(KeyCacheError) {
            try KeyCache.save(key, store: store, generation: generation, lifetime: lifetime)
        } catch {
            // Containers refuse. `awskeys status` says so.
        }
    }

    /// Opens one of the store's slots: with the keyring, with a passphrase file, with a person's passphrase.
    ///
    /// - Throws: ``UnlockError``.
    public func openSlot(_ store: borrowing ClosedStore) throws(UnlockError) -> SealingKey {
        let all = try Self.slots(of: store)
        var attempts: [UnlockError.Attempt] = []
        for slot in all where slot.kind == .keyring {
            do throws(KeyringError) {
                let wrapping = try Keyring.load(store: store.id, slot: slot.id, mayPrompt: mayPrompt)
                if let key = slot.unwrap(with: wrapping, store: store.id) { return key }
                attempts.append(.init(way: .keyring, obstacle: .wrongKey))
            } catch {
                attempts.append(.init(way: .keyring, obstacle: .keyring(error)))
            }
        }
        let slots = all.filter(\.opensWithPassphrase)
        guard !slots.isEmpty else { throw .locked(attempts) }
        if let file = PassphraseFile.named(by: environment) {
            do throws(UnlockError) {
                if let key = Self.open(slots, with: try file.read(), store: store.id) { return key }
                attempts.append(.init(way: file.way, obstacle: .wrongKey))
            } catch {
                guard case .locked(let more) = error else { throw error }
                attempts += more
            }
        }
        if mayAsk, Terminal.isThere {
            if let typed = Terminal.askSecret("Passphrase of the awskeys store: ") {
                if let key = Self.open(slots, with: typed, store: store.id) { return key }
                attempts.append(.init(way: .terminal, obstacle: .wrongKey))
            } else {
                attempts.append(.init(way: .terminal, obstacle: .refused))
            }
        } else {
            attempts.append(.init(way: .terminal, obstacle: .nobodyThere))
        }
        throw .locked(attempts)
    }

    /// Whether the keyring may bring up a prompt: only where there is a screen to show it on.
    private var mayPrompt: Bool {
        mayAsk && (environment("WAYLAND_DISPLAY") ?? environment("DISPLAY")) != nil
    }

    private static func slots(of store: borrowing ClosedStore) throws(UnlockError) -> [Slot] {
        do throws(StoreError) {
            return try store.slots()
        } catch {
            throw .store(error)
        }
    }

    private static func open(_ slots: [Slot], with typed: borrowing SecretBytes, store: [UInt8]) -> SealingKey? {
        switch RecoveryCode.read(typed) {
        case .some(let code):
            for slot in slots where slot.isRecovery {
                if let key = slot.unwrap(withPassphrase: code, store: store) { return key }
            }
        case nil: break
        }
        for slot in slots where !slot.isRecovery {
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
