import ArgumentParser
import KeyCache
import Keyring
import SealedStore
import Sealing
import Unlocking

struct RekeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Give the store a new data key, and seal everything in it anew.")

    @Flag(help: "Don't ask, and fail rather than leave a slot out.")
    var yes = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        let old = try UnlockedStore.slots(store.path)
        try Console.confirm("give the store a new data key, and seal everything in it anew?", yes: yes)
        let dataKey = SealingKey()
        let new = NewSlots(to: dataKey, store: store.id, now: UInt64(context.now()))
        // Everything is asked before anything is made.
        var (slots, lost) = try carried(old, of: store, by: new)
        var before = old
        do {
            for slot in old where slot.kind == .keyring {
                do throws(KeyringError) {
                    slots.append(try new.keyring(mayPrompt: context.hasScreen))
                } catch {
                    try leaveOut(slot, since: error.words)
                }
            }
            guard !slots.isEmpty || !lost.isEmpty else {
                throw Failure(.usage, "nothing would open the store any more", hint: "add a slot: `awskeys slot add`")
            }
            for _ in lost {
                // The code is shown while it opens the store as it is, so that it works whatever happens next.
                let code = RecoveryCode.make()
                before.append(try store.addRecovery(code))
                slots.append(try new.recovery(orFailing: code))
            }
            try store.rekey(with: dataKey, slots: slots, inPlaceOf: before)
        } catch {
            store.forgetItems(of: slots)
            if before.count > old.count {
                Console.note("awskeys: the new recovery code opens the store all the same")
            }
            throw error
        }
        store.forgetItems(of: old)
        Console.note("the store has a new data key, and \(slots.count == 1 ? "1 slot" : "\(slots.count) slots")")
    }

    /// The passphrase slots anew, and the recovery slots whose code is to be replaced by a new one.
    private func carried(
        _ old: [Slot], of store: borrowing UnlockedStore, by new: borrowing NewSlots
    ) throws -> (slots: [Slot], lost: [Slot]) {
        let file = try? PassphraseFile.named(by: store.context.environment)?.read()
        var slots: [Slot] = []
        var lost: [Slot] = []
        for slot in old {
            switch slot.kind {
            case .keyring: break
            case .passphrase(_, let cost):
                switch try passphrase(of: slot, in: store, file) {
                case .some(let passphrase): slots.append(try new.passphrase(orFailing: passphrase, replacing: cost))
                case nil: try leaveOut(slot, since: "its passphrase was not given")
                }
            case .recovery:
                // A machine whose passphrase file has the code goes on with it.
                switch try opener(of: slot, in: store, file) {
                case .some(let code): slots.append(try new.recovery(orFailing: code))
                case nil:
                    let question = "make a new recovery code for the \(slot.words)? [Y/n] "
                    if yes || !["n", "no"].contains(Terminal.ask(question)?.lowercased()) { lost.append(slot) }
                }
            case .unknown: try leaveOut(slot, since: "this awskeys does not know its kind")
            }
        }
        return (slots, lost)
    }

    /// The passphrase of a slot, proved: the file's, or what a person types within three tries.
    private func passphrase(
        of slot: Slot, in store: borrowing UnlockedStore, _ file: borrowing SecretBytes?
    ) throws -> SecretBytes? {
        if let passphrase = try opener(of: slot, in: store, file) { return passphrase }
        for _ in 1...3 {
            let prompt = "passphrase of the slot \(SlotEntry(slot).id), made \(SlotEntry(slot).created): "
            guard let typed = Terminal.askSecret(prompt) else { return nil }
            if try outOfMemory({ try slot.isOpened(by: typed, store: store.id) }) { return typed }
            Console.note("wrong passphrase; Enter leaves the slot out")
        }
        return nil
    }

    /// A copy of what the passphrase file has, if it opens the slot; of a recovery code, as it was made.
    private func opener(
        of slot: Slot, in store: borrowing UnlockedStore, _ file: borrowing SecretBytes?
    ) throws -> SecretBytes? {
        switch file {
        case .some(let typed):
            guard try outOfMemory({ try slot.isOpened(by: typed, store: store.id) }) else { return nil }
            if case .recovery = slot.kind { return RecoveryCode.read(typed) }
            return typed.copy()
        case nil: return nil
        }
    }

    /// Makes sure that a slot may be left out.
    private func leaveOut(_ slot: Slot, since reason: String) throws {
        let what = "the \(slot.words) cannot be carried over: \(reason)"
        guard !yes, Terminal.isThere else {
            let remove = "`awskeys slot remove \(SlotEntry(slot).id)`"
            throw Failure(
                .usage, what, hint: "run it at a terminal without `--yes`, or give the slot up first: \(remove)")
        }
        Console.note(what)
        guard Console.agrees("go on without it?") else { throw Failure(.declined, "nothing was changed") }
    }
}

extension UnlockedStore {
    /// Writes the store sealed under another data key, and lets the kernel's keyring know it.
    ///
    /// - Parameters:
    ///   - slots: what opens the new data key.
    ///   - old: what the store is thought to have.
    fileprivate func rekey(with newKey: borrowing SealingKey, slots: [Slot], inPlaceOf old: [Slot]) throws {
        // A rotation has the old data key at hand, and would have nowhere to put a key that IAM has just made.
        let lock = try RotationLock(store: path)
        // A write may fail at its last step, and be there all the same.
        defer { replaceCachedKey(with: newKey) }
        do {
            let writer = try StoreWriter(locking: path)
            let draft = try writer.read(with: dataKey)
            guard draft.slots == old else { throw Failure.slotsChanged }
            try writer.write(try draft.rekeyed(with: newKey, slots: slots))
        } catch let error as StoreError {
            throw Failure(error, store: path)
        }
        _ = consume lock
    }

    /// Puts the new data key into the old one's place in the kernel's keyring, if the store is sealed under it.
    private func replaceCachedKey(with newKey: borrowing SealingKey) {
        do throws(StoreError) {
            let store = try ClosedStore(at: path)
            try store.prove(with: newKey)
            Unlocker.rememberGeneration(of: store, newKey)
        } catch {
            return
        }
        // Where the kernel didn't take it, the old key would stay, which opens nothing any more.
        if let cached = KeyCache.load(store: id, isUse: false), !cached.dataKey.isEqual(to: newKey) {
            KeyCache.remove(store: id)
        }
    }
}
