import Sealing

/// What a person is asked for, as it is said in each place.
struct Question: Sendable {
    /// What it is called.
    let label: String
    /// What is asked where there's one line for it, without the colon.
    let line: String
    /// What a window is for.
    let explanation: String
    /// What is said before the next try.
    let complaint: String

    static let passphrase = Question(
        label: "Passphrase", line: "Passphrase of the awskeys store",
        explanation:
            "A program needs AWS credentials.\nEnter the passphrase or a recovery code of your awskeys store.",
        complaint: "Wrong passphrase, try again")

    static func code(of serialNumber: String) -> Question {
        Question(
            label: "Code", line: "MFA code of \(serialNumber)",
            explanation: "A program needs AWS credentials.\nEnter the code that this device shows:\n\(serialNumber)",
            complaint: "A code has six digits, try again")
    }
}

/// What comes of asking a person.
enum PromptReply: ~Copyable {
    case typed(SecretBytes)
    case obstacle(Obstacle)
}

/// A person who is asked in one place, more than once if need be.
enum Prompt: ~Copyable {
    case terminal(Question, Deadline)
    case pinentry(Pinentry)
    case askpass(String, Question, Deadline)

    /// How often a person may try.
    var tries: Int {
        switch self {
        // It can't be told that the first one was wrong.
        case .askpass: 1
        default: 3
        }
    }

    /// Goes to where a person can be asked.
    ///
    /// - Returns: `nil` where a dialog can't be started.
    static func open(_ way: Way, for question: Question, until deadline: Deadline) -> Prompt? {
        switch way {
        case .terminal: return .terminal(question, deadline)
        case .askpass(let path): return .askpass(path, question, deadline)
        case .pinentry(let path):
            guard let pinentry = Pinentry.start(path, for: question, until: deadline) else { return nil }
            return .pinentry(pinentry)
        case .keyring, .file: return nil
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// - Parameter isRetry: whether the one before was wrong.
    mutating func ask(isRetry: Bool) -> PromptReply {
        switch consume self {
        case .terminal(let question, let deadline):
            self = .terminal(question, deadline)
            let line = isRetry ? question.complaint : question.line
            return Self.reply(Terminal.askSecret(line + ": ", within: deadline.left), deadline)
        case .pinentry(var pinentry):
            let reply = pinentry.ask(isRetry: isRetry)
            self = .pinentry(pinentry)
            return reply
        case .askpass(let path, let question, let deadline):
            self = .askpass(path, question, deadline)
            return Self.ask(path, question.line + ": ", until: deadline)
        }
    }

    /// As ssh does it: the program's argument is the question, the first line of its output the answer, and any other
    /// status than 0 a refusal (ssh(1), "SSH_ASKPASS").
    private static func ask(_ path: String, _ question: String, until deadline: Deadline) -> PromptReply {
        guard var program = AskedProgram.start(path, [question], until: deadline) else { return .obstacle(.notShown) }
        var typed = program.rest()
        typed.truncateToFirstLine()
        guard program.succeeds() else { return reply(nil, deadline) }
        return reply(typed, deadline)
    }

    private static func reply(_ typed: consuming SecretBytes?, _ deadline: Deadline) -> PromptReply {
        switch consume typed {
        case .some(let typed) where typed.count > 0: .typed(typed)
        default: .obstacle(deadline.hasPassed ? .noAnswer : .refused)
        }
    }
}

/// Whether there is a screen to show a window on.
///
/// - Parameter environment: a variable's value.
public func hasScreen(_ environment: (String) -> String?) -> Bool {
    (environment("WAYLAND_DISPLAY") ?? environment("DISPLAY")) != nil
}

extension Way {
    /// Where this process could ask a person, the best place first.
    ///
    /// - Parameters:
    ///   - environment: a variable's value.
    ///   - dialogs: which dialogs may be shown.
    static func toPerson(_ environment: (String) -> String?, dialogs: Settings.Dialogs) -> [Way] {
        if Terminal.isThere { return [.terminal] }
        guard hasScreen(environment) else { return [] }
        let mayAskpass = environment("SSH_ASKPASS_REQUIRE") != "never"
        let askpass = mayAskpass ? environment("SSH_ASKPASS").map { [Way.askpass($0)] } ?? [] : []
        switch dialogs {
        case .none: return []
        case .pinentry(let path): return [.pinentry(path)]
        case .found: return Pinentry.found(in: environment("PATH") ?? "/usr/bin:/bin").map { .pinentry($0) } + askpass
        }
    }
}
