import AWSConfig
import ArgumentParser
import Importing

struct AdoptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Let every program ask awskeys for a profile's temporary credentials.",
        discussion: """
            A profile with a role keeps its settings, under names that SDKs pass over, and gets a line that asks \
            awskeys; awskeys follows the roles, asks for MFA codes once, and keeps the sessions sealed. Of a profile \
            with a key in the store, programs get sessions only.
            """)

    @Argument(help: "The profiles.", completion: .profiles)
    var profiles: [String]

    @Flag(help: "Give the profiles back to the SDKs.")
    var undo = false

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Don't ask.")
    var yes = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        let names = try Set(store.keys().map(\.profile))
        let plan = try plan(names, in: context)
        show(plan.plan, in: context)
        guard !dryRun else { return }
        try Console.confirm(undo ? "give them back?" : "let programs ask awskeys for them?", yes: yes)
        try store.change(isTaking: false) { (importer) in
            // Under the lock: the files may have changed since the plan was shown.
            let now = try self.plan(names, in: context)
            guard now.plan.isSame(as: plan.plan) else {
                throw ImportError.changedMeanwhile(
                    path: now.config.isSame(as: plan.config) ? now.credentials.path : now.config.path)
            }
            try importer.carryOut(
                now.plan, config: now.config, credentials: now.credentials, now: UInt64(context.now()))
        }
        Console.say(
            undo ? "gave back \(profiles.joined(separator: ", "))" : "adopted \(profiles.joined(separator: ", "))")
        if !undo { Console.note("`awskeys adopt --undo \(profiles.joined(separator: " "))` takes it back") }
    }

    private struct Planned: ~Copyable {
        let plan: AdoptionPlan
        let config: AWSFile
        let credentials: AWSFile
    }

    private func plan(_ names: Set<String>, in context: Context) throws -> Planned {
        let config = try ImportCommand.file(.config, in: context)
        let credentials = try ImportCommand.file(.credentials, in: context)
        let line = try context.profileLine()
        do throws(AdoptionError) {
            let plan = try AdoptionPlan(
                profiles, isUndo: undo, config: config, credentials: credentials, line: line, hasKey: names.contains)
            return Planned(plan: plan, config: config, credentials: credentials)
        } catch {
            throw Failure(error)
        }
    }

    private func show(_ plan: AdoptionPlan, in context: Context) {
        for each in plan.renamings {
            Console.say("\(each.file.rawValue):\(each.line): \(each.name) -> \(each.newName)")
        }
        for line in plan.lines { Console.say("\(line.file.rawValue): \(undo ? "-" : "+") \(line.text)") }
        for profile in plan.keys {
            Console.say(
                undo
                    ? "\(profile): programs get the key itself again"
                    : "\(profile): programs get sessions of its key, never the key itself")
        }
        if !undo, !plan.keys.isEmpty { Console.note(Self.limits) }
    }

    /// What a session of a user is not good for.
    static let limits =
        "a user's session can't call IAM, nor STS but for AssumeRole and GetCallerIdentity, unless it was got with an "
        + "MFA code"
}

extension Failure {
    init(_ error: AdoptionError) {
        switch error {
        case .noProfile(let name):
            self.init(.notFound, "there is no profile \"\(name)\"", hint: "`awskeys list` shows those of the store")
        case .noRole(let name):
            self.init(
                .config, "profile \"\(name)\" has no role, and the store does not have its key",
                hint: "`awskeys import` takes keys into the store")
        case .inPlainText(let name):
            self.init(
                .config, "profile \"\(name)\" has keys in plain text beside its role",
                hint: "`awskeys import --profile \(name)` takes them into the store first")
        case .occupied(let name, .otherSource):
            self.init(
                .config, "profile \"\(name)\" has a `credential_process` already",
                hint: "if it asks awskeys, it is adopted; else take the line out")
        case .occupied(let name, let reason):
            self.init(.config, "profile \"\(name)\" can't be adopted: \(reason.words)")
        case .oddSetting(let name, let setting):
            self.init(
                .config, "`\(setting)` of profile \"\(name)\" is indented, continued or there twice",
                hint: "write it as one plain line")
        }
    }
}

extension AdoptionPlan {
    /// Whether both do the same.
    fileprivate func isSame(as other: AdoptionPlan) -> Bool {
        renamings == other.renamings && keys == other.keys && roles == other.roles
            && lines.map(\.text) == other.lines.map(\.text)
    }
}
