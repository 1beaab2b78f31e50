import CredentialProcess
import KeyCache
import SealedStore
import Unlocking

extension Context {
    /// Has a person agree that the calling program uses a profile, where its key wants that.
    ///
    /// - Throws: ``Failure``.
    func confirm(
        _ confirmation: Confirmation?, useOf profile: String, store: [UInt8], isForProgram: Bool,
        until deadline: Deadline
    ) throws {
        guard let confirmation else { return }
        if confirmation == .oncePerSession, KeyCache.hasConfirmation(of: profile, store: store) { return }
        let caller = Caller()
        let permission = Permission.use(of: harmless(profile), by: harmless(caller.name), caller.process, store: store)
        do throws(Obstacle) {
            try permission.ask(
                isForProgram: isForProgram, environment: environment, settings: settings(), until: deadline)
        } catch {
            throw Failure(error, useOf: profile, confirmation)
        }
        if confirmation == .oncePerSession { KeyCache.rememberConfirmation(of: profile, store: store) }
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
