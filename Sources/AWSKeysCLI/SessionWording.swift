import AWSAPI
import AWSConfig
import CredentialProcess
import Sessions

// The words for roles and sessions.

extension Failure {
    /// - Parameters:
    ///   - profile: the one that was asked for.
    ///   - path: the store.
    init(_ error: SessionError, profile: String, store path: String) {
        switch error {
        case .chain(.noProfile(let name, nil)):
            self.init(
                .notFound, "no profile \"\(name)\" in the store, nor in the AWS files",
                hint: "`awskeys list` shows those of the store")
        case .chain(let error): self.init(error)
        case .store(let error): self.init(error, store: path)
        case .notInStore(let name):
            self.init(
                .notFound, "no profile \"\(name)\" in the store" + Self.named(name, by: profile),
                hint: "`awskeys list` shows them, `awskeys add \(name)` adds one")
        case .noCredentials(let name):
            self.init(
                .config, "profile \"\(name)\" has no credentials" + Self.named(name, by: profile),
                hint: "`awskeys add \(name)` gives it a key")
        case .needsCLI(let name):
            self.init(
                .config, "only the AWS CLI can get the credentials of \"\(name)\", and it gives none",
                hint: "install the AWS CLI v2 and sign in: `aws sso login --profile \(name)`, or `aws login` for a "
                    + "`login_session`")
        case .notOurs(let name, let source):
            self.init(
                .config, "profile \"\(name)\" has its credentials from \"\(source)\", which awskeys does not ask",
                hint: "use the profile with the AWS CLI or an SDK on that machine")
        case .noVariables(let name):
            self.init(
                .config, "profile \"\(name)\" builds on the keys of the environment, which has none",
                hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        case .program(let name, let command):
            self.init(
                .unavailable,
                "the `credential_process` of \"\(name)\" gave no credentials" + Self.program(of: command),
                hint: "run it in a terminal to see why")
        case .circular(let name):
            self.init(
                .config,
                "the `credential_process` of \"\(name)\" is started again by what it starts itself",
                hint: "take the line out; `awskeys add \(name)` gives it a key then")
        case .circularSession(let session):
            self.init(
                .config,
                "the session of \"\(session)\" is got with a program that asks for this session itself",
                hint: "let neither `source_profile` nor `mfa_process` lead back to it")
        case .ended(let name):
            self.init(
                .unavailable, "the credentials that \"\(name)\" has from a program have ended",
                hint: "run the program in a terminal, and see whether the clock is right: `date`")
        case .fixedDuration(let name):
            self.init(
                .usage, "how long the credentials of \"\(name)\" are good isn't for awskeys to say",
                hint: "leave `--duration` out, or, if it has a key, `--no-session`")
        case .noDevice(let name):
            self.init(
                .usage, "\"\(name)\" names no device whose code could be used",
                hint: "leave `--mfa-token` out, or give the profile `mfa_serial`")
        case .token(let error):
            let failure = Failure(error)
            self.init(failure.code, failure.message, hint: "`web_identity_token_file` names it")
        case .code(let serial, let problem): self.init(problem, serial: serial, profile: profile)
        case .endpoint(let error): self.init(error)
        case .aws(let error, let call, let session, let usedCode):
            self.init(error, call, session: session, usedCode: usedCode)
        case .late(let session):
            self.init(
                .busy, "another program has been getting the session of \"\(session)\" for too long",
                hint: "try again")
        }
    }

    /// The program that a command starts, after a colon, where that is plain to see; all the rest may be a secret.
    static func program(of command: String) -> String { plainProgram(of: command).map { ": \($0)" } ?? "" }

    /// The program that a command starts; `nil` where it may be something else.
    static func plainProgram(of command: String) -> Substring? {
        let word = command.prefix { $0 != " " && $0 != "\t" }
        let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-/~".contains($0)) }
        return isPlain && !word.isEmpty && shownName(String(word)) == word ? word : nil
    }

    private static func named(_ name: String, by profile: String) -> String {
        name == profile ? "" : ", though \"\(profile)\" builds on it"
    }

    init(_ error: RoleChainError) {
        switch error {
        case .noProfile(let name, let other):
            self.init(
                .config,
                "there is no \(shown(profile: name))"
                    + (other.map { ", though \(shown(profile: $0)) names it as its source" } ?? ""),
                hint: "correct `source_profile`")
        case .tooLong(let name):
            self.init(
                .config, "\(shown(profile: name)) has more roles on one another than can be assumed",
                hint: "let `source_profile` lead to a key sooner")
        case .cycle(let names):
            self.init(
                .config, "these profiles are each other's sources: \(names.map(shownName).joined(separator: " -> "))",
                hint: "let the last `source_profile` name one that has a key")
        case .twoSources(let name):
            self.init(
                .config, "\(shown(profile: name)) has both `source_profile` and `credential_source`",
                hint: "take one of them out")
        case .noSource(let name):
            self.init(
                .config, "\(shown(profile: name)) has a role, and neither `source_profile` nor `credential_source`",
                hint: "let `source_profile` name the profile that may assume the role")
        case .noRole(let name):
            self.init(
                .config, "\(shown(profile: name)) has a web identity's token, and no `role_arn`",
                hint: "give it the role's ARN")
        case .badValue(let name, let setting):
            let takes = [
                "duration_seconds": "it takes 900 to 43200 seconds; without it, a session lives an hour",
                "session_tags": "it takes names and values with commas between them: team=blue,project=x",
            ]
            self.init(
                .config, "`\(setting)` of \(shown(profile: name)) has a value that cannot be used",
                hint: takes[setting] ?? "give it another one, or take the line out")
        case .emptyValue(let name, let setting):
            self.init(
                .config, "`\(setting)` of \(shown(profile: name)) is empty",
                hint: "give it a value, or take the line out")
        }
    }

    private init(_ problem: SessionError.CodeProblem, serial: String, profile: String) {
        let what = "\"\(profile)\" needs a code of \(serial)"
        switch problem {
        case .nobodyThere:
            self.init(
                .locked, "\(what), and there is nobody to ask",
                hint: "get the session in a terminal: `awskeys whoami \(profile)`; then this works for hours")
        case .refused: self.init(.locked, "\(what), and none was given", hint: "try again")
        case .noAnswer: self.init(.locked, "\(what), and none was given in time", hint: "try again")
        case .eachTime:
            self.init(
                .usage, "\(what) each time that the server renews its credentials",
                hint: "leave `--duration` and `--no-session` out: then one code is good for hours")
        case .used(let seconds):
            self.init(
                .busy, "\(what), and the one of now was used already", hint: "the next one comes in \(seconds) s")
        case .circular:
            self.init(
                .config, "\(what), and `mfa_process` is started again by what it starts itself",
                hint: "let it ask the device, and not awskeys")
        case .program(let command):
            self.init(
                .locked, "\(what), and `mfa_process` printed none" + Self.program(of: command),
                hint: "run it in a terminal to see why")
        }
    }

    private init(_ error: AWSError, _ call: SessionError.Call, session: String, usedCode: Bool) {
        let action = "sts:\(call.rawValue)"
        self = Failure(error, call: action, hint: Self.hint(error, call, usedCode: usedCode)).named(session)
    }
}

extension Failure {
    private static func hint(_ error: AWSError, _ call: SessionError.Call, usedCode: Bool) -> String? {
        if error.isExpiredToken {
            return "what signed the call has ended: see to where it comes from, and to this machine's clock, `date`"
        }
        guard error.isAccessDenied else { return nil }
        if usedCode { return "if the code was wrong or used before, wait for the next one and try again" }
        switch call {
        case .getSessionToken: return "a policy keeps the user from `sts:GetSessionToken`"
        case .assumeRole:
            return "the role must trust this user, who needs `sts:AssumeRole`; if a session was revoked, "
                + "`awskeys sessions clear` forgets it"
        case .assumeRoleWithWebIdentity: return "the role must trust the identity's provider and its audience"
        }
    }
}

extension SessionProgress {
    /// For people.
    var words: String {
        switch self {
        case .asking(let session): "asking STS for the session of \"\(session)\""
        case .answered: "STS has answered"
        case .waiting(let session): "another program is getting the session of \"\(session)\"; waiting for it"
        case .waitingForCode(let serial, let seconds):
            "the code of \(serial) was used already; waiting \(seconds) s for the next one"
        case .servedOld(let session, let expiration, let error):
            "could not renew the session of \"\(session)\", which is good until \(timestamp(expiration)): "
                + Failure(error, profile: session, store: "").message
        }
    }
}
