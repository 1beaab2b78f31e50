import AWSConfig
import ArgumentParser
import Diagnosis

/// One thing that `awskeys doctor` has found, in words.
struct DoctorEntry: Encodable {
    let rule: String
    let severity: Severity
    var file: String?
    var line: Int?
    var profile: String?
    let message: String
    var hint: String?
    /// Whether `--fix` mends it.
    var fixable = false

    /// A paragraph for people: what is wrong and where, and the next step.
    var text: String {
        let place = file.map { $0 + (line.map { ":\($0)" } ?? "") + ": " } ?? ""
        return printable("\(severity.rawValue): \(place)\(message)" + (hint.map { "\n  hint: \($0)" } ?? ""))
    }

    init(
        rule: String, severity: Severity, file: String? = nil, line: Int? = nil, profile: String? = nil,
        message: String, hint: String? = nil
    ) {
        self.rule = rule
        self.severity = severity
        self.file = file
        self.line = line
        self.profile = profile
        self.message = message
        self.hint = hint
    }

    /// What a rule has found in the files or the environment.
    init(_ finding: Finding, in situation: Situation) {
        self.init(
            rule: finding.problem.rule.rawValue, severity: finding.problem.severity,
            file: finding.file.map { situation.path(of: $0) }, line: finding.line,
            profile: finding.profile.map(shownName),
            message: finding.message, hint: finding.hint)
        fixable = finding.fix != nil
    }
}

extension Severity: Encodable {}

extension Situation {
    /// Where one of the two files lies.
    func path(of file: ConfigDocument.File) -> String { file == .config ? config.path : credentials.path }
}

/// All that `awskeys doctor` has found, the worst first.
struct DoctorReport: Encodable {
    let findings: [DoctorEntry]

    init(_ entries: [DoctorEntry]) {
        findings = entries.enumerated().sorted {
            ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset)
        }.map(\.element)
    }

    /// Says it; nothing if there is nothing to say.
    func say() {
        guard !findings.isEmpty else { return }
        Console.say(findings.map(\.text).joined(separator: "\n\n"))
    }

    /// Ends with the exit code for the worst of them.
    func end() throws {
        guard let worst = findings.first?.severity else { return }
        throw ExitCode((worst == .error ? Failure.Code.errors : .warnings).rawValue)
    }
}
