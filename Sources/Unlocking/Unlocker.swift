public import KeyCache
import Keyring
public import SealedStore
public import Sealing

/// Opens locked stores: with the kernel's keyring, by what another process is told, or by going down the ``Ladder``.
public struct Unlocker: Sendable {
    private let environment: @Sendable (String) -> String?
    private let settings: Settings
    private let mayAsk: Bool
    private let heedsRefusals: Bool
    private let acceptsRollback: Bool

    /// How long everything may take, waiting for other processes and persons included: Go's SDK gives a
    /// `credential_process` 60 seconds.
    private static let patience = Duration.seconds(55)

    /// - Parameters:
    ///   - environment: a variable's value.
    ///   - settings: what the person has set.
    ///   - mayAsk: whether a person may be asked, by the keyring or for the passphrase.
    ///   - heedsRefusals: whether nobody is to be asked who has said no in the last seconds, to another process. An SDK
    ///     asks for one profile after the other; a person who types a command wants to be asked.
    ///   - acceptsRollback: whether the store may be older than one seen before.
    public init(
        environment: @escaping @Sendable (String) -> String?, settings: Settings = Settings(), mayAsk: Bool = true,
        heedsRefusals: Bool = false, acceptsRollback: Bool = false
    ) {
        self.environment = environment
        self.settings = settings
        self.mayAsk = mayAsk
        self.heedsRefusals = heedsRefusals
        self.acceptsRollback = acceptsRollback
    }

    /// The data key of a store; then the kernel's keyring remembers it.
    ///
    /// - Throws: ``UnlockError``.
    public func unlock(_ store: borrowing ClosedStore) throws(UnlockError) -> SealingKey {
        if let key = try remembered(store) { return key }
        let deadline = Deadline(in: Self.patience)
        let meeting = Meeting(store: store.id, until: deadline)
        let ladder = Ladder(environment: environment, settings: settings, mayAsk: mayAsk, until: deadline)
        while true {
            switch meeting.join() {
            case .asker(let seat): return try ask(store, ladder, at: seat)
            case .told(let message):
                switch Answer(reading: message) {
                case .dataKey(let key) where store.isOpened(by: key): return key
                case .failure(let failure) where failure.isRefusal || Set(ladder.ways).isSubset(of: failure.ways):
                    throw .locked(failure.attempts)
                default: break
                }
            case .left: break
            case .late: throw .late
            }
            // The asker had no way that this process has, or is gone; somebody else may have been quicker.
            if let key = try remembered(store) { return key }
        }
    }

    /// Goes down the ladder for itself and for all who wait.
    private func ask(
        _ store: borrowing ClosedStore, _ ladder: Ladder, at seat: consuming Seat?
    ) throws(UnlockError) -> SealingKey {
        // The last asker may have ended just before the seat was taken.
        if let key = try remembered(store) { return key }
        if heedsRefusals, let reasons = KeyCache.refusal(store: store.id), let failure = SharedFailure(reading: reasons)
        {
            throw .locked(failure.attempts)
        }
        do throws(UnlockError) {
            let opened = try ladder.open(store)
            try prove(store, with: opened.dataKey)
            guard opened.generation <= store.generation || acceptsRollback else {
                throw .store(.rolledBack(found: store.generation, seen: opened.generation))
            }
            remember(
                opened.dataKey, store: store.id, generation: store.generation, lifetime: settings.lifetime,
                opener: opened.opener)
            if opened.opener == .keyring, opened.generation < store.generation {
                rememberGeneration(of: store, opened.dataKey)
            }
            KeyCache.forgetRefusal(store: store.id)
            tell(.dataKey(opened.dataKey.copy()), to: seat)
            return opened.dataKey.copy()
        } catch {
            if case .locked(let attempts) = error {
                let failure = SharedFailure(ways: ladder.ways, attempts: attempts)
                if failure.isRefusal { KeyCache.rememberRefusal(failure.encoded(), store: store.id) }
                tell(.failure(failure), to: seat)
            }
            throw error
        }
    }

    private func tell(_ answer: consuming Answer, to seat: borrowing Seat?) {
        let message = answer.encoded()
        switch seat {
        case .some(let seat): seat.tell(message)
        case nil: break
        }
    }

    /// The data key that the kernel's keyring has for a store, if it opens it.
    private func remembered(_ store: borrowing ClosedStore) throws(UnlockError) -> SealingKey? {
        guard let cached = KeyCache.load(store: store.id) else { return nil }
        // After `awskeys rekey`, the one of before is useless.
        let isOpened = store.isOpened(by: cached.dataKey)
        if cached.generation > store.generation {
            // A changed byte is no older file.
            if isOpened { try prove(store, with: cached.dataKey) }
            throw .store(.rolledBack(found: store.generation, seen: cached.generation))
        }
        guard isOpened else { return nil }
        if cached.generation < store.generation {
            // Written where this keyring isn't, as by another machine.
            try prove(store, with: cached.dataKey)
            rememberGeneration(of: store, cached.dataKey)
        }
        return cached.dataKey.copy()
    }

    /// Makes sure that the store's generation is one that was written with the data key, before it is remembered.
    private func prove(_ store: borrowing ClosedStore, with key: borrowing SealingKey) throws(UnlockError) {
        do throws(StoreError) {
            try store.prove(with: key)
        } catch {
            throw .store(error)
        }
    }
}

// MARK: - Remembering

extension Unlocker {
    /// Puts the data key into the kernel's keyring; where the kernel refuses, slots are opened each time.
    public func remember(
        _ key: borrowing SealingKey, store: [UInt8], generation: UInt64, lifetime: UInt32, opener: Opener
    ) {
        do throws(KeyCacheError) {
            try KeyCache.save(key, store: store, generation: generation, lifetime: lifetime, opener: opener)
        } catch {
            // Containers refuse. `awskeys status` says so.
        }
    }

    /// Lets the kernel's keyring and the desktop's know of a generation that was just written or proved, so that an
    /// older file is noticed.
    ///
    /// - Parameter key: the store's data key.
    public func rememberGeneration(of store: borrowing ClosedStore, _ key: borrowing SealingKey) {
        if let cached = KeyCache.load(store: store.id, isUse: false) {
            remember(
                key, store: store.id, generation: store.generation, lifetime: cached.lifetime, opener: cached.opener)
        }
        guard let slots = try? store.slots() else { return }
        for slot in slots where slot.kind == .keyring {
            Keyring.rememberGeneration(
                store.generation, store: store.id, slot: slot.id, mayLower: acceptsRollback)
        }
    }
}
