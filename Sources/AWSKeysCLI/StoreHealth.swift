import AWSConfig
import CredentialProcess
import DurableFiles
import Foundation
import KeyCache
import Keyring
import SealedStore
import Sealing
import Unlocking

/// What `awskeys doctor` sees of the store and of what opens it, without asking a person and without unlocking it.
struct StoreHealth {
    private(set) var findings: [HealthFinding] = []

    /// How many days a key may be the same.
    private static let oldestKey = 90
    /// How many days a copy of a store may be older than a change.
    private static let oldestBackup = 30
    /// The milliseconds that a keyring may take; every program waits for them where the kernel keeps no key.
    private static let slowest = 1000
    /// The seconds that clocks may differ: AWS refuses requests at five minutes.
    private static let clockSkew = 300

    init(in context: Context) throws {
        let path = try context.storePath()
        findings += context.settings().problems.map { .settings($0.words(context.settingsPath() ?? "")) }
        findings += try Self.clock(in: context, [path, context.path(of: .config), context.path(of: .credentials)])
        do throws(StoreError) {
            let closed = try ClosedStore(at: path)
            if let problem = KeyCache.problem() { findings.append(.kernelKeyring(problem.number)) }
            try requireStrongFolders(above: path)
            let slots = try closed.slots()
            examine(slots)
            if let note = BackupNote(besideStore: path), note.generation < closed.generation {
                let days = (context.now() - note.time) / 86_400
                if days > Self.oldestBackup { findings.append(.oldBackup(days: days)) }
            }
            try examine(closed, slots, at: path, in: context)
        } catch .missing {
            // There is nothing to open yet.
        } catch {
            findings.append(.store(HealthFinding.StoreTrouble(rule: error.rule, failure: Failure(error, store: path))))
        }
    }

    /// Whether the ways in are enough.
    private mutating func examine(_ slots: [Slot]) {
        let kinds = slots.map { SlotEntry($0).kind }
        if kinds.count == 1, kinds != ["recovery"] {
            findings.append(.oneWayIn(kinds == ["keyring"] ? "key in this desktop's keyring" : kinds[0]))
        } else if !kinds.contains("recovery") {
            findings.append(.noRecoveryCode)
        }
    }

    /// Looks at the keyring, and into the store if one of the keyrings opens it.
    private mutating func examine(
        _ closed: borrowing ClosedStore, _ slots: [Slot], at path: String, in context: Context
    ) throws(StoreError) {
        var seen: UInt64 = 0
        var keys: OpenStore?
        if let cached = closed.cachedKey() {
            seen = cached.generation
            keys = try ClosedStore(at: path).open(with: cached.dataKey)
        }
        for slot in slots where slot.kind == .keyring {
            let start = ContinuousClock.now
            do throws(KeyringError) {
                let item = try Keyring.load(store: closed.id, slot: slot.id, mayPrompt: false)
                let took = Int((ContinuousClock.now - start) / .milliseconds(1))
                if took > Self.slowest { findings.append(.keyringSlow(took)) }
                seen = max(seen, item.generation ?? 0)
                guard let key = slot.unwrap(with: item.key, store: closed.id) else {
                    findings.append(.wrongKeyInKeyring(slot: hexadecimal(slot.id)))
                    continue
                }
                if keys == nil { keys = try? ClosedStore(at: path).open(with: key) }
            } catch {
                let isOpen = error == .locked && Keyring.isAvailable(mayPrompt: false)
                findings.append(
                    isOpen
                        ? .keyringAsks
                        : .keyring(
                            error, slot: hexadecimal(slot.id),
                            isOnlyWay: slots.allSatisfy { $0.kind == .keyring }))
            }
        }
        if seen > closed.generation { findings.append(.rolledBack(found: closed.generation, seen: seen)) }
        if let keys { try examine(keys, now: context.now()) }
    }

    /// Looks at the keys.
    private mutating func examine(_ store: borrowing OpenStore, now: Int) throws(StoreError) {
        for group in try KeyGroup.all(in: store) {
            guard let name = group.profiles.first, let key = try store.key(of: name) else { continue }
            if group.isExposed { findings.append(.exposedKey(profiles: group.profiles)) }
            let days = (now - Int(clamping: key.added)) / 86_400
            if days > Self.oldestKey { findings.append(.oldKey(profiles: group.profiles, days: days)) }
        }
        for rotation in try RotationEntry.all(in: store) where !rotation.isOnlyWaiting || rotation.isDue(now: now) {
            findings.append(.rotation("\(rotation.name): \(rotation.words(now: now))"))
        }
    }

    /// Files that are newer than now.
    private static func clock(in context: Context, _ paths: [String]) -> [HealthFinding] {
        paths.compactMap { path in
            let changed = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            guard let changed else { return nil }
            let ahead = Int(changed.timeIntervalSince1970) - context.now()
            return ahead > clockSkew ? .clock(path: path, seconds: ahead) : nil
        }
    }
}

extension StoreError {
    /// The rule that looks for it.
    fileprivate var rule: String {
        switch self {
        case .exposed, .foreignOwner: "store-mode"
        case .weakFolder: "store-folder"
        default: "store"
        }
    }
}
