import ArgumentParser
import CredentialProcess
import DurableFiles
import Foundation
import SealedStore
import Sealing
import Unlocking

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the store, sealed as it is, to a file.",
        discussion:
            "What opens the store opens the copy: a passphrase or a recovery code anywhere, the keyring here only."
    )

    @Argument(help: "The file; it must not exist.", completion: .file())
    var file: String

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        let slots = try UnlockedStore.slots(store.path)
        do throws(StoreError) {
            let writer = try StoreWriter(locking: store.path)
            let generation = try writer.copy(to: file, with: store.dataKey)
            // The copy is there; that nobody will be told when it is old is no reason to call it a failure.
            try? BackupNote(time: context.now(), generation: generation).write(besideStore: store.path)
        } catch .file(let error) where error.number == EEXIST {
            throw Failure(.cantCreate, "\"\(file)\" is there already", hint: "name a file that isn't")
        } catch {
            throw Failure(error, store: store.path)
        }
        Console.say("copied the store to \"\(file)\"")
        if slots.allSatisfy({ $0.kind == .keyring }) {
            Console.note(
                "only this machine's keyring opens it; after `awskeys slot add recovery`, a copy opens anywhere")
        }
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a copy of the store in the store's place.",
        discussion: "A store that lies there is kept beside it, under another name.")

    @Argument(help: "A file that `awskeys backup` has made.", completion: .file())
    var file: String

    @Flag(help: "Don't ask.")
    var yes = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let path = try context.storePath()
        let copy = file.hasPrefix("/") ? file : FileManager.default.currentDirectoryPath + "/" + file
        let unlocked = try unlock(copy, in: context)
        var draft = try read(copy, with: unlocked.dataKey)
        let before = StoreBefore(at: path, with: unlocked.dataKey)
        try Console.confirm(before.question(copy), yes: yes)
        for profile in try before.confirmed(moreThanIn: draft) {
            try context.confirmFewerQuestions(about: profile, store: draft.id)
        }
        // A rotation would put a key that IAM has just made into a store that is none any more.
        let lock = before.isThere ? try RotationLock(store: path) : nil
        let kept: String?
        do throws(StoreError) {
            kept = try put(&draft, at: path, above: unlocked.generation, with: unlocked.dataKey)
        } catch {
            throw Failure(error, store: path)
        }
        _ = consume lock
        Console.say("restored the keys of \(draft.profiles.count) profile\(draft.profiles.count == 1 ? "" : "s")")
        if let kept { Console.note("the store that was there is kept as \"\(kept)\"") }
    }

    /// Puts a copy into the store's place.
    ///
    /// - Parameter seen: the highest generation that was seen.
    /// - Returns: where what was there is kept.
    private func put(
        _ draft: inout StoreDraft, at path: String, above seen: UInt64, with dataKey: borrowing SealingKey
    ) throws(StoreError) -> String? {
        let writer = try StoreWriter(locking: path)
        // Once more and under the lock: another command may have written it since.
        let now = StoreBefore(at: path, with: dataKey).generation
        let kept = try writer.keep()
        draft.raise(above: max(seen, now))
        try writer.write(draft)
        Unlocker.rememberGeneration(of: try ClosedStore(at: path), dataKey)
        return kept
    }

    private func read(_ copy: String, with dataKey: borrowing SealingKey) throws -> StoreDraft {
        do throws(StoreError) {
            return try StoreDraft.read(copy, with: dataKey)
        } catch {
            throw Failure(error, store: copy)
        }
    }

    private func unlock(_ copy: String, in context: Context) throws -> Unlocked {
        do throws(UnlockError) {
            // A copy is older than what was seen since.
            return try context.unlocker([.mayAsk, .acceptsRollback], context.settings()).unlock(copy)
        } catch {
            throw Failure(error, store: copy)
        }
    }
}

/// What lies in the place of a store that is restored.
private struct StoreBefore {
    let isThere: Bool
    /// How new it is, and whose keys it has, if it is a store of the same data key.
    private(set) var generation: UInt64 = 0
    private var profiles: [String]?
    /// How often a person is asked, by the ids of the keys.
    private var confirmations: [String: Confirmation] = [:]

    init(at path: String, with dataKey: borrowing SealingKey) {
        isThere = FileManager.default.fileExists(atPath: path)
        guard let closed = try? ClosedStore(at: path), closed.isOpened(by: dataKey) else { return }
        let generation = closed.generation
        guard let open = try? closed.open(with: dataKey), let profiles = try? open.profiles() else { return }
        (self.generation, self.profiles) = (generation, profiles)
        try? open.forEachKey { _, key in confirmations[key.accessKeyID] = key.confirmation }
    }

    /// The profiles that people are asked about less often once a copy is in the store's place.
    func confirmed(moreThanIn draft: borrowing StoreDraft) throws(StoreError) -> [String] {
        var profiles: [String] = []
        for profile in draft.profiles {
            guard let key = try draft.key(of: profile) else { continue }
            let stricter = Confirmation.stricter(key.confirmation, confirmations[key.accessKeyID])
            if stricter != key.confirmation { profiles.append(profile) }
        }
        return profiles
    }

    func question(_ copy: String) -> String {
        if !isThere { return "make a store of \"\(copy)\"?" }
        guard let profiles else { return "replace the store, which is not the one that the copy was made of?" }
        return "replace the store, with the keys of \(profiles.joined(separator: ", "))?"
    }
}
