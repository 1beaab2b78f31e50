import Scanning
import Sealing

/// What a scan has come upon, as it is shown.
struct ScanReport {
    let findings: [Finding]
    /// How many more there are that are examples.
    let exampleCount: Int
    let unreadable: [Unreadable]
    /// The profiles that have a key, by its id; `nil` if nobody could be asked.
    let known: [String: [String]]?

    /// The profiles of the store that have the key.
    func profiles(_ spot: Spot) -> [String] { spot.accessKeyID.flatMap { known?[$0] } ?? [] }

    /// For people: where it is, and what, but for anything secret.
    func line(_ finding: Finding) -> String { "\(place(finding)): \(what(finding))" }

    private func place(_ finding: Finding) -> String {
        let position = "\(finding.spot.line):\(finding.spot.column)"
        guard finding.path.isEmpty, let origin = finding.origin else { return "\(printable(finding.path)):\(position)" }
        let object = origin.commit == nil ? "object" : "message of commit"
        return "\(printable(origin.repository)): \(object) \(origin.object.prefix(12)):\(position)"
    }

    /// What it is.
    func what(_ finding: Finding) -> String {
        let spot = finding.spot
        let profiles = profiles(spot)
        let notes = [
            profiles.isEmpty
                ? nil : "known: profile\(profiles.count == 1 ? "" : "s") \(profiles.joined(separator: ", "))",
            spot.isExample ? "example" : nil,
            finding.path.isEmpty ? nil : finding.origin?.commit.map { "commit \($0.prefix(12))" },
        ].compactMap(\.self)
        return spot.kind.words + (spot.accessKeyID.map { ", " + short($0) } ?? "")
            + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
    }

    /// For `--json`.
    var document: Document { Document(self) }

    struct Document: Encodable {
        let findings: [Entry]
        let examplesLeftOut: Int
        let knownIDsUsed: Bool
        let unreadable: [Problem]

        init(_ report: ScanReport) {
            findings = report.findings.map { Entry($0, report.profiles($0.spot)) }
            examplesLeftOut = report.exampleCount
            knownIDsUsed = report.known != nil
            unreadable = report.unreadable.map {
                Problem(path: text($0.path), reason: $0.problem.words, hint: $0.hint)
            }
        }

        enum CodingKeys: String, CodingKey {
            case findings, unreadable
            case examplesLeftOut = "examples_left_out"
            case knownIDsUsed = "known_ids_used"
        }
    }

    struct Entry: Encodable {
        let kind: String
        let path: String?
        let pathBytes: String?
        let line: Int
        let column: Int
        let accessKeyID: String?
        let isExample: Bool
        let profiles: [String]
        let repository: String?
        let commit: String?
        let object: String?

        init(_ finding: Finding, _ profiles: [String]) {
            kind = finding.spot.kind.rawValue
            path = finding.path.isEmpty ? nil : text(finding.path)
            pathBytes = path.map { Array($0.utf8) == finding.path } ?? true ? nil : hexadecimal(finding.path)
            line = finding.spot.line
            column = finding.spot.column
            accessKeyID = finding.spot.accessKeyID
            isExample = finding.spot.isExample
            self.profiles = profiles
            repository = finding.origin.map { text($0.repository) }
            commit = finding.origin?.commit
            object = finding.origin?.object
        }

        enum CodingKeys: String, CodingKey {
            case kind, path, line, column, profiles, repository, commit, object
            case pathBytes = "path_bytes"
            case accessKeyID = "access_key_id"
            case isExample = "example"
        }
    }

    struct Problem: Encodable {
        let path: String
        let reason: String
        let hint: String?
    }
}

extension Match.Kind {
    /// For people.
    var words: String {
        switch self {
        case .accessKeyID: "access key id"
        case .temporaryAccessKeyID: "id of a temporary access key"
        case .secretAccessKey: "secret access key"
        }
    }
}

extension Unreadable {
    /// For standard error.
    var words: String {
        let path = printable(path)
        let line =
            switch problem {
            case .system: "cannot read \"\(path)\": \(problem.words)"
            case .foreignRepository: "\(problem.words): \"\(path)\""
            default: "cannot read all of the repository \"\(path)\": \(problem.words)"
            }
        return "awskeys: \(line)" + (hint.map { "\n  hint: \($0)" } ?? "")
    }

    /// The next step, where there is one.
    var hint: String? {
        let path = printable(path)
        return switch problem {
        case .foreignRepository: "if you trust it, `git config --global --add safe.directory \"\(path)\"`"
        case .shallowRepository: "fetch the rest first: `git -C \"\(path)\" fetch --unshallow`"
        case .partialRepository: "fetch the rest first: `git -C \"\(path)\" fetch --refetch --no-filter`"
        default: nil
        }
    }
}

extension ScanProblem {
    fileprivate var words: String {
        switch self {
        case .system(let number): reason(number)
        case .foreignRepository: "git does not read a repository that belongs to another user"
        case .damagedRepository: "it is damaged"
        case .shallowRepository: "it is a shallow clone, without its older commits"
        case .partialRepository: "it is a partial clone, without all of its files"
        case .silentGit: "git said nothing for too long"
        case .noGit: "git is not there"
        case .git(let status): "git ended with status \(status)"
        }
    }
}

/// A path as text; what isn't UTF-8 is replaced.
func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

/// A path on one line, and without what a terminal might act on: in quotes with C's escapes then, as git has it.
func printable(_ path: [UInt8]) -> String {
    let path = path.starts(with: Array("./".utf8)) ? Array(path.dropFirst(2)) : path
    let text = text(path)
    let odd: Set<Unicode.GeneralCategory> = [.control, .format, .lineSeparator, .paragraphSeparator]
    let isOdd = text.unicodeScalars.contains { odd.contains($0.properties.generalCategory) }
    guard isOdd || Array(text.utf8) != path else { return text }
    let escaped = path.map { byte in
        switch byte {
        case UInt8(ascii: "\n"): "\\n"
        case UInt8(ascii: "\t"): "\\t"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
        case 0x20..<0x7F: String(UnicodeScalar(byte))
        default: "\\" + String(repeating: "0", count: byte < 8 ? 2 : byte < 64 ? 1 : 0) + String(byte, radix: 8)
        }
    }
    return "\"" + escaped.joined() + "\""
}
