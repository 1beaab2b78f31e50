private import Glibc
import Sealing

/// What comes of asking a person for the passphrase.
enum PromptReply: ~Copyable {
    case typed(SecretBytes)
    case obstacle(Obstacle)
}

/// A person who is asked for the passphrase in one place, more than once if need be.
enum Prompt: ~Copyable {
    case terminal(Deadline)
    case pinentry(Pinentry)
    case askpass(String, Deadline)

    /// What is asked where there's one line for it.
    private static let question = "Passphrase of the awskeys store: "

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
    static func open(_ way: Way, until deadline: Deadline) -> Prompt? {
        switch way {
        case .terminal: return .terminal(deadline)
        case .askpass(let path): return .askpass(path, deadline)
        case .pinentry(let path):
            guard let pinentry = Pinentry.start(path, until: deadline) else { return nil }
            return .pinentry(pinentry)
        case .keyring, .file: return nil
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// - Parameter isRetry: whether the one before was wrong.
    mutating func ask(isRetry: Bool) -> PromptReply {
        switch consume self {
        case .terminal(let deadline):
            self = .terminal(deadline)
            let question = isRetry ? "Wrong passphrase, try again: " : Self.question
            return Self.reply(Terminal.askSecret(question, within: deadline.left), deadline)
        case .pinentry(var pinentry):
            let reply = pinentry.askPassphrase(isRetry: isRetry)
            self = .pinentry(pinentry)
            return reply
        case .askpass(let path, let deadline):
            self = .askpass(path, deadline)
            return Self.ask(path, until: deadline)
        }
    }

    /// As ssh does it: the program's argument is the question, the first line of its output the answer, and any other
    /// status than 0 a refusal (ssh(1), "SSH_ASKPASS").
    private static func ask(_ path: String, until deadline: Deadline) -> PromptReply {
        guard var program = AskedProgram.start(path, [question], until: deadline) else { return .obstacle(.notShown) }
        var typed = program.rest()
        let end = typed.withBytes { typed in
            typed.indices.first { typed[$0] == UInt8(ascii: "\n") || typed[$0] == UInt8(ascii: "\r") }
        }
        if let end { typed.truncate(to: end) }
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

extension Way {
    /// Where this process could ask a person, the best place first.
    ///
    /// - Parameters:
    ///   - environment: a variable's value.
    ///   - dialogs: which dialogs may be shown.
    static func toPerson(_ environment: (String) -> String?, dialogs: Settings.Dialogs) -> [Way] {
        if Terminal.isThere { return [.terminal] }
        guard (environment("WAYLAND_DISPLAY") ?? environment("DISPLAY")) != nil else { return [] }
        let askpass = environment("SSH_ASKPASS").map { [Way.askpass($0)] } ?? []
        switch dialogs {
        case .none: return []
        case .pinentry(let path): return [.pinentry(path)]
        case .found: return Pinentry.found(in: environment("PATH") ?? "/usr/bin:/bin").map { .pinentry($0) } + askpass
        }
    }
}
