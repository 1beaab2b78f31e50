import CredentialProcess
import Diagnosis
import Keyring
import Unlocking

/// What `awskeys doctor` finds about the store and what opens it.
enum HealthFinding {
    /// The store can't be read, or isn't safe where it lies.
    case store(StoreTrouble)
    /// The file is older than one that was seen.
    case rolledBack(found: UInt64, seen: UInt64)
    /// Only one way in; of which kind.
    case oneWayIn(String)
    /// Whoever loses the ways in has no recovery code.
    case noRecoveryCode
    /// The keyring can't give the key of a slot; whether nothing else opens the store.
    case keyring(KeyringError, slot: String, isOnlyWay: Bool)
    /// The keyring has another key than the slot's.
    case wrongKeyInKeyring(slot: String)
    /// The keyring is open, and asks a person before it gives the key.
    case keyringAsks
    /// The keyring took so many milliseconds.
    case keyringSlow(Int)
    /// The kernel keeps no keys; the error number.
    case kernelKeyring(Int32)
    /// A file was last changed in the future.
    case clock(path: String, seconds: Int)
    /// The key of these profiles has been the same for so many days.
    case oldKey(profiles: [String], days: Int)
    /// The key of these profiles lay in plain text, and has been the same since.
    case exposedKey(profiles: [String])
    /// The latest copy of the store is so many days old, and the store has changed since.
    case oldBackup(days: Int)
    /// A rotation that nobody has brought to its end.
    case rotation(String)
    /// A line of the settings.
    case settings(String)

    /// What is wrong with the store's file.
    struct StoreTrouble {
        let rule: String
        let failure: Failure
    }
}

extension HealthFinding {
    /// The rule that found it; part of the `--json` output.
    var rule: String {
        switch self {
        case .store(let trouble): trouble.rule
        case .rolledBack: "store-older"
        case .oneWayIn: "one-way-in"
        case .noRecoveryCode: "no-recovery-code"
        case .keyring(.noService, _, _): "no-keyring"
        case .keyring(.timedOut, _, _): "keyring-silent"
        case .keyring(.locked, _, _), .keyring(.dismissed, _, _), .keyring(.unanswered, _, _): "keyring-locked"
        case .keyring(.absent, _, _), .keyring(.malformed, _, _), .wrongKeyInKeyring: "keyring-key"
        case .keyring(.failed, _, _): "keyring-failed"
        case .keyringAsks: "keyring-asks"
        case .keyringSlow: "keyring-slow"
        case .kernelKeyring: "kernel-keyring"
        case .clock: "clock"
        case .oldKey: "old-key"
        case .exposedKey: "exposed-key"
        case .oldBackup: "old-backup"
        case .rotation: "unfinished-rotation"
        case .settings: "settings"
        }
    }

    private var severity: Severity {
        switch self {
        case .store, .rolledBack: .error
        case .keyring(.locked, _, _): .warning
        case .keyring(_, _, let isOnlyWay): isOnlyWay ? .error : .warning
        case .oneWayIn, .wrongKeyInKeyring, .keyringAsks, .keyringSlow, .kernelKeyring, .clock, .rotation, .settings:
            .warning
        case .noRecoveryCode, .oldKey, .exposedKey, .oldBackup: .note
        }
    }

    private var message: String {
        switch self {
        case .store(let trouble): trouble.failure.message
        case .rolledBack(let found, let seen):
            "the store is older than one seen before (generation \(found), seen \(seen))"
        case .oneWayIn(let kind): "nothing but a \(kind) opens the store: whoever loses it loses the keys"
        case .noRecoveryCode: "the store has no recovery code"
        case .keyring(.absent, let slot, _): "the keyring has no key for slot \(slot)"
        case .keyring(let error, _, let isOnlyWay):
            error.words + (isOnlyWay ? ", and nothing else opens the store" : "")
        case .wrongKeyInKeyring(let slot): "the keyring's key for slot \(slot) does not open it"
        case .keyringAsks: "the keyring asks a person each time, though it is open"
        case .keyringSlow(let milliseconds): "the keyring took \(milliseconds) ms to answer"
        case .kernelKeyring(let number):
            "the kernel keeps no keys (\(reason(number))), so that each program opens the store anew"
        case .clock(let path, let seconds):
            "\"\(path)\" was changed \(seconds) s in the future: the clock was wrong then, or is now"
        case .oldKey(let profiles, let days): "the key of \(list(profiles)) is \(days) days old"
        case .exposedKey(let profiles): "the key of \(list(profiles)) lay in plain text before it was imported"
        case .oldBackup(let days): "the latest backup is \(days) days old, and the store has changed since"
        case .rotation(let words): "a rotation was left half done: \(words)"
        case .settings(let words): words
        }
    }

    private var hint: String? {
        switch self {
        case .store(let trouble): trouble.failure.hint
        case .rolledBack: "if you put a backup back on purpose: `awskeys unlock --accept-rollback`"
        case .oneWayIn, .noRecoveryCode: "`awskeys slot add recovery` makes a code to keep elsewhere"
        case .keyring(.noService, _, _): "log in at the desktop, or `awskeys slot add passphrase`"
        case .keyring(.timedOut, _, _), .keyringSlow: "restart the keyring"
        case .keyring(.locked, _, _), .keyring(.dismissed, _, _), .keyring(.unanswered, _, _):
            "`awskeys unlock` has it unlocked"
        case .keyring(.absent, let slot, _), .keyring(.malformed, let slot, _), .wrongKeyInKeyring(let slot):
            "`awskeys slot remove \(slot)`, then `awskeys slot add keyring`"
        case .keyring(.failed, _, _): "try again, or use a passphrase: `awskeys slot add passphrase`"
        case .keyringAsks: "let it give its keys without a question, or keep the store unlocked: `awskeys unlock`"
        case .kernelKeyring: "in a container, let it call add_key and keyctl; `cat /proc/key-users` shows quotas"
        case .clock: "`date` shows the time, `touch` gives the file that of now"
        case .oldKey(let profiles, _), .exposedKey(let profiles): "`awskeys rotate \(profiles.first ?? "")`"
        case .oldBackup: "`awskeys backup FILE` makes another one"
        case .rotation: "`awskeys rotate --resume`"
        case .settings: "correct the line, or take it out"
        }
    }

    private func list(_ profiles: [String]) -> String { profiles.joined(separator: ", ") }

    /// In words.
    var entry: DoctorEntry {
        DoctorEntry(rule: rule, severity: severity, message: message, hint: hint)
    }
}
