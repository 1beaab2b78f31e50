import DurableFiles
import Foundation

/// What the command line says when something didn't work: one message, the next step, and the exit code.
struct Failure: Error {
    let code: Code
    /// Lower case, no full stop.
    let message: String
    /// What to do next.
    let hint: String?

    init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// Exit codes, as in sysexits.h; they are API. `docs/commands.md` says what each means here.
    enum Code: Int32 {
        case declined = 1
        case warnings = 2
        case errors = 3
        case usage = 64
        case damaged = 65
        case notFound = 66
        case unavailable = 69
        case cantCreate = 73
        case inputOutput = 74
        case busy = 75
        case rolledBack = 76
        case locked = 77
        case config = 78
        case noExecutable = 126
        case noCommand = 127
    }

    /// The text for standard error.
    var text: String { printable("awskeys: \(message)\n" + (hint.map { "  hint: \($0)\n" } ?? "")) }
}

/// What the system calls an error number.
func reason(_ number: Int32) -> String {
    number == FileError.notAFile ? "Is no file" : unsafe String(cString: strerror(number))
}
