import AWSConfig
import ArgumentParser
import Foundation
import Importing
import Scanning
import Unlocking

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Find access keys that lie in plain text.",
        discussion: """
            Looks through files and folders; without PATH, through the AWS files and the usual places of this home. \
            Of a key, the place and the ends of its id are shown, of a secret the place only. Ends with 1 if there is \
            one.
            """)

    @Argument(help: "Files, and folders with all that is in them.", completion: .file())
    var paths: [String] = []

    @Flag(help: "Also look through the history of the git repositories that PATH lies in or contains.")
    var history = false

    @Flag(help: "Show keys of documentation and tests too, such as ids that end in EXAMPLE.")
    var examples = false

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print SARIF 2.1.0, which code scanning services read.")
    var sarif = false

    func validate() throws {
        if json, sarif { throw ValidationError("--json and --sarif are two formats") }
        if history, paths.isEmpty { throw ValidationError("--history goes with PATH") }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let places = try paths.isEmpty ? usualPlaces(in: context) : paths
        if !paths.isEmpty { try requireThere(paths) }
        let known = try knownKeys(in: context)
        let matcher = Matcher(known: known.map { Set($0.keys) } ?? [])
        let files = scan(places, isOptional: paths.isEmpty, for: matcher)
        var (findings, unreadable) = (files.findings, files.unreadable)
        if history {
            guard
                let histories = scanHistories(
                    of: paths, foundIn: files, environment: context.environment, for: matcher)
            else {
                throw Failure(
                    .notFound, "there is no git repository in \"\(paths.joined(separator: "\", \""))\", nor around it",
                    hint: "leave `--history` out, or name a repository")
            }
            findings += histories.findings
            unreadable += histories.unreadable
            if unreadable.contains(where: { $0.problem == .noGit }) {
                throw Failure(.unavailable, "cannot start git, which reads histories", hint: "install git")
            }
        }
        let shown = findings.filter { examples || !$0.spot.isExample }
        let report = ScanReport(
            findings: shown, exampleCount: findings.count - shown.count, unreadable: unreadable, known: known)
        if json {
            try Console.say(json: report.document)
        } else if sarif {
            try Console.say(json: SARIFLog(report))
        } else {
            for finding in shown { Console.say(report.line(finding)) }
        }
        for each in unreadable { Console.note(each.words) }
        if report.exampleCount > 0, !json, !sarif {
            Console.note("\(report.exampleCount) left out that look like examples: `--examples` shows them")
        }
        guard shown.isEmpty else {
            Console.note(
                "`awskeys import` takes keys of the AWS files into the store, `awskeys add` others; "
                    + "`awskeys rotate` replaces those that somebody may have seen")
            throw ExitCode(Failure.Code.declined.rawValue)
        }
        guard unreadable.isEmpty else { throw ExitCode(Failure.Code.inputOutput.rawValue) }
        Console.note("no keys found")
    }

    private func requireThere(_ paths: [String]) throws {
        for path in paths {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else {
                throw Failure(
                    errno == ENOENT || errno == ENOTDIR ? .notFound : .inputOutput,
                    "cannot look into \"\(path)\": \(reason(errno))", hint: "name a file or a folder")
            }
            guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
                throw Failure(.usage, "\"\(path)\" is neither a file nor a folder", hint: "name a file or a folder")
            }
        }
    }

    private func usualPlaces(in context: Context) throws -> [String] {
        let (config, credentials) = (try context.path(of: .config), try context.path(of: .credentials))
        let home = try context.home()
        var isFolder: ObjCBool = false
        // A folder beside the AWS files may be anything.
        let files = Importing.usualPlaces(config: config, credentials: credentials, home: home).filter {
            unsafe FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
        }
        return [config, credentials] + files + [cacheFolder(home: home)]
    }

    /// The profiles that have a key, by its id; `nil` if the store doesn't open without a person.
    private func knownKeys(in context: Context) throws -> [String: [String]]? {
        guard FileManager.default.fileExists(atPath: try context.storePath()),
            let store = try? UnlockedStore.unlock(in: context, .isForProgram), let keys = try? store.keys()
        else { return nil }
        return Dictionary(grouping: keys, by: \.accessKeyID).mapValues { $0.map(\.profile) }
    }
}
