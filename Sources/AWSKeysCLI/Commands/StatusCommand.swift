import ArgumentParser
import CredentialProcess
import Foundation
import KeyCache
import SealedStore
import Sealing
import Unlocking

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say where the store is, whether it's locked, and what opens it.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let status = try StoreStatus(in: context)
        if json { return try Console.say(json: status) }
        Console.say(Console.table(status.rows(now: context.now())))
    }
}

/// What there is to say of a store without unlocking it.
private struct StoreStatus: Encodable {
    let store: String
    var exists = false
    var generation: UInt64?
    /// A higher generation that was seen, which makes this an older file.
    var seenGeneration: UInt64?
    /// When the file was last written.
    var lastWrite: String?
    var locked: Bool?
    var unlockedBy: String?
    /// How long it stays unlocked after each use, and how long it still does without one; in seconds.
    var locksAfter: UInt32?
    var locksIn: Int?
    var slots: [SlotEntry] = []
    var rotations: [RotationEntry]?
    /// How often somebody is asked before a profile is used, by the profile's name.
    var confirm: [String: String]?
    let kernelKeyring: String
    var kernelKeyringProblem: String?
    /// Whether secrets in memory are kept out of swap space.
    let memoryLocked: Bool
    let settings: String?
    let settingsProblems: [String]

    enum CodingKeys: String, CodingKey {
        case store, exists, generation, locked, slots, rotations, confirm, settings
        case seenGeneration = "seen_generation"
        case lastWrite = "last_write"
        case unlockedBy = "unlocked_by"
        case locksAfter = "locks_after"
        case locksIn = "locks_in"
        case kernelKeyring = "kernel_keyring"
        case kernelKeyringProblem = "kernel_keyring_problem"
        case memoryLocked = "memory_locked"
        case settingsProblems = "settings_problems"
    }

    init(in context: Context) throws {
        store = try context.storePath()
        let problem = KeyCache.problem()
        kernelKeyring = problem == nil ? "available" : "refused"
        kernelKeyringProblem = problem.map { reason($0.number) }
        memoryLocked = SecretBytes.areLocked
        settings = context.settingsPath()
        let path = settings ?? ""
        settingsProblems = context.settings().problems.map { $0.words(path) }
        guard FileManager.default.fileExists(atPath: store) else { return }
        exists = true
        let closed = try UnlockedStore.closed(store)
        generation = closed.generation
        slots = try UnlockedStore.slots(of: closed, store).map(SlotEntry.init)
        let written = try FileManager.default.attributesOfItem(atPath: store)[.modificationDate] as? Date
        lastWrite = written.map { timestamp(Int($0.timeIntervalSince1970)) }
        switch closed.cachedKey() {
        case .some(let cached):
            locked = false
            if cached.generation > closed.generation { seenGeneration = cached.generation }
            unlockedBy = cached.opener.words
            locksAfter = cached.lifetime
            locksIn = KeyCache.timeLeft(store: closed.id)
            do throws(StoreError) {
                let open = try closed.open(with: cached.dataKey)
                rotations = try RotationEntry.all(in: open)
                var confirm: [String: String] = [:]
                try open.forEachKey { profile, key in confirm[profile] = key.confirmation?.words }
                self.confirm = confirm
            } catch {
                throw Failure(error, store: store)
            }
        case nil:
            locked = true
        }
    }

    /// For people.
    func rows(now: Int) -> [[String]] {
        var rows = [["store", exists ? store : "\(store) (not there yet; `awskeys import` or `awskeys add` makes it)"]]
        if let locked { rows.append(["state", locked ? "locked" : unlocked]) }
        if let generation, let lastWrite { rows.append(["written", "\(generation) times, last at \(lastWrite)"]) }
        if let seenGeneration {
            rows.append(["rolled back", "seen \(seenGeneration) times written; `awskeys unlock --accept-rollback`"])
        }
        rows.append(["kernel keyring", kernelKeyring + (kernelKeyringProblem.map { " (\($0))" } ?? "")])
        if !memoryLocked {
            rows.append(["memory", "secrets in it may be swapped out; `ulimit -l` lets this process lock no more"])
        }
        rows += slots.map { ["slot", "\($0.id)  \($0.kind), made \($0.created)"] }
        rows += (rotations ?? []).map { ["rotation", "\($0.name): \($0.words(now: now))"] }
        rows += (confirm ?? [:]).sorted { $0.key < $1.key }.map { ["confirm", "\($0.key): \($0.value)"] }
        return rows + settingsProblems.map { ["settings", $0] }
    }

    private var unlocked: String {
        let left = locksIn.map { ", locks itself in \(Lifetime(seconds: UInt32(clamping: $0)).words)" } ?? ""
        let after = locksAfter.map { " (\(Lifetime(seconds: $0).words) after each use)" } ?? ""
        return "unlocked by \(unlockedBy ?? "")" + left + (left.isEmpty ? "" : after)
    }
}

/// A slot as it is shown.
struct SlotEntry: Encodable {
    let id: String
    let kind: String
    let created: String

    init(_ slot: Slot) {
        id = hexadecimal(slot.id)
        kind =
            switch slot.kind {
            case .keyring: "keyring"
            case .passphrase: "passphrase"
            case .recovery: "recovery"
            case .unknown: "unknown"
            }
        created = timestamp(Int(clamping: slot.created))
    }
}
