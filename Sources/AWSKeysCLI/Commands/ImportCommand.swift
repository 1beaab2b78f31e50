import AWSConfig
import ArgumentParser
import CredentialProcess
import Foundation
import Importing
import SealedStore
import Sealing
import Unlocking

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Move the keys of the AWS files, or of a bundle, into the store.",
        discussion: """
            Each profile keeps its name and everything else that stands in its section; its key lines give way to one \
            line that asks the store. Nothing happens before the plan has been shown and confirmed.
            """)

    enum Target: String, ExpressibleByArgument, CaseIterable {
        case config, credentials, both

        var files: [ConfigDocument.File] {
            switch self {
            case .config: [.config]
            case .credentials: [.credentials]
            case .both: [.config, .credentials]
            }
        }
    }

    @OptionGroup var bundle: BundleImport

    @Option(name: .customLong("profile"), help: "Import only this profile (may be repeated).")
    var profiles: [String] = []

    @Option(name: .customLong("from"), help: "Take the keys from there instead of from the AWS files.")
    var source: ImportSource?

    @Argument(help: "Files that the AWS console gave for download (with --from csv).", completion: .file())
    var files: [String] = []

    @Option(help: "The file that gets the line; some programs read it only from credentials.")
    var into: Target?

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Take the latest import back.")
    var undo = false

    @Flag(help: "Print the plan as JSON (with --dry-run).")
    var json = false

    @Flag(help: "Give programs sessions of the keys only, never the keys themselves.")
    var sessions = false

    @Flag(help: "Ask AWS first whether the keys are valid, and say whose they are.")
    var verify = false

    @Flag(help: "Don't ask.")
    var yes = false

    func validate() throws {
        if let source { return try validate(source) }
        guard files.isEmpty else { throw ValidationError("one bundle at a time") }
        if bundle.file != nil, undo || into != nil {
            throw ValidationError("--undo and --into are about the AWS files, and go with no bundle")
        }
        if undo, dryRun || verify || json || sessions || into != nil || !profiles.isEmpty {
            throw ValidationError("--undo takes back the whole latest import and goes with --yes only")
        }
        if json, !dryRun { throw ValidationError("--json prints a plan and goes with --dry-run") }
        try bundle.validate(yes: yes)
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        if let source { return try ImportFrom(source, self, in: context).run() }
        if let file = bundle.file { return try bundle.run(file, self, in: context) }
        if undo { return try takeBack(in: context) }
        let config = try Self.file(.config, in: context)
        let credentials = try Self.file(.credentials, in: context)
        let path = try context.storePath()
        // Nobody is asked for a passphrase where there's nothing to do.
        let preview = try plan(config, credentials, in: context)
        for name in profiles where !preview.profiles.contains(where: { $0.name == name }) {
            if config.asksStore(for: name) || credentials.asksStore(for: name) { continue }
            throw Failure(
                .notFound, "profile \"\(name)\" has no keys in \"\(credentials.path)\" or \"\(config.path)\"",
                hint: "`awskeys import --dry-run` shows those that have")
        }
        let exists = FileManager.default.fileExists(atPath: path)
        guard !preview.imported.isEmpty else {
            if exists { _ = try? UnlockedStore.unlock(in: context, []) }
            return try show(preview, config, credentials, in: context)
        }
        if exists {
            let store = try UnlockedStore.unlock(in: context)
            try perform(in: context, store: store, config, credentials)
        } else {
            try perform(in: context, new: preview, config, credentials)
        }
    }

    private func perform(
        in context: Context, store: borrowing UnlockedStore, _ config: borrowing AWSFile,
        _ credentials: borrowing AWSFile
    ) throws {
        let open = try store.open()
        var problem: StoreError?
        let plan = try plan(config, credentials, in: context) { name, id, secret in
            do throws(StoreError) {
                guard let key = try open.key(of: name) else { return false }
                return !key.secretAccessKey.equals(secret) || key.accessKeyID.utf8.span.array() != id.array()
            } catch {
                problem = error
                return true
            }
        }
        if let problem { throw Failure(problem, store: store.path) }
        try show(plan, config, credentials, in: context)
        guard !dryRun, !plan.imported.isEmpty else { return }
        try verifyKeys(plan, config, credentials, in: context)
        try Console.confirm("move \(count(plan.imported)) into the store?", yes: yes)
        try apply(plan, to: store, config, credentials, in: context)
    }

    private func perform(
        in context: Context, new plan: ImportPlan, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile
    ) throws {
        try show(plan, config, credentials, in: context)
        guard !dryRun else { return }
        try verifyKeys(plan, config, credentials, in: context)
        let way = try NewStore.choose(in: context)
        Console.note("a new store will be made at \(try context.storePath()), \(way.words)")
        try Console.confirm("move \(count(plan.imported)) into the store?", yes: yes)
        try apply(plan, to: way.make(in: context, yes: yes), config, credentials, in: context)
    }

    private func apply(
        _ plan: ImportPlan, to store: borrowing UnlockedStore, _ config: borrowing AWSFile,
        _ credentials: borrowing AWSFile, in context: Context
    ) throws {
        try store.change(isTaking: false) { (importer) in
            // Under the lock: another command may have changed the files since the plan was shown. Where it would be
            // the same for what they hold now, nobody has to be asked again.
            let configNow = try Self.file(.config, in: context)
            let credentialsNow = try Self.file(.credentials, in: context)
            let names = Set(plan.imported.map(\.name))
            let planNow = try self.plan(configNow, credentialsNow, only: names, in: context)
            guard plan.isSame(as: planNow, config, credentials, now: configNow, credentialsNow) else {
                throw ImportError.changedMeanwhile(
                    path: configNow.isSame(as: config) ? credentials.path : config.path)
            }
            try importer.apply(
                planNow, config: configNow, credentials: credentialsNow, now: UInt64(context.now()),
                isSessionsOnly: sessions)
        }
        Console.say("imported \(count(plan.imported)); " + (try outcome(of: plan, store)))
        Console.note(
            "these keys lay in plain text, so others may have seen them: `awskeys rotate --imported` replaces them")
        if sessions { Console.note(AdoptCommand.limits) }
        Console.note("`awskeys import --undo` takes it back")
        guard !yes, Terminal.isThere, Console.agrees("replace them in IAM now?") else { return }
        try RotateCommand.parse(["--"] + plan.imported.map(\.keyProfile)).run(in: context)
    }

    /// What programs notice.
    private func outcome(of plan: ImportPlan, _ store: borrowing UnlockedStore) throws -> String {
        if sessions { return "programs get temporary credentials" }
        let names = Set(plan.imported.map(\.keyProfile))
        // What was said of a key holds for whoever has it.
        let others = try store.keys().filter { key in
            names.contains(key.profile) && (key.isSessionsOnly || key.confirmation != nil)
        }
        guard !others.isEmpty else { return "every program goes on as before" }
        let words = others.map { $0.profile + ($0.isSessionsOnly ? " (sessions only)" : " (a person is asked)") }
        return "programs go on as before, but for keys that the store had already: " + words.joined(separator: ", ")
    }

    private func verifyKeys(
        _ plan: ImportPlan, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile, in context: Context
    ) throws {
        guard verify else { return }
        let access = try AWSAccess(in: context)
        for profile in plan.imported {
            let key = profile.key(config: config, credentials: credentials, added: 0)
            try AWSKeysCLI.verify(key, of: profile.name, access)
        }
    }

    private func takeBack(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        guard !store.hasUndone else { return Console.say("took the latest import back") }
        try Console.confirm(
            "put the AWS files back as they were before the latest import, with their keys in plain text?", yes: yes)
        let profiles = try store.profilesToGiveBack()
        let kept = try context.logging(usesOf: profiles, as: { _ in .key }) {
            try store.confirmUse(of: profiles)
            return try store.change(isTaking: true) { (importer) in try importer.undo() }
        }
        for name in kept { Console.note("awskeys: kept \"\(name)\" in the store, since the files don't give its key") }
        Console.say("took the latest import back")
    }

    private func plan(
        _ config: borrowing AWSFile, _ credentials: borrowing AWSFile, only selection: Set<String>? = nil,
        in context: Context,
        isOther: (String, borrowing Span<UInt8>, borrowing Span<UInt8>) -> Bool = { _, _, _ in false }
    ) throws -> ImportPlan {
        ImportPlan(
            config: config, credentials: credentials, selection: selection ?? (profiles.isEmpty ? nil : Set(profiles)),
            target: into?.files, line: try context.profileLine(), isOther: isOther)
    }

    /// One of the AWS files.
    static func file(_ file: ConfigDocument.File, in context: Context) throws -> AWSFile {
        let path = try context.path(of: file)
        let config = try context.path(of: .config)
        do throws(ImportError) {
            if file == .credentials { try requireTwoFiles(path, config) }
            return try AWSFile(path, as: file)
        } catch {
            throw Failure(error, store: "")
        }
    }

    private func count(_ profiles: [ImportPlan.Profile]) -> String {
        profiles.count == 1 ? "1 profile" : "\(profiles.count) profiles"
    }
}
