import ArgumentParser
import Foundation
import Keyring
import SealedStore
import Sealing
import Unlocking

struct SlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slot", abstract: "Manage what opens the store.", subcommands: [List.self, Add.self, Remove.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what opens the store.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let slots = try UnlockedStore.slots(try context.storePath()).map(SlotEntry.init)
            if json { return try Console.say(json: ["slots": slots]) }
            Console.say(Console.table([["SLOT", "KIND", "MADE"]] + slots.map { [$0.id, $0.kind, $0.created] }))
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
            let now = UInt64(context.now())
            switch kind {
            case .keyring:
                try store.update { draft in
                    do throws(KeyringError) {
                        try draft.addKeyringSlot(now: now, mayPrompt: context.hasScreen)
                    } catch {
                        throw Failure(error)
                    }
                }
            case .passphrase:
                let passphrase = try newPassphrase(in: context)
                try store.update { draft in
                    try outOfMemory { try draft.addPassphraseSlot(passphrase, now: now) }
                }
            case .recovery:
                var code = SecretBytes(zeros: 0)
                try store.update { draft in code = try outOfMemory { try draft.addRecoverySlot(now: now) } }
                Console.note("recovery code, shown only now; print it or write it down:")
                try Console.reveal(lineOf(RecoveryCode.shown(code)))
            }
            Console.note("added a \(kind.rawValue) slot")
        }

        private func newPassphrase(in context: Context) throws -> SecretBytes {
            guard let newPassphraseFile else { return try typedTwice() }
            return try context.read(PassphraseFile(path: newPassphraseFile, variable: "--new-passphrase-file"))
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
            try Console.confirm("remove the \(SlotEntry(going).kind) slot \(slot)?", yes: yes)
            try store.update { draft in
                guard draft.slots.contains(where: { $0 != going && $0.canOpen }) else { throw StoreError.busy }
                draft.removeSlot(going.id)
            }
            if going.kind == .keyring {
                do throws(KeyringError) {
                    try Keyring.remove(store: store.id, slot: going.id)
                } catch {
                    Console.note("awskeys: the keyring's item stays and opens nothing any more: \(error.words)")
                }
            }
            Console.note("removed the slot")
        }
    }
}

extension Slot {
    /// Whether this awskeys could open the store with it.
    fileprivate var canOpen: Bool {
        if case .unknown = kind { false } else { true }
    }
}
