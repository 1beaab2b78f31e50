import AWSConfig
import CredentialProcess
import DurableFiles
import Foundation
import Importing
import KeyCache
import Keyring
import SealedStore
import Unlocking

// The one place where the domain's errors get their words.

extension Failure {
    init(_ error: FileError) {
        let refused = [ENOSPC, EDQUOT, EROFS, EACCES, EPERM].contains(error.number)
        let hint: String? =
            switch error.number {
            case ENOSPC, EDQUOT: "free some space and try again"
            case EROFS: "make the file system writable and try again"
            case EACCES, EPERM: "look at who owns it with `ls -ld \"\(harmless(error.path))\"`"
            default: nil
            }
        let action = [
            "open": "open", "read": "read", "write": "write to", "mkdir": "make", "flock": "lock", "chmod": "change",
        ]
        let what = action[error.call] ?? "replace"
        self.init(
            refused ? .cantCreate : .inputOutput, "cannot \(what) \"\(harmless(error.path))\": \(reason(error.number))",
            hint: hint)
    }

    init(_ error: StoreError, store path: String) {
        switch error {
        case .missing:
            self.init(
                .notFound, "there is no store at \"\(path)\"", hint: "`awskeys import` or `awskeys add` makes one")
        case .file(let error):
            self.init(error)
        case .foreignOwner:
            self.init(
                .locked, "the store \"\(path)\" belongs to another user",
                hint: "use a store of your own, or give it back with `chown`")
        case .exposed(let mode):
            self.init(
                .locked, "others may read or write the store \"\(path)\" (mode \(String(mode, radix: 8)))",
                hint: "`chmod 600 \"\(path)\"`")
        case .weakFolder(let folder):
            let whose = folder.stranger.map { "belongs to another user (\($0))" }
            self.init(
                .locked,
                "\"\(folder.path)\" \(whose ?? "can be written by others (mode \(String(folder.mode, radix: 8)))"), "
                    + "so the store in it could be exchanged",
                hint: whose == nil
                    ? "`chmod go-w \"\(folder.path)\"`" : "keep the store in a folder of your own: set AWSKEYS_STORE")
        case .notAStore:
            self.init(
                .damaged, "\"\(path)\" is not an awskeys store", hint: "check AWSKEYS_STORE, or move the file away")
        case .newer(let major, let minor):
            self.init(
                .damaged, "the store \"\(path)\" was written by a later awskeys (format \(major).\(minor))",
                hint: "install a newer awskeys")
        case .damaged(let part):
            self.init(
                .damaged, "the store \"\(path)\" is damaged in its \(part.rawValue)",
                hint: "put a backup of the file in its place; nothing was changed")
        case .wrongKey:
            self.init(
                .damaged, "the data key at hand is not that of the store \"\(path)\"",
                hint: "`awskeys lock`, then try again; if that doesn't help, put a backup in its place")
        case .rolledBack(let found, let seen):
            self.init(
                .rolledBack, "the store \"\(path)\" is older than one seen before (generation \(found), seen \(seen))",
                hint: "if you put a backup back on purpose: `awskeys unlock --accept-rollback`")
        case .busy:
            self.init(.busy, "another process is writing the store \"\(path)\"", hint: "try again in a moment")
        case .full:
            self.init(.cantCreate, "the store \"\(path)\" cannot hold more", hint: "`awskeys remove` what isn't needed")
        }
    }

    init(_ error: UnlockError, store path: String) {
        switch error {
        case .store(let error): self.init(error, store: path)
        case .late:
            self.init(
                .locked, "the store is locked, and another program has been asking for the passphrase for too long",
                hint: "`awskeys unlock` in a terminal, then try again")
        case .locked(let attempts): self.init(attempts)
        }
    }

    private init(_ attempts: [UnlockError.Attempt]) {
        let obstacles = attempts.map { $0.words }.joined(separator: "; ")
        let isService = attempts.contains { $0.obstacle.isService }
        let isOther = attempts.contains { !$0.obstacle.isService && $0.obstacle != .nobodyThere }
        let isSetting = attempts.contains { if case .unreadable = $0.obstacle { true } else { false } }
        self.init(
            isSetting ? .config : isService && !isOther ? .unavailable : .locked,
            "the store is locked"
                + (obstacles.isEmpty ? " and has no slot that this awskeys can open" : ": " + obstacles),
            hint: isSetting
                ? "check the passphrase file"
                : "`awskeys unlock` in a terminal, then try again")
    }

    init(_ error: ImportError, store path: String) {
        switch error {
        case .store(let error): self.init(error, store: path)
        case .file(let error): self.init(error)
        case .syntax(let error, let file): self.init(error, path: file)
        case .oneFile(let file):
            self.init(
                .config, "config and credentials are one file, \"\(file)\"",
                hint: "let AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name two files")
        case .hidden(let file):
            self.init(
                .config, "the AWS file that would change is hidden by the environment, which names \"\(file)\"",
                hint: "unset AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE")
        case .changedMeanwhile(let file):
            self.init(.busy, "\"\(file)\" was changed by another program meanwhile", hint: "run the command again")
        case .unusableProgram(let program):
            self.init(
                .config, "not every SDK can start \"\(program)\"",
                hint: "install awskeys under a path of letters, digits and `_.+@/-`")
        case .inPlainText(let profile):
            self.init(
                .config, "profile \"\(profile)\" has keys in plain text",
                hint: "`awskeys import --profile \(profile)` takes them into the store")
        case .occupied(let profile, let reason):
            self.init(
                .config, "profile \"\(profile)\" is taken: \(reason.words)",
                hint: "choose another name, or take its lines out of the AWS files")
        case .adopted(let profile):
            self.init(
                .config, "profile \"\(profile)\" is adopted, and would lose its key",
                hint: "`awskeys adopt --undo \(profile)` first")
        case .nothingToUndo:
            self.init(.notFound, "there is nothing to undo")
        case .undoFirst(let isMending):
            let last = isMending ? "doctor --fix" : "import"
            self.init(
                .config, "the files were changed by `awskeys \(last)` since",
                hint: "`awskeys \(isMending ? "doctor" : "import") --undo` first")
        case .changedSince(let path):
            self.init(
                .config, "\"\(path)\" was changed since it was mended, and would lose the change",
                hint: "keep it as it is, or take the change back first; nothing was changed")
        }
    }

    init(_ error: KeyringError) {
        switch error {
        case .noService:
            self.init(
                .unavailable, error.words, hint: "without a desktop, use a passphrase: `awskeys slot add passphrase`")
        case .timedOut: self.init(.unavailable, error.words, hint: "restart the keyring, then try again")
        case .failed, .malformed, .absent: self.init(.unavailable, error.words, hint: "try again, or use a passphrase")
        case .locked, .dismissed, .unanswered:
            self.init(.locked, error.words, hint: "unlock the keyring, then try again")
        }
    }
}

extension KeyringError {
    /// What the keyring did.
    var words: String {
        switch self {
        case .noService: "there is no desktop keyring here (Secret Service)"
        case .locked: "the desktop keyring is locked"
        case .dismissed: "the keyring's prompt was dismissed, or could not be shown"
        case .unanswered: "nobody answered the keyring's prompt in time"
        case .absent: "the desktop keyring has no key for this store"
        case .timedOut: "the desktop keyring did not answer in time"
        case .malformed: "the desktop keyring's item is not a key"
        case .failed(let message): "the desktop keyring failed: \(message)"
        }
    }
}

extension Obstacle {
    /// Whether the obstacle is a keyring that isn't there, rather than one that says no.
    fileprivate var isService: Bool {
        switch self {
        case .keyring(.noService), .keyring(.timedOut), .keyring(.failed), .noMemory: true
        default: false
        }
    }
}

extension UnlockError.Attempt {
    fileprivate var words: String {
        switch (way, obstacle) {
        case (_, .keyring(let error)): error.words
        case (.keyring, _): "the desktop keyring's key does not open it"
        case (.file(let path, let variable), .unreadable(let number)):
            "cannot read the passphrase from \"\(path)\" (\(variable)): "
                + (number == 0 ? "it is empty" : reason(number))
        case (.file(let path, _), .wrongKey): "the passphrase in \"\(path)\" is wrong"
        case (.pinentry(let program), .notShown), (.askpass(let program), .notShown):
            "\"\(program)\" could not ask for the passphrase"
        case (_, .wrongKey): "wrong passphrase"
        case (_, .noMemory): "there is not enough memory for the passphrase function"
        case (_, .noAnswer): "nobody gave the passphrase in time"
        case (_, .refused): "no passphrase was given"
        case (_, _): "there is nobody to ask for the passphrase"
        }
    }
}

extension Settings.Problem {
    /// What is wrong with the settings in a file.
    func words(_ path: String) -> String {
        switch kind {
        case .unreadable(let number): "cannot read \"\(path)\": \(reason(number))"
        case .noSetting: "\(path):\(line): not a setting: a line is `name = value`"
        case .unknown(let name): "\(path):\(line): there is no setting \"\(name)\""
        case .badValue(let name) where name == "pinentry":
            "\(path):\(line): \"pinentry\" takes an absolute path or none"
        case .badValue(let name) where name == "log": "\(path):\(line): \"log\" takes journal or none"
        case .badValue(let name): "\(path):\(line): \"\(name)\" takes a time such as 30m, 8h or 2d"
        }
    }
}

extension Opener {
    /// Whether it was a person.
    var isPerson: Bool {
        switch self {
        case .keyring, .passphraseFile: false
        case .terminal, .pinentry, .askpass: true
        }
    }

    /// As `awskeys status` has it.
    var words: String {
        switch self {
        case .keyring: "keyring"
        case .passphraseFile: "passphrase-file"
        case .terminal: "terminal"
        case .pinentry: "pinentry"
        case .askpass: "askpass"
        }
    }
}

extension LeaveReason {
    /// Why import leaves a profile alone, for people.
    var words: String {
        switch self {
        case .temporary: "its keys are temporary: they come with a session token and end by themselves"
        case .role: "it assumes a role, which SDKs do in different ways once its own keys are gone"
        case .otherSource: "it has another source of credentials (SSO, web identity or another program)"
        case .incomplete: "it has only one half of a key, or an empty one"
        case .split: "the id is in one file and the secret in the other"
        case .differentKeys: "config and credentials have different keys for it"
        case .inlineComment: "a comment follows a value, and some SDKs take it for part of the key"
        case .quoted: "a value is in quotes, and only some SDKs take them off"
        case .oddValue: "a value has characters that no access key has"
        case .keyCase: "a key's name is not in lower case, and only some SDKs find it"
        case .colon: "a colon stands in place of `=`, and only some SDKs read it"
        case .indented: "a key line is indented, and some SDKs take it for part of the line above"
        case .continued: "indented lines follow a key line"
        case .oddSection: "its section is written so that only some SDKs find it"
        case .defaultSection: "[DEFAULT] has credentials, which boto3 and the AWS CLI add to every profile"
        case .inStore: "the store has another key under this name"
        case .oddName: "its name has characters other than letters, digits and _.+@%/:-, which some SDKs can't read"
        case .inPlainText: "the AWS files have keys for it in plain text, which `awskeys import` takes"
        }
    }
}
