import ArgumentParser
import CredentialProcess
import Foundation
import KeyCache
import SealedStore
import Sealing

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say where the store is, whether it's locked, and what opens it.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let path = try context.storePath()
        let cache = KeyCache.problem() == nil ? "available" : "refused"
        guard FileManager.default.fileExists(atPath: path) else {
            if json { return try Console.say(json: Status(store: path, exists: false, kernelKeyring: cache)) }
            Console.say("store           \(path) (not there yet; `awskeys import` or `awskeys add` makes it)")
            return Console.say("kernel keyring  \(cache)")
        }
        let store = try UnlockedStore.closed(path)
        let slots = try UnlockedStore.slots(path).map(SlotEntry.init)
        let isLocked = !KeyCache.holds(store: store.id)
        let generation = store.generation
        let rotations = try Self.rotations(store, path)
        if json {
            return try Console.say(
                json: Status(
                    store: path, exists: true, generation: generation, locked: isLocked, slots: slots,
                    rotations: rotations, kernelKeyring: cache))
        }
        let rows = [
            ["store", path], ["state", isLocked ? "locked" : "unlocked"], ["written", "\(generation) times"],
            ["kernel keyring", cache],
        ]
        let now = context.now()
        Console.say(
            Console.table(
                rows + slots.map { ["slot", "\($0.id)  \($0.kind), made \($0.created)"] }
                    + (rotations ?? []).map { ["rotation", "\($0.name): \($0.words(now: now))"] }))
    }

    /// The rotations under way, if the store is unlocked; looking doesn't lengthen that.
    private static func rotations(_ store: consuming ClosedStore, _ path: String) throws -> [RotationEntry]? {
        guard let cached = KeyCache.load(store: store.id, isUse: false) else { return nil }
        do throws(StoreError) {
            let open = try store.open(with: cached.dataKey)
            return try RotationEntry.all(in: open)
        } catch {
            throw Failure(error, store: path)
        }
    }

    private struct Status: Encodable {
        let store: String
        let exists: Bool
        var generation: UInt64?
        var locked: Bool?
        var slots: [SlotEntry] = []
        var rotations: [RotationEntry]?
        let kernelKeyring: String

        enum CodingKeys: String, CodingKey {
            case store, exists, generation, locked, slots, rotations
            case kernelKeyring = "kernel_keyring"
        }
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
