import CredentialProcess
import DurableFiles
import Keyring
import OtherTools
import Unlocking

// The words for what may go wrong with another tool's keys.

extension Failure {
    init(_ error: OtherToolError, of tool: OtherTool, for profiles: [String]) {
        let only = "`--profile NAME` takes others without it; nothing was changed"
        switch error {
        case .noKeys:
            let collection = "its collection \"\(harmless(tool.collection))\""
            let places = ["secret-service": collection, "pass": "pass", "file": "\"\(harmless(tool.folder))\""]
            let all = [collection] + (tool.passPrefix.isEmpty ? [] : ["pass"]) + ["\"\(harmless(tool.folder))\""]
            self.init(
                .notFound,
                (profiles.isEmpty
                    ? "no keys of \(tool.name) in "
                    : "\(tool.name) has no key of \"\(profiles.map { harmless($0) }.joined(separator: "\", \""))\" in ")
                    + (tool.backend.flatMap { places[$0] } ?? all.joined(separator: ", nor in ")),
                hint: tool.passphraseVariable == nil
                    ? "`\(tool.name) credentials list` shows them"
                    : "set the variables that \(tool.name) reads: AWS_VAULT_BACKEND (pass isn't looked at without it), "
                        + "AWS_VAULT_FILE_DIR")
        case .otherBackend(let name):
            self.init(
                .config, "\(tool.name) is told to use the backend \"\(harmless(name))\", which can't be read here",
                hint: "secret-service, pass and file can: copy the keys to one of them with \(tool.name)")
        case .file(let error):
            let failure = Failure(error)
            self.init(
                failure.code, failure.message,
                hint: failure.hint ?? (error.path == tool.folder ? "look at what is there; nothing was changed" : only))
        case .wrongPassphrase(let folder):
            self.init(
                .locked, "the passphrase opens none of \(tool.name)'s keys in \"\(harmless(folder))\"",
                hint: tool.passphraseVariable.map { "check \($0), or unset it to be asked" })
        case .notAsked(let obstacle, let folder):
            self.init(
                .locked, "\(tool.name)'s keys in \"\(harmless(folder))\" need their passphrase, and \(obstacle.why)",
                hint: "run it in a terminal" + (tool.passphraseVariable.map { ", or set \($0)" } ?? ""))
        case .keyring(let error, let collection):
            self.init(
                error == .locked || error == .dismissed || error == .unanswered ? .locked : .unavailable,
                "\(tool.name)'s collection \"\(harmless(collection))\" can't be read: \(error.words)",
                hint: "unlock it, then try again")
        case .notShown(let item):
            self.init(
                .unavailable, "`\(harmless(tool.passProgram)) show \"\(harmless(item))\"` gives nothing",
                hint: "try it in this terminal; nothing was changed")
        case .item(let problem, let place):
            let code: Code = problem == .otherPassphrase ? .locked : .damaged
            self.init(code, "\"\(harmless(place))\" \(problem.words)", hint: only)
        }
    }
}

extension ItemProblem {
    fileprivate var words: String {
        switch self {
        case .notAnItem: "isn't an item as the tool writes it"
        case .otherSealing: "isn't sealed with PBES2-HS256+A128KW and A256GCM"
        case .tooManyIterations(let count): "asks for \(count) rounds of PBKDF2, more than anybody should run"
        case .otherPassphrase: "doesn't open with the passphrase that opens the others"
        case .altered: "was altered since it was sealed"
        case .notAKey: "holds no access key"
        }
    }
}

extension Obstacle {
    fileprivate var why: String {
        switch self {
        case .nobodyThere, .notShown: "there is nobody to ask"
        case .noAnswer: "there was no answer in time"
        default: "none was given"
        }
    }
}
