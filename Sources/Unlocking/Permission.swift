private import Glibc
import KeyCache
import Sealing

/// Something that a person is asked to agree to.
public struct Permission: Sendable {
    /// The store's id.
    private let store: [UInt8]
    private let question: Question
    /// What tells it from others: who asks for what.
    private let id: [UInt8]

    /// The use of something by a program.
    ///
    /// - Parameters:
    ///   - what: what is used, as it is to be shown.
    ///   - program: the program's name, as it is to be shown; empty if it isn't known.
    ///   - process: its process.
    public static func use(of what: String, by program: String, _ process: Int32, store: [UInt8]) -> Permission {
        let who = program.isEmpty ? "an unknown program" : "\"\(program)\""
        return Permission(
            store, "let \(who) (pid \(process)) use \(what)?",
            "A program asks for AWS credentials.\nLet \(who) (process \(process)) use \(what)?")
    }

    /// That a profile is used with fewer questions.
    public static func fewerQuestions(about profile: String, store: [UInt8]) -> Permission {
        Permission(
            store, "ask less often before \"\(profile)\" is used?",
            "Ask less often before the AWS credentials of \"\(profile)\" are used?")
    }

    private init(_ store: [UInt8], _ line: String, _ explanation: String) {
        self.store = store
        question = Question(label: "", line: line, explanation: explanation, complaint: "")
        id = Array(sha256((hexadecimal(store) + line).utf8.span).prefix(16))
    }

    /// Asks a person: at the terminal, with a pinentry or with the program that `SSH_ASKPASS` names, whatever comes
    /// first.
    ///
    /// Whoever asks the same while the question stands gets the answer to it. Others at the same terminal or screen
    /// wait until it is answered, so that there is one question at a time.
    ///
    /// - Parameters:
    ///   - isForProgram: whether a no of the last seconds counts for this one too, since programs try again at once.
    ///   - environment: a variable's value.
    ///   - settings: what the person has set.
    /// - Throws: ``Obstacle``: `refused`, `noAnswer`, `nobodyThere`, `notShown`.
    public func ask(
        isForProgram: Bool, environment: (String) -> String?, settings: Settings, until deadline: Deadline
    ) throws(Obstacle) {
        let ways = Way.toPerson(environment, dialogs: settings.dialogs)
        while true {
            switch Meeting(store: store, about: .question(hexadecimal(id)), until: deadline).join(sits: !ways.isEmpty) {
            case .asker(let seat):
                let isRefused = isForProgram && KeyCache.refusal(store: id) != nil
                let obstacle = isRefused ? .refused : ask(ways, environment, until: deadline)
                if !isRefused, obstacle == .refused || obstacle == .noAnswer {
                    KeyCache.rememberRefusal([Self.number(of: obstacle)], store: id)
                }
                Self.tell(obstacle, to: seat)
                if let obstacle { throw obstacle }
                return
            case .told(let message):
                switch message.withBytes({ $0.isEmpty ? nil : $0[0] }) {
                case Self.number(of: nil): return
                case Self.number(of: .refused): throw .refused
                case Self.number(of: .noAnswer): throw .noAnswer
                // It may have had other ways.
                default: break
                }
            case .left: break
            case .late: throw .noAnswer
            }
        }
    }

    /// Goes from way to way until somebody answers, once nobody else is asked there.
    ///
    /// - Returns: what stood in the way of a yes; `nil` for a yes.
    private func ask(_ ways: [Way], _ environment: (String) -> String?, until deadline: Deadline) -> Obstacle? {
        guard let first = ways.first else { return .nobodyThere }
        let screen = environment("WAYLAND_DISPLAY") ?? environment("DISPLAY") ?? ""
        let place = first == .terminal ? "terminal \(getsid(0))" : screen
        let topic = Meeting.Topic.question(hexadecimal(Array(sha256(place.utf8.span).prefix(16))))
        while true {
            switch Meeting(store: store, about: topic, until: deadline).join(sits: true) {
            case .asker(let seat):
                let obstacle = ask(ways, until: deadline)
                // Until then, it is taken.
                _ = consume seat
                return obstacle
            case .late: return .noAnswer
            default: break
            }
        }
    }

    private func ask(_ ways: [Way], until deadline: Deadline) -> Obstacle? {
        var obstacle = Obstacle.noAnswer
        for way in ways where !deadline.hasPassed {
            obstacle = .notShown
            guard var prompt = Prompt.open(way, for: question, until: deadline) else { continue }
            guard let found = prompt.confirm() else { return nil }
            guard found == .notShown else { return found }
        }
        return obstacle
    }

    /// As it is told to those who wait: 0 for a yes.
    private static func number(of obstacle: Obstacle?) -> UInt8 {
        switch obstacle {
        case nil: 0
        case .refused: 1
        case .noAnswer: 2
        default: 3
        }
    }

    private static func tell(_ obstacle: Obstacle?, to seat: borrowing Seat?) {
        switch seat {
        case .some(let seat): seat.tell(SecretBytes(copying: [number(of: obstacle)].span))
        case nil: break
        }
    }
}

extension Prompt {
    /// Asks for a yes, and waits for the answer.
    ///
    /// - Returns: what stood in the way of a yes; `nil` for a yes.
    fileprivate mutating func confirm() -> Obstacle? {
        switch consume self {
        case .terminal(let question, let deadline):
            self = .terminal(question, deadline)
            let agrees = Terminal.agrees(to: "awskeys: " + question.line, within: deadline.left)
            return agrees ? nil : deadline.hasPassed ? .noAnswer : .refused
        case .pinentry(var pinentry):
            let obstacle = pinentry.confirm()
            self = .pinentry(pinentry)
            return obstacle
        case .askpass(let path, let question, let deadline):
            self = .askpass(path, question, deadline)
            return Self.confirm(path, question.line, until: deadline)
        }
    }

    /// As ssh-agent does it: the program shows the question with two buttons, and status 0 is a yes (ssh(1),
    /// `SSH_ASKPASS_PROMPT`).
    private static func confirm(_ path: String, _ question: String, until deadline: Deadline) -> Obstacle? {
        _ = unsafe setenv("SSH_ASKPASS_PROMPT", "confirm", 1)
        defer { _ = unsafe unsetenv("SSH_ASKPASS_PROMPT") }
        guard var program = AskedProgram.start(path, [question], until: deadline) else { return .notShown }
        _ = program.rest()
        return program.succeeds() ? nil : deadline.hasPassed ? .noAnswer : .refused
    }
}
