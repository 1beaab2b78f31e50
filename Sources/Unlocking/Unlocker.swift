public import KeyCache
import Keyring
public import SealedStore
public import Sealing

/// What opens a store, and how new a file is to be.
public struct Unlocked: ~Copyable, Sendable {
    /// The data key.
    public let dataKey: SealingKey
    /// The highest generation of the store that was seen.
    public let generation: UInt64
}

/// Opens locked stores: with the kernel's keyring, by what another process says, or by going down the ``Ladder``.
public struct Unlocker: Sendable {
    private let environment: @Sendable (String) -> String?
    private let settings: Settings
    private let options: Options
    private let whenWaiting: @Sendable () -> Void

    /// How long everything may take, waiting for other processes and persons included: Go's SDK gives a
    /// `credential_process` 60 seconds.
    public static let patience = Duration.seconds(55)

    /// What may be done, and for whom.
    public struct Options: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int
        /// Bits.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// A person may be asked, by the keyring or for the passphrase.
        public static let mayAsk = Options(rawValue: 1)
        /// It is for a program and not for a command that a person typed: a no that somebody gave another process
        /// counts for this one too, since SDKs ask for one profile after the other.
        public static let isForProgram = Options(rawValue: 2)
        /// The store may be older than one seen before.
        public static let acceptsRollback = Options(rawValue: 4)
    }

    /// - Parameters:
    ///   - environment: a variable's value.
    ///   - settings: what the person has set.
    ///   - options: what may be done.
    ///   - whenWaiting: is called once if another process is asking a person.
    public init(
        environment: @escaping @Sendable (String) -> String?, settings: Settings = Settings(),
        options: Options = .mayAsk, whenWaiting: @escaping @Sendable () -> Void = {}
    ) {
        self.environment = environment
        self.settings = settings
        self.options = options
        self.whenWaiting = whenWaiting
    }

    /// Opens the store in a file; then the kernel's keyring remembers its data key.
    ///
    /// - Throws: ``UnlockError``.
    public func unlock(_ path: String) throws(UnlockError) -> Unlocked {
        let deadline = Deadline(in: Self.patience)
        let ladder = Ladder(
            environment: environment, settings: settings, mayAsk: options.contains(.mayAsk), until: deadline)
        let id = try read(path).id
        let attempts: [UnlockError.Attempt]
        do throws(UnlockError) {
            return try together(.unattended, of: ladder, path, id, until: deadline)
        } catch {
            guard case .locked(let reasons) = error, options.contains(.mayAsk) else { throw error }
            attempts = reasons
        }
        return try together(.person(after: attempts), of: ladder, path, id, until: deadline)
    }

    /// Goes a stretch of the ladder for itself and for all who wait, or lets another process do it.
    private func together(
        _ stretch: Ladder.Stretch, of ladder: Ladder, _ path: String, _ id: [UInt8], until deadline: Deadline
    ) throws(UnlockError) -> Unlocked {
        let ways = ladder.ways(of: stretch)
        while true {
            if let unlocked = try remembered(path, id) { return unlocked }
            let meeting = Meeting(store: id, about: stretch.topic, until: deadline) {
                if stretch.topic == .person { whenWaiting() }
            }
            switch meeting.join(sits: !ways.isEmpty) {
            case .asker(let seat): return try ask(stretch, of: ladder, path, id, at: seat)
            case .told(let message):
                guard let answer = Answer(reading: message) else { break }
                switch answer {
                case .opened(let unlocked):
                    let store = try read(path)
                    if store.isOpened(by: unlocked.dataKey) {
                        return try accept(unlocked.dataKey.copy(), unlocked.generation, store)
                    }
                case .failure(let failure):
                    // It had all the ways of this one, or a person said no.
                    let isRefused = options.contains(.isForProgram) && failure.isRefusal
                    if isRefused || Set(ways).isSubset(of: failure.ways) { throw .locked(failure.attempts) }
                }
            // Somebody else may have been quicker.
            case .left: break
            case .late: throw .late
            }
        }
    }

    private func ask(
        _ stretch: Ladder.Stretch, of ladder: Ladder, _ path: String, _ id: [UInt8], at seat: consuming Seat?
    ) throws(UnlockError) -> Unlocked {
        // The last asker may have ended just before the seat was taken.
        if let unlocked = try remembered(path, id) { return unlocked }
        if stretch.topic == .person, options.contains(.isForProgram), let reasons = KeyCache.refusal(store: id),
            let failure = SharedFailure(reading: reasons)
        {
            throw .locked(failure.attempts)
        }
        let opened = try open(stretch, of: ladder, path, at: seat)
        // In any case: those who wait come to the same end as this one.
        defer { tell(.opened(Unlocked(dataKey: opened.dataKey.copy(), generation: opened.generation)), to: seat) }
        let seen = max(opened.generation, KeyCache.load(store: id, isUse: false)?.generation ?? 0)
        let store = try read(path)
        let unlocked = try accept(opened.dataKey.copy(), seen, store)
        // It was locked, by itself perhaps: then they are still there.
        KeyCache.forgetConfirmations(store: id)
        Self.remember(
            unlocked.dataKey, store: id, generation: unlocked.generation, lifetime: settings.lifetime,
            opener: opened.opener, isLogged: settings.isLogged)
        if opened.opener == .keyring, opened.generation < store.generation {
            Self.rememberGeneration(of: store, unlocked.dataKey)
        }
        KeyCache.forgetRefusal(store: id)
        return unlocked
    }

    /// Opens a slot; if that fails, those who wait are told why.
    private func open(
        _ stretch: Ladder.Stretch, of ladder: Ladder, _ path: String, at seat: borrowing Seat?
    ) throws(UnlockError) -> Ladder.Opened {
        do throws(StoreError) {
            try requireStrongFolders(above: path)
        } catch {
            throw .store(error)
        }
        do throws(UnlockError) {
            return try ladder.open(try read(path), stretch)
        } catch {
            guard case .locked(let attempts) = error else { throw error }
            let failure = SharedFailure(ways: ladder.ways(of: stretch), attempts: attempts)
            if failure.isRefusal { KeyCache.rememberRefusal(failure.encoded(), store: try read(path).id) }
            tell(.failure(failure), to: seat)
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
}

// MARK: - Checking

extension Unlocker {
    /// What the kernel's keyring has, if it opens the store.
    private func remembered(_ path: String, _ id: [UInt8]) throws(UnlockError) -> Unlocked? {
        guard !options.contains(.acceptsRollback), let cached = KeyCache.load(store: id) else { return nil }
        // After the key, so that what others write meanwhile doesn't look older.
        let store = try read(path)
        // After `awskeys rekey`, the one of before is useless; and an older file may be under the one of before.
        guard store.isOpened(by: cached.dataKey) else {
            guard cached.generation <= store.generation else {
                throw .store(.rolledBack(found: store.generation, seen: cached.generation))
            }
            return nil
        }
        let unlocked = try accept(cached.dataKey.copy(), cached.generation, store)
        if let isLogged = settings.isLogged, cached.isLogged != isLogged {
            Self.remember(
                unlocked.dataKey, store: id, generation: cached.generation, lifetime: cached.lifetime,
                opener: cached.opener, isLogged: isLogged)
        }
        // Another machine wrote it.
        if cached.generation < store.generation { Self.rememberGeneration(of: store, unlocked.dataKey) }
        return unlocked
    }

    /// Makes sure that a key opens the store, and that the store isn't older than one seen before.
    ///
    /// - Parameters:
    ///   - generation: the highest one seen.
    ///   - store: the file, read after that, so that what others write meanwhile doesn't look older.
    private func accept(
        _ key: consuming SealingKey, _ generation: UInt64, _ store: borrowing ClosedStore
    ) throws(UnlockError) -> Unlocked {
        do throws(StoreError) {
            // A changed byte is no older file.
            if generation != store.generation { try store.prove(with: key) }
        } catch {
            throw .store(error)
        }
        guard generation <= store.generation || options.contains(.acceptsRollback) else {
            throw .store(.rolledBack(found: store.generation, seen: generation))
        }
        return Unlocked(dataKey: key, generation: max(generation, store.generation))
    }

    private func read(_ path: String) throws(UnlockError) -> ClosedStore {
        do throws(StoreError) {
            return try ClosedStore(at: path)
        } catch {
            throw .store(error)
        }
    }
}

// MARK: - Remembering

extension Unlocker {
    /// Puts the data key into the kernel's keyring; where the kernel refuses, slots are opened each time.
    ///
    /// - Parameter isLogged: whether uses of profiles are written to the journal; `nil` for as before.
    public static func remember(
        _ key: borrowing SealingKey, store: [UInt8], generation: UInt64, lifetime: UInt32, opener: Opener,
        isLogged: Bool? = nil
    ) {
        // Somebody may have seen a newer one meanwhile.
        var (seen, wasLogged) = (generation, false)
        if let before = KeyCache.load(store: store, isUse: false) {
            (seen, wasLogged) = (max(generation, before.generation), before.isLogged)
        }
        do throws(KeyCacheError) {
            try KeyCache.save(
                key, store: store, generation: seen, lifetime: lifetime, opener: opener,
                isLogged: isLogged ?? wasLogged)
        } catch {
            // Containers refuse. `awskeys status` says so.
        }
    }

    /// Lets the kernel's keyring and the desktop's know of a generation that was just written or proved, so that an
    /// older file is noticed.
    ///
    /// - Parameter key: the store's data key.
    public static func rememberGeneration(of store: borrowing ClosedStore, _ key: borrowing SealingKey) {
        if let cached = KeyCache.load(store: store.id, isUse: false) {
            remember(
                key, store: store.id, generation: store.generation, lifetime: cached.lifetime, opener: cached.opener)
        }
        guard let slots = try? store.slots() else { return }
        for slot in slots where slot.kind == .keyring {
            Keyring.rememberGeneration(store.generation, store: store.id, slot: slot.id)
        }
    }
}
