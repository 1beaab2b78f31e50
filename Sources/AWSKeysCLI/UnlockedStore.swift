import CredentialProcess
import DurableFiles
import Importing
import KeyCache
import Rotation
import SealedStore
import Sealing
import Sessions
import Unlocking

/// A store whose data key is at hand.
struct UnlockedStore: ~Copyable {
    let path: String
    let id: [UInt8]
    let dataKey: SealingKey
    /// Whether an interrupted undo of an import was finished on the way.
    private(set) var hasUndone = false
    /// Whether an interrupted undo of what mends the files was finished on the way.
    private(set) var hasUnmended = false
    let context: Context

    /// Unlocks the store; what a killed command left half done is finished first.
    ///
    /// - Parameter options: for a program, nothing is said on the way, since an SDK reads along.
    static func unlock(in context: Context, _ options: Unlocker.Options = .mayAsk) throws -> UnlockedStore {
        let isQuiet = options.contains(.isForProgram)
        let settings = context.settings()
        if !isQuiet { context.note(problemsOf: settings) }
        let path = try context.storePath()
        let unlocked = try unlock(path, with: context.unlocker(options, settings))
        var closed = try closed(path)
        var store = UnlockedStore(path: path, id: closed.id, dataKey: unlocked.dataKey.copy(), context: context)
        // Whoever accepts an older file makes it the newest one, so that nothing that was noted has to be taken back.
        if options.contains(.acceptsRollback), unlocked.generation > closed.generation {
            try store.update { $0.raise(above: unlocked.generation) }
            closed = try Self.closed(path)
        }
        try store.finish(closed, isQuiet: isQuiet)
        return store
    }

    private static func unlock(_ path: String, with unlocker: Unlocker) throws -> Unlocked {
        do throws(UnlockError) {
            return try unlocker.unlock(path)
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// A store that was just made, to be opened by `opener`.
    init(new draft: borrowing StoreDraft, at path: String, opener: Opener, in context: Context) throws {
        do throws(StoreError) {
            try StoreWriter(locking: path).create(draft)
        } catch {
            throw Failure(error, store: path)
        }
        self.init(path: path, id: draft.id, dataKey: draft.withDataKey { $0.copy() }, context: context)
        let settings = context.settings()
        Unlocker.remember(
            dataKey, store: id, generation: 1, lifetime: settings.lifetime, opener: opener, isLogged: settings.isLogged)
    }

    private init(path: String, id: [UInt8], dataKey: consuming SealingKey, context: Context) {
        self.path = path
        self.id = id
        self.dataKey = dataKey
        self.context = context
    }

    /// The store's file as it is now.
    static func closed(_ path: String) throws -> ClosedStore {
        do throws(StoreError) {
            return try ClosedStore(at: path)
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// What opens the store in a file.
    static func slots(_ path: String) throws -> [Slot] { try slots(of: closed(path), path) }

    /// What opens a store that was read from a file.
    static func slots(of store: borrowing ClosedStore, _ path: String) throws -> [Slot] {
        do throws(StoreError) {
            return try store.slots()
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// The store as it is now, for reading.
    func open() throws -> OpenStore {
        do throws(StoreError) {
            return try ClosedStore(at: path).open(with: dataKey)
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// The key of a profile; `nil` if the store has none.
    func keyIfThere(of profile: String) throws -> KeyRecord? {
        let store = try open()
        do throws(StoreError) {
            return try store.key(of: profile)
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// The key of a profile.
    func key(of profile: String) throws -> KeyRecord {
        if let key = try keyIfThere(of: profile) { return key }
        throw Failure(.notFound, "no profile \"\(profile)\" in the store", hint: "`awskeys list` shows them")
    }

    /// What may be shown of every profile's key, in the order of the names, from one look at the store.
    func keys() throws -> [KeySummary] {
        let store = try open()
        do throws(StoreError) {
            var keys: [KeySummary] = []
            try store.forEachKey { profile, key in
                keys.append(
                    KeySummary(
                        profile: profile, accessKeyID: key.accessKeyID, added: key.added, exposed: key.exposed,
                        isSessionsOnly: key.isSessionsOnly, confirmation: key.confirmation))
            }
            return keys
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// Changes the store alone.
    func update(_ change: (inout StoreDraft) throws -> Void) throws {
        do {
            let writer = try StoreWriter(locking: path)
            var draft = try writer.read(with: dataKey)
            try change(&draft)
            try writer.write(draft)
        } catch let error as StoreError {
            throw Failure(error, store: path)
        }
        try remember()
    }

    /// Takes a code of a device whose seed the store keeps; `nil` if there's no such device.
    func takeCode(of serialNumber: String) throws(StoreError) -> StoredDevice.Code? {
        // Most have none, and need no lock to see that.
        guard try ClosedStore(at: path).open(with: dataKey).hasDevice(serialNumber) else { return nil }
        let writer = try StoreWriter(locking: path)
        var draft = try writer.read(with: dataKey)
        let code = try draft.takeCode(of: serialNumber, now: context.now())
        if case .ready = code { try writer.write(draft) }
        return code
    }

    /// Changes the store and the AWS files together.
    ///
    /// - Parameter isTaking: whether profiles lose what they have, which mustn't happen under a rotation's hands.
    func change<Result>(isTaking: Bool, _ body: (borrowing Importer) throws -> Result) throws -> Result {
        guard isTaking else { return try perform(body) }
        let lock = try RotationLock(store: path, isShared: true)
        let result = try perform(body)
        _ = consume lock
        return result
    }

    /// The profiles whose keys the undo of the latest import writes back.
    func profilesToGiveBack() throws -> [String] { try withImporter { try $0.profilesToGiveBack() } }

    private func perform<Result>(_ body: (borrowing Importer) throws -> Result) throws -> Result {
        let result = try withImporter(body)
        try remember()
        try replaceKeysThatRetire()
        return result
    }

    private func withImporter<Result>(_ body: (borrowing Importer) throws -> Result) throws -> Result {
        do {
            return try body(Importer(StoreWriter(locking: path), dataKey: dataKey, line: context.profileLine()))
        } catch let error as StoreError {
            throw Failure(error, store: path)
        } catch let error as ImportError {
            throw Failure(error, store: path)
        }
    }

    /// Gives the new key to profiles that came with one that a rotation has replaced.
    private func replaceKeysThatRetire() throws {
        guard try rotations().contains(where: \.isOnlyWaiting) else { return }
        try update { draft in
            for name in try draft.shareReplacements() {
                Console.note("\(name): its key has been rotated, and it answers with the new one")
            }
        }
    }

    /// Lets the keyrings know of the generation that was just written.
    private func remember() throws {
        Unlocker.rememberGeneration(of: try Self.closed(path), dataKey)
    }

    /// Finishes what was cut off, unless whoever began it is still at it.
    private mutating func finish(_ closed: consuming ClosedStore, isQuiet: Bool) throws {
        do {
            guard try closed.open(with: dataKey).isUnfinished || hasTemporary(of: path) else { return }
            let writer = try StoreWriter(locking: path, waiting: 0)
            let finished = try Importer(writer, dataKey: dataKey, line: context.profileLine()).finish()
            hasUndone = finished.hasUndone
            hasUnmended = finished.hasUnmended
            try remember()
            guard !isQuiet else { return }
            Console.note("awskeys: finished what an interrupted command left half done")
            for path in finished.left {
                Console.note("awskeys: \"\(path)\" was changed meanwhile and left as it is; run the command again")
            }
        } catch StoreError.busy {
            return
        } catch let error as StoreError {
            throw Failure(error, store: path)
        } catch {
            // The store answers all the same; the next command tries again.
            if !isQuiet { Console.note("awskeys: an interrupted command could not be finished yet") }
        }
    }
}

extension ClosedStore {
    /// What the kernel keeps of it while it is unlocked. Looking doesn't lengthen the time.
    func cachedKey() -> CachedKey? {
        guard let cached = KeyCache.load(store: id, isUse: false), isOpened(by: cached.dataKey) else { return nil }
        return cached
    }
}

/// What may be shown of a profile's key.
struct KeySummary {
    let profile: String
    let accessKeyID: String
    let added: UInt64
    let exposed: Bool
    let isSessionsOnly: Bool
    let confirmation: Confirmation?
}
