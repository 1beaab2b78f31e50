import Sealing

/// Asks a person for what a device for multi-factor authentication shows: at the terminal, with a pinentry or with the
/// program that `SSH_ASKPASS` names, whatever comes first.
///
/// - Parameters:
///   - serialNumber: the device.
///   - environment: a variable's value.
///   - settings: what the person has set.
/// - Returns: six digits.
/// - Throws: ``Obstacle``: `refused`, `noAnswer`, `nobodyThere`, `notShown`.
public func askForCode(
    of serialNumber: String, environment: (String) -> String?, settings: Settings, until deadline: Deadline
) throws(Obstacle) -> String {
    var problem = Obstacle.nobodyThere
    for way in Way.toPerson(environment, dialogs: settings.dialogs) where !deadline.hasPassed {
        guard var prompt = Prompt.open(way, for: .code(of: serialNumber), until: deadline) else {
            problem = .notShown
            continue
        }
        problem = .refused
        for number in 0..<prompt.tries {
            switch prompt.ask(isRetry: number > 0) {
            case .typed(let typed):
                let code = typed.withBytes { String(decoding: $0.array(), as: UTF8.self) }.filter { $0 != " " }
                if isCode(code) { return code }
            case .obstacle(let obstacle):
                problem = obstacle
                guard obstacle == .notShown else { throw obstacle }
            }
            if problem == .notShown { break }
        }
        guard problem == .notShown else { throw problem }
    }
    throw problem
}

/// Whether a text is what devices show: six digits.
public func isCode(_ text: String) -> Bool {
    text.utf8.count == 6 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}
