import AWSConfig
import CredentialProcess
import KeyCache
import SealedStore
import Sealing
import Unlocking

/// What a person agrees to: a profile's use, as far as it makes a difference.
struct ConfirmedUse {
    let profile: String
    /// The profile whose key it comes from.
    let keyProfile: String
    /// What tells that key from any other.
    let keyTag: [UInt8]
    /// The ARNs of the roles that are assumed, one with the other's session.
    let roles: [String]

    /// As it is shown: the AWS files say what a name stands for, and may say so falsely.
    var words: String {
        let key = keyProfile == profile ? "" : " with the key of \"\(harmless(keyProfile))\""
        let role = roles.last.map { " as \(harmless($0))" } ?? ""
        return "\"\(harmless(profile))\"" + key + role
    }

    /// A text that stands for this use alone.
    var identity: String { ([profile, keyProfile, hexadecimal(keyTag)] + roles).joined(separator: "\n") }
}

extension Context {
    /// Has a person agree that the calling program uses a profile, where its key wants that.
    ///
    /// - Throws: ``Failure``.
    func confirm(
        _ confirmation: Confirmation?, _ use: ConfirmedUse, store: [UInt8], isForProgram: Bool,
        until deadline: Deadline
    ) throws {
        guard let confirmation else { return }
        if confirmation == .oncePerSession, KeyCache.hasConfirmation(of: use.identity, store: store) { return }
        let caller = Caller()
        let permission = Permission.use(of: use.words, by: harmless(caller.name), caller.process, store: store)
        do throws(Obstacle) {
            try permission.ask(
                isForProgram: isForProgram, environment: environment, settings: settings(), until: deadline)
        } catch {
            throw Failure(error, useOf: use.profile, confirmation)
        }
        if confirmation == .oncePerSession { KeyCache.rememberConfirmation(of: use.identity, store: store) }
    }
}

extension Context {
    /// Has a person agree that there are fewer questions about a profile from now on: else a program could simply
    /// switch them off.
    func confirmFewerQuestions(about profile: String, store: [UInt8]) throws {
        let permission = Permission.fewerQuestions(about: harmless(profile), store: store)
        do throws(Obstacle) {
            try permission.ask(
                isForProgram: false, environment: environment, settings: settings(),
                until: Deadline(in: Unlocker.patience))
        } catch {
            throw Failure(error, askingLessAbout: profile)
        }
    }
}

extension UnlockedStore {
    /// Has a person agree that the keys of some profiles are used, one by one, where they want that.
    func confirmUse(of profiles: [String]) throws {
        var seen: Set<String> = []
        for profile in profiles {
            guard let key = try keyIfThere(of: profile), key.confirmation != nil,
                seen.insert(key.accessKeyID).inserted
            else { continue }
            try context.confirm(
                key.confirmation, ownKey(of: profile), store: id, isForProgram: false,
                until: Deadline(in: Unlocker.patience))
        }
    }

    /// The use of a profile's own key.
    func ownKey(of profile: String) throws -> ConfirmedUse {
        let open = try open()
        do throws(StoreError) {
            let tag = try open.keyTag(of: profile) ?? []
            return ConfirmedUse(profile: profile, keyProfile: profile, keyTag: tag, roles: [])
        } catch {
            throw Failure(error, store: path)
        }
    }
}

extension Failure {
    /// Why nobody said yes.
    init(_ obstacle: Obstacle, useOf profile: String, _ confirmation: Confirmation) {
        switch obstacle {
        case .refused: self.init(.locked, "the use of \"\(profile)\" was refused", hint: "try again, and say yes")
        case .noAnswer:
            self.init(.locked, "nobody said in time that \"\(profile)\" may be used", hint: "try again, and say yes")
        default:
            self.init(
                .locked, "the use of \"\(profile)\" must be confirmed, and there is nobody to ask",
                hint: confirmation == .always
                    ? "use it where there is a terminal or a screen; `awskeys confirm \(profile) --never` ends the "
                        + "questions"
                    : "say yes in a terminal, which holds until the store is locked: `awskeys whoami \(profile)`")
        }
    }
}

extension Confirmation {
    /// As commands and JSON have it.
    var words: String {
        switch self {
        case .always: "always"
        case .oncePerSession: "once-per-session"
        }
    }
}

extension Failure {
    fileprivate init(_ obstacle: Obstacle, askingLessAbout profile: String) {
        let isNobody = obstacle == .nobodyThere || obstacle == .notShown
        self.init(
            .locked,
            "nobody agreed that there are fewer questions about \"\(profile)\"; nothing was changed",
            hint: isNobody ? "run it in a terminal" : "try again, and say yes")
    }
}
