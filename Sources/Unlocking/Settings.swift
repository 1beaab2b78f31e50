import DurableFiles
private import Glibc
import Sealing

/// What a person has set for unlocking, in `$XDG_CONFIG_HOME/awskeys/config`.
///
/// A line is a name, `=` and a value; blank lines and those that begin with `#` say nothing. What can't be understood
/// is a problem to be told, and never stands in the way of an answer: the standard counts.
public struct Settings: Sendable, Equatable {
    /// How long the data key stays after each use, in seconds (`unlock-for`).
    public var lifetime: UInt32 = 15 * 60
    /// The same after `awskeys unlock` where a person gave the passphrase (`unlock-for-passphrase`).
    public var lifetimeAfterPassphrase: UInt32 = 8 * 3600
    /// Which dialogs may be shown (`pinentry`).
    public var dialogs = Dialogs.found
    /// Whether uses of profiles are written to the journal (`log`); `nil` if nothing is said of it, so that a program
    /// with settings of its own doesn't end it for all.
    public var isLogged: Bool?
    /// What could not be understood.
    public private(set) var problems: [Problem] = []

    /// Which dialogs ask for the passphrase.
    public enum Dialogs: Sendable, Equatable {
        /// Those of whichever pinentry is found, or what `SSH_ASKPASS` names.
        case found
        /// Those of this pinentry; its absolute path.
        case pinentry(String)
        /// None.
        case none
    }

    /// A line that can't be understood.
    public struct Problem: Sendable, Equatable {
        /// Which line, the first one being 1; 0 if the file itself can't be read.
        public let line: Int
        /// What is wrong with it.
        public let kind: Kind

        /// What may be wrong.
        public enum Kind: Sendable, Equatable {
            /// The file can't be read; the error number.
            case unreadable(Int32)
            /// It has no `=`.
            case noSetting
            /// There is no setting of this name.
            case unknown(String)
            /// The setting doesn't take this value.
            case badValue(name: String)
        }
    }

    /// The standard.
    public init() {}

    /// Reads a file; one that isn't there sets nothing.
    public init(readingFile path: String) {
        do throws(FileError) {
            let bytes = try readFile(at: path, atMost: 64 * 1024)
            self.init(reading: bytes.withBytes { String(decoding: $0.array(), as: UTF8.self) })
        } catch {
            self.init()
            if error.number != ENOENT, error.number != ENOTDIR {
                problems = [Problem(line: 0, kind: .unreadable(error.number))]
            }
        }
    }

    /// Reads the text of a file.
    public init(reading text: String) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = trimmed(line)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                problems.append(Problem(line: index + 1, kind: .noSetting))
                continue
            }
            let name = trimmed(line[..<equals])
            if let kind = set(name, to: trimmed(line[line.index(after: equals)...])) {
                problems.append(Problem(line: index + 1, kind: kind))
            }
        }
    }

    /// Sets one setting; gives what is wrong with it.
    private mutating func set(_ name: String, to value: String) -> Problem.Kind? {
        switch name {
        case "unlock-for":
            guard let seconds = seconds(in: value) else { return .badValue(name: name) }
            lifetime = seconds
        case "unlock-for-passphrase":
            guard let seconds = seconds(in: value) else { return .badValue(name: name) }
            lifetimeAfterPassphrase = seconds
        case "pinentry":
            guard value == "none" || value.hasPrefix("/") else { return .badValue(name: name) }
            dialogs = value == "none" ? .none : .pinentry(value)
        case "log":
            guard value == "none" || value == "journal" else { return .badValue(name: name) }
            isLogged = value == "journal"
        default:
            return .unknown(name)
        }
        return nil
    }
}

/// A span of time as people write it, a number with `s`, `m`, `h` or `d`, in seconds: more than nothing, at most 365
/// days.
public func seconds(in text: String) -> UInt32? {
    let units: [Character: UInt32] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    guard let unit = text.last.flatMap({ units[$0] }), let number = UInt32(text.dropLast()), number > 0,
        number <= 365 * 86400 / unit
    else { return nil }
    return number * unit
}

private func trimmed(_ text: some StringProtocol) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
}
