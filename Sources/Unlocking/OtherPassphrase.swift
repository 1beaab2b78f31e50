public import Sealing

/// Asks a person for the passphrase of something that isn't the store: at the terminal, with a pinentry or with the
/// program that `SSH_ASKPASS` names, whatever comes first.
///
/// - Parameters:
///   - what: what it opens, as in "Passphrase of …".
///   - environment: a variable's value.
///   - settings: what the person has set.
///   - isRight: whether what was typed is it; the person may try again if it isn't.
/// - Throws: ``Obstacle``: `refused`, `noAnswer`, `nobodyThere`, `notShown`, `wrongKey`.
public func askForPassphrase(
    of what: String, environment: (String) -> String?, settings: Settings, until deadline: Deadline,
    isRight: (borrowing SecretBytes) -> Bool
) throws(Obstacle) -> SecretBytes {
    let question = Question(
        label: "Passphrase", line: "Passphrase of \(what)", explanation: "Enter the passphrase of \(what).",
        complaint: "Wrong passphrase, try again")
    for way in Way.toPerson(environment, dialogs: settings.dialogs) where !deadline.hasPassed {
        guard var prompt = Prompt.open(way, for: question, until: deadline) else { continue }
        var isShown = true
        for number in 0..<prompt.tries where isShown {
            switch prompt.ask(isRetry: number > 0) {
            case .typed(let typed):
                if isRight(typed) { return typed }
            case .obstacle(.notShown): isShown = false
            case .obstacle(let obstacle): throw obstacle
            }
        }
        if isShown { throw .wrongKey }
    }
    throw .nobodyThere
}
