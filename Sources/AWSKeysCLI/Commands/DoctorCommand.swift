import ArgumentParser
import Diagnosis

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what is wrong, and say what to do about it.",
        discussion: """
            Says nothing where all is well. Nothing is asked for and nothing is changed, but with --fix or --undo; AWS \
            isn't asked either.
            """)

    @Flag(help: "Mend what can be mended so that nobody loses anything.")
    var fix = false

    @Option(
        name: .customLong("rule"), help: "Mend, and look at, only what this rule finds (may be repeated).",
        transform: { name in
            guard let rule = Rule(rawValue: name) else { throw ValidationError("there is no rule \"\(name)\"") }
            return rule
        })
    var rules: [Rule] = []

    @Flag(help: "Show what would be mended, and do nothing.")
    var dryRun = false

    @Flag(help: "Give the files that were mended last their bytes back.")
    var undo = false

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Don't ask.")
    var yes = false

    func validate() throws {
        if undo, fix || json { throw ValidationError("--undo takes back the latest fix and goes with --yes only") }
        if fix, json { throw ValidationError("--json prints what is wrong and doesn't go with --fix") }
        if !fix, dryRun || !rules.isEmpty { throw ValidationError("--rule and --dry-run go with --fix") }
        if !fix, !undo, yes { throw ValidationError("--yes goes with --fix or --undo") }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        if undo { return try takeBack(in: context) }
        if fix { return try mend(in: context) }
        let report = try report(in: context)
        if json { try Console.say(json: report) } else { report.say() }
        try report.end()
    }

    /// Everything that any rule has found, or those that were named.
    func report(in context: Context) throws -> DoctorReport {
        let situation = try Situation(in: context)
        let found = situation.findings().filter { rules.isEmpty || rules.contains($0.problem.rule) }
        let ofStore = try rules.isEmpty ? StoreHealth(in: context).findings.map(\.entry) : []
        return DoctorReport(found.map { DoctorEntry($0, in: situation) } + ofStore)
    }
}
