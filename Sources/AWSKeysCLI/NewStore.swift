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
        let now = UInt64(context.now())
        switch self {
        case .keyring:
            do throws(KeyringError) {
                try draft.addKeyringSlot(now: now, mayPrompt: context.hasScreen)
            } catch {
                throw Failure(error)
            }
        case .file(let file):
            let passphrase = try context.read(file)
            try outOfMemory { try draft.addPassphraseSlot(passphrase, now: now) }
        case .typed:
            let passphrase = try typedTwice()
            try outOfMemory { try draft.addPassphraseSlot(passphrase, now: now) }
        }
        var code: SecretBytes?
        if !yes, Terminal.isThere,
            Terminal.ask("make a recovery code, in case this way in is lost? [Y/n] ")?.lowercased() != "n"
        {
            code = try outOfMemory { try draft.addRecoverySlot(now: now) }
        }
        let store = try UnlockedStore(new: draft, at: try context.storePath(), opener: opener, in: context)
        switch code {
        case .some(let code):
            Console.note("recovery code, shown only now; print it or write it down:")
            try Console.reveal(lineOf(RecoveryCode.shown(code)))
        case nil:
            if yes { Console.note("awskeys: made a store; `awskeys slot add recovery` makes a recovery code for it") }
        }
        return store
    }

}

extension Context {
    /// Whether a keyring's prompt could be seen.
    var hasScreen: Bool { (environment("WAYLAND_DISPLAY") ?? environment("DISPLAY")) != nil }
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
            .unavailable, "there is not enough memory for the passphrase function", hint: "256 MiB are needed")
    }
}
