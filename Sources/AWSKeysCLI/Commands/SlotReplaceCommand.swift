import ArgumentParser
import SealedStore
import Unlocking

extension SlotCommand {
    struct Replace: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a new slot of the same kind in the place of one: a new passphrase, key or code.")

        @Argument(help: "The slot, as `awskeys slot list` shows it, or its kind. Needless where there is only one.")
        var slot: String?

        @Option(help: "A file whose first line is the new passphrase.", completion: .file())
        var newPassphraseFile: String?

        @Flag(help: "Don't ask.")
        var yes = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let store = try UnlockedStore.unlock(in: context)
            let old = try Self.choose(slot, from: UnlockedStore.slots(store.path))
            if newPassphraseFile != nil, SlotEntry(old).kind != "passphrase" {
                throw Failure(
                    .usage, "`--new-passphrase-file` goes with a passphrase slot, and this is the \(old.words)",
                    hint: "`awskeys slot list` shows all slots")
            }
            guard old.canOpen else {
                throw Failure(
                    .usage, "the \(old.words) is of a kind that this awskeys cannot make",
                    hint: "use the awskeys that made it")
            }
            try Console.confirm("replace the \(old.words)?", yes: yes)
            Console.note("replaced the \(old.words) by \(SlotEntry(try replace(old, of: store)).id)")
        }

        private func replace(_ old: Slot, of store: borrowing UnlockedStore) throws -> Slot {
            let new: Slot
            switch old.kind {
            case .keyring, .unknown:
                new = try store.newSlots().keyring(in: store.context)
                try store.write(new, replacing: old)
            case .passphrase(_, let cost):
                let passphrase = try newPassphrase(from: newPassphraseFile, in: store.context)
                new = try store.newSlots().passphrase(orFailing: passphrase, replacing: cost)
                try store.write(new, replacing: old)
            case .recovery:
                new = try store.addRecovery(RecoveryCode.make())
                do {
                    try store.update { $0.removeSlot(old.id) }
                } catch {
                    Console.note("awskeys: the new code opens the store, and so does the old one, of the \(old.words)")
                    throw error
                }
            }
            return new
        }

        /// The slot that a word names.
        private static func choose(_ word: String?, from slots: [Slot]) throws -> Slot {
            if let slot = slots.first(where: { SlotEntry($0).id == word }) { return slot }
            let meant = slots.filter { word == nil || SlotEntry($0).kind == word }
            guard let slot = meant.first else {
                throw Failure(
                    .notFound, "no slot \(word.map { "\"\($0)\"" } ?? "opens the store")",
                    hint: "`awskeys slot list` shows them")
            }
            guard meant.count == 1 else {
                let all = meant.map { "\(SlotEntry($0).id) (\(SlotEntry($0).kind))" }.joined(separator: ", ")
                throw Failure(.usage, "several slots could be meant: \(all)", hint: "name one of them")
            }
            return slot
        }
    }
}
