import ArgumentParser
import SealedStore
import Sealing
import Unlocking

struct SlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slot", abstract: "Manage what opens the store.",
        subcommands: [List.self, Add.self, Replace.self, Remove.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what opens the store.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let slots = try UnlockedStore.slots(try context.storePath())
            if json { return try Console.say(json: ["slots": slots.map(Listed.init)]) }
            let rows = slots.map { slot in
                let entry = SlotEntry(slot)
                return [entry.id, entry.kind, entry.created, slot.cost?.words ?? ""]
            }
            Console.say(Console.table([["SLOT", "KIND", "MADE", "COST"]] + rows))
        }

        /// A slot with what a trial of its passphrase costs.
        private struct Listed: Encodable {
            let slot: Slot

            enum CodingKeys: String, CodingKey {
                case passes
                case memory = "memory_kib"
            }

            func encode(to encoder: any Encoder) throws {
                try SlotEntry(slot).encode(to: encoder)
                var values = encoder.container(keyedBy: CodingKeys.self)
                try values.encodeIfPresent(slot.cost?.memory, forKey: .memory)
                try values.encodeIfPresent(slot.cost?.passes, forKey: .passes)
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a way in.")

        enum Kind: String, ExpressibleByArgument, CaseIterable {
            case keyring, passphrase, recovery
        }

        @Argument(help: "keyring, passphrase or recovery.")
        var kind: Kind

        @Option(help: "A file whose first line is the new passphrase.", completion: .file())
        var newPassphraseFile: String?

        func validate() throws {
            if newPassphraseFile != nil, kind != .passphrase {
                throw ValidationError("--new-passphrase-file goes with `slot add passphrase`")
            }
        }

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let store = try UnlockedStore.unlock(in: context)
            switch kind {
            case .keyring: try store.write(try store.newSlots().keyring(in: context))
            case .passphrase:
                let passphrase = try newPassphrase(from: newPassphraseFile, in: context)
                try store.write(try store.newSlots().passphrase(orFailing: passphrase))
            case .recovery: _ = try store.addRecovery(RecoveryCode.make())
            }
            Console.note("added a \(kind.rawValue) slot")
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a way in away; the last one stays.")

        @Argument(help: "The slot, as `awskeys slot list` shows it.")
        var slot: String

        @Flag(help: "Don't ask.")
        var yes = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let store = try UnlockedStore.unlock(in: context)
            let slots = try UnlockedStore.slots(store.path)
            guard let going = slots.first(where: { SlotEntry($0).id == slot }) else {
                throw Failure(.notFound, "no slot \"\(slot)\"", hint: "`awskeys slot list` shows them")
            }
            let left = slots.filter { $0 != going }
            guard left.contains(where: \.canOpen) else {
                throw Failure(
                    .usage, "\"\(slot)\" is the last way into the store",
                    hint: "add another one first: `awskeys slot add`")
            }
            try Console.confirm("remove the \(going.words)?", yes: yes)
            try store.update { draft in
                guard draft.slots.contains(where: { $0 != going && $0.canOpen }) else { throw StoreError.busy }
                draft.removeSlot(going.id)
            }
            store.forgetItems(of: [going])
            Console.note("removed the slot")
        }
    }
}

extension PassphraseCost {
    /// For people.
    fileprivate var words: String { "\(memory / 1024) MiB, \(passes) passes" }
}
