import Foundation
import KeyCache
import Keyring
import SealedStore
import Sealing
import Unlocking

/// What will open a store that doesn't exist yet.
enum NewStore {
    case keyring
    case file(PassphraseFile)
    case typed

    /// Chooses the way: a passphrase file, if one is named; else the desktop's keyring; else a passphrase.
    static func choose(in context: Context) throws -> NewStore {
        if let file = PassphraseFile.named(by: context.environment) { return .file(file) }
        if Keyring.isAvailable(mayPrompt: context.hasScreen) { return .keyring }
        if Terminal.isThere { return .typed }
        throw Failure(
            .unavailable, "nothing can unlock a new store: no desktop keyring, no passphrase file, no terminal",
            hint: "put a passphrase into a file and name it in AWSKEYS_PASSPHRASE_FILE")
    }

    private var opener: Opener {
        switch self {
        case .keyring: .keyring
        case .file: .passphraseFile
        case .typed: .terminal
        }
    }

    /// For people.
    var words: String {
        switch self {
        case .keyring: "unlocked by the desktop keyring"
        case .file(let file): "unlocked by the passphrase in \(file.path)"
        case .typed: "unlocked by a passphrase"
        }
    }

    /// Makes the store, empty.
    ///
    /// - Parameter yes: whether nobody is to be asked, not even for a recovery code.
    func make(in context: Context, yes: Bool) throws -> UnlockedStore {
        var draft = StoreDraft()
        let (id, now) = (draft.id, UInt64(context.now()))
        let new = draft.withDataKey { NewSlots(to: $0, store: id, now: now) }
        switch self {
        case .keyring: draft.add(try new.keyring(in: context))
        case .file(let file): draft.add(try new.passphrase(orFailing: try context.read(file)))
        case .typed: draft.add(try new.passphrase(orFailing: try typedTwice()))
        }
        let wantsCode =
            !yes && Terminal.isThere
            && Terminal.ask("make a recovery code, in case this way in is lost? [Y/n] ")?.lowercased() != "n"
        let store = try UnlockedStore(new: draft, at: try context.storePath(), opener: opener, in: context)
        if wantsCode {
            _ = try store.addRecovery(RecoveryCode.make())
        } else if yes {
            Console.note("made a store; `awskeys slot add recovery` makes a recovery code for it")
        }
        return store
    }

}

extension Context {
    /// A file's passphrase.
    func read(_ file: PassphraseFile) throws -> SecretBytes {
        let store = try storePath()
        do throws(UnlockError) {
            return try file.read()
        } catch {
            throw Failure(error, store: store)
        }
    }
}

/// A passphrase typed twice the same.
func typedTwice() throws -> SecretBytes {
    guard let first = Terminal.askSecret("new passphrase: ") else {
        throw Failure(.locked, "no passphrase was given", hint: "run it in a terminal, or name a file")
    }
    guard let second = Terminal.askSecret("once more: "), second.withBytes({ first.equals($0) }) else {
        throw Failure(.usage, "the two passphrases differ", hint: "run the command again; nothing was changed")
    }
    return first
}

/// Secret text with an end of line.
func lineOf(_ text: borrowing SecretBytes) -> SecretBytes {
    var line = SecretBuilder()
    text.withBytes { line.add($0) }
    line.add("\n")
    return line.joined()
}

/// Runs what needs as much memory as a passphrase's cost says.
func outOfMemory<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch is SealingError {
        throw Failure(
            .unavailable, "there is not enough memory for the passphrase function", hint: "free some, and try again")
    }
}
