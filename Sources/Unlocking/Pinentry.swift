private import Glibc
import Sealing

/// A pinentry: the program of GnuPG's that asks for a passphrase in a window.
///
/// It speaks the Assuan protocol (https://www.gnupg.org/documentation/manuals/assuan/): a command a line, and an
/// ``AssuanReply`` to each. The commands are in pinentry's own manual. A library for it would block without a deadline.
struct Pinentry: ~Copyable {
    private var program: AskedProgram
    private let deadline: Deadline

    private let question: Question

    /// Those with windows, in the order of their desktops' spread; then the one that the system has chosen.
    private static let names = [
        "pinentry-gnome3", "pinentry-qt", "pinentry-gtk-2", "pinentry-gtk", "pinentry-fltk", "pinentry-x11", "pinentry",
    ]

    /// Where pinentries with windows are.
    ///
    /// - Parameter path: the folders to look in, with colons between them (`PATH`).
    static func found(in path: String) -> [String] {
        var seen: Set<String> = []
        return names.compactMap { name in
            path.split(separator: ":").lazy.map { $0 + "/" + name }.first { unsafe access($0, X_OK) == 0 }
        }.filter { found in
            guard let real = unsafe realpath(found, nil) else { return false }
            defer { unsafe free(real) }
            let target = unsafe String(cString: real)
            // These need a terminal, and there is none where a window is asked for.
            return !target.hasSuffix("-curses") && !target.hasSuffix("-tty") && seen.insert(target).inserted
        }
    }

    /// Starts one.
    ///
    /// - Returns: `nil` if it can't be started or doesn't greet.
    static func start(_ path: String, for question: Question, until deadline: Deadline) -> Pinentry? {
        guard let program = AskedProgram.start(path, until: deadline) else { return nil }
        var pinentry = Pinentry(program: program, question: question, deadline: deadline)
        guard pinentry.reply().isOK else { return nil }
        // What it doesn't know it may refuse.
        let seconds = max(1, deadline.milliseconds() / 1000)
        for command in [
            "OPTION lc-ctype=C.UTF-8", "SETTIMEOUT \(seconds)", "SETTITLE awskeys", "SETPROMPT \(question.label):",
        ] {
            _ = pinentry.ask(command)
        }
        guard pinentry.ask("SETDESC " + question.explanation.assuan).isOK else { return nil }
        return pinentry
    }

    private init(program: consuming AskedProgram, question: Question, deadline: Deadline) {
        self.program = program
        self.question = question
        self.deadline = deadline
    }

    /// Has the person type the answer.
    ///
    /// - Parameter isRetry: whether the one before was wrong.
    mutating func ask(isRetry: Bool) -> PromptReply {
        if isRetry { _ = ask("SETERROR " + question.complaint.assuan) }
        switch ask("GETPIN") {
        case .ok(let typed): return typed.count > 0 ? .typed(typed) : .obstacle(.refused)
        case .error(let code): return .obstacle(Self.obstacle(code))
        case .ended: return .obstacle(deadline.hasPassed ? .noAnswer : .notShown)
        }
    }

    /// Has the person agree or not.
    ///
    /// - Returns: what stood in the way of a yes; `nil` for a yes.
    mutating func confirm() -> Obstacle? {
        for command in ["SETOK Allow", "SETCANCEL Refuse"] { _ = ask(command) }
        switch ask("CONFIRM") {
        case .ok: return nil
        case .error(let code): return deadline.hasPassed ? .noAnswer : Self.obstacle(code)
        case .ended: return deadline.hasPassed ? .noAnswer : .notShown
        }
    }

    private static let timeout = 62
    private static let cancelled = 99
    private static let notConfirmed = 114
    private static let fullyCancelled = 198

    private static func obstacle(_ code: Int) -> Obstacle {
        // libgpg-error puts the program that the error comes from into the upper half.
        switch code & 0xFFFF {
        case cancelled, notConfirmed, fullyCancelled: .refused
        case timeout: .noAnswer
        default: .notShown
        }
    }

    private mutating func ask(_ command: String) -> AssuanReply {
        guard program.send(command) else { return .ended }
        return reply()
    }

    private mutating func reply() -> AssuanReply { AssuanReply { program.line() } }
}

extension String {
    /// As a command takes it: what would end the line, and `%`, as `%` and two digits.
    fileprivate var assuan: String {
        replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }
}
