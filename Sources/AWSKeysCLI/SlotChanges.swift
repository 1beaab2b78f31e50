import Foundation
import Keyring
import SealedStore
import Sealing
import Unlocking

// Changes to what opens a store. A keyring slot has a part outside the file, so order matters: the key is in the
// keyring before the store has the slot, and stays there until the store hasn't the slot any more.

extension UnlockedStore {
    /// Makes ways into this store.
    func newSlots() -> NewSlots { NewSlots(to: dataKey, store: id, now: UInt64(context.now())) }

    /// Writes a new slot into the store, beside the others or in the place of one.
    func write(_ slot: Slot, replacing old: Slot? = nil) throws {
        do {
            try update { draft in
                guard let old else { return draft.add(slot) }
                guard draft.replaceSlot(old.id, with: slot) else { throw Failure.slotsChanged }
            }
        } catch {
            forgetItems(of: [slot])
            throw error
        }
        if let old { forgetItems(of: [old]) }
    }

    /// Adds a recovery slot and shows its code, once.
    ///
    /// The slot is written first; then the code is shown; only then does the caller take away what the code replaces.
    /// So whoever was shown a code has one that opens the store, and an old code opens it until a new one was shown,
    /// wherever this is cut off. A code that couldn't be shown is taken back, since nobody has it.
    ///
    /// - Parameter code: from ``RecoveryCode/make()``.
    func addRecovery(_ code: borrowing SecretBytes) throws -> Slot {
        let slot = try newSlots().recovery(orFailing: code)
        try write(slot)
        // A reader that has gone would end the process here, before it could take the slot back.
        let former = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, former) }
        do {
            Console.note("recovery code, shown only now; print it or write it down:")
            try Console.reveal(lineOf(RecoveryCode.shown(code)))
        } catch {
            do {
                try update { $0.removeSlot(slot.id) }
            } catch {
                let id = SlotEntry(slot).id
                Console.note("awskeys: nobody has the code of slot \(id): `awskeys slot remove \(id)` takes it away")
            }
            throw error
        }
        return slot
    }

    /// Takes the keys of slots that the store doesn't have out of the keyring.
    ///
    /// What counts is the file as it is now: a write may fail at its last step, and be there all the same.
    func forgetItems(of slots: [Slot]) {
        guard let current = try? Self.slots(path) else { return }
        for slot in slots where slot.kind == .keyring && !current.contains(where: { $0.id == slot.id }) {
            do throws(KeyringError) {
                try Keyring.remove(store: id, slot: slot.id)
            } catch {
                Console.note("awskeys: an item stays in the keyring that opens nothing: \(error.words)")
            }
        }
    }
}

extension NewSlots {
    /// A slot that the desktop's keyring opens.
    func keyring(in context: Context) throws -> Slot {
        do throws(KeyringError) {
            return try keyring(mayPrompt: context.hasScreen)
        } catch {
            throw Failure(error)
        }
    }

    /// A slot that a passphrase opens.
    ///
    /// - Parameter old: the cost of the slot that this one replaces.
    func passphrase(orFailing typed: borrowing SecretBytes, replacing old: PassphraseCost? = nil) throws -> Slot {
        try outOfMemory { try passphrase(typed, replacing: old) }
    }

    /// A slot that a recovery code opens.
    func recovery(orFailing code: borrowing SecretBytes) throws -> Slot { try outOfMemory { try recovery(code) } }
}

extension Slot {
    /// Whether this awskeys could open the store with it.
    var canOpen: Bool {
        if case .unknown = kind { false } else { true }
    }

    /// For people, as in "remove the passphrase slot 4a6bc32e349eb1da?".
    var words: String { "\(SlotEntry(self).kind) slot \(SlotEntry(self).id)" }
}

extension Failure {
    /// Somebody else changed the slots while this command asked.
    static var slotsChanged: Failure {
        Failure(.busy, "another command has changed what opens the store meanwhile", hint: "run the command again")
    }
}

/// A new passphrase: a file's first line, or typed twice the same.
func newPassphrase(from file: String?, in context: Context) throws -> SecretBytes {
    guard let file else { return try typedTwice() }
    return try context.read(PassphraseFile(path: file, variable: "--new-passphrase-file"))
}
