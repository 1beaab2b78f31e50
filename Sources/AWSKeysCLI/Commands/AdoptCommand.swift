import AWSConfig
import ArgumentParser
import Importing
import Sessions

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
        let before = try plan(store, in: context)
        show(before.plan)
        guard !dryRun else { return }
        try Console.confirm(undo ? "give them back?" : "let programs ask awskeys for them?", yes: yes)
        try store.change(isTaking: false) { (importer) in
            // Under the lock: the files may have changed since the plan was shown.
            let now = try plan(store, in: context)
            guard now.plan.isSame(as: before.plan) else {
                throw ImportError.changedMeanwhile(
                    path: now.files.config.isSame(as: before.files.config)
                        ? now.files.credentials.path : now.files.config.path)
            }
            try importer.carryOut(
                now.plan, config: now.files.config, credentials: now.files.credentials, now: UInt64(context.now()))
        }
        Console.say(
            undo ? "gave back \(profiles.joined(separator: ", "))" : "adopted \(profiles.joined(separator: ", "))")
        if !undo { Console.note("`awskeys adopt --undo \(profiles.joined(separator: " "))` takes it back") }
    }

    private func plan(
        _ store: borrowing UnlockedStore, in context: Context
    ) throws -> (plan: AdoptionPlan, files: AWSAccess) {
        let files = try AWSAccess(in: context)
        let keys = try store.keys()
        let names = Set(keys.map(\.profile))
        let keptBack = Set(keys.filter(\.isSessionsOnly).map(\.profile))
        let line = try context.profileLine()
        let plan: AdoptionPlan
        do throws(AdoptionError) {
            plan = try AdoptionPlan(
                profiles, isUndo: undo, config: files.config, credentials: files.credentials,
                line: line, hasKey: names.contains, isKeptBack: keptBack.contains)
        } catch {
            throw Failure(error)
        }
        guard !undo else { return (plan, files) }
        let afterwards = SettingsAndStore(
            access: AWSAccess(
                like: files, config: try plan.applied(to: files.config),
                credentials: try plan.applied(to: files.credentials)),
            hasKey: keptBack.union(plan.keys).contains)
        for profile in plan.roles {
            do throws(SessionError) {
                try requireChain(of: profile, in: afterwards, stored: names)
            } catch {
                throw Failure(error, profile: profile, store: store.path)
            }
        }
        return (plan, files)
    }

    /// Refuses a profile whose roles lead to nothing that awskeys could assume them with.
    private func requireChain(
        of profile: String, in settings: SettingsAndStore, stored: Set<String>
    ) throws(SessionError) {
        let chain: RoleChain
        do throws(RoleChainError) {
            chain = try RoleChain(of: profile, in: settings)
        } catch {
            throw .chain(error)
        }
        switch chain.source {
        case .none(let source): throw .noCredentials(profile: source)
        case .other(let owner, let source): throw .notOurs(profile: owner, source: source)
        case .store(let source) where !stored.contains(source):
            // The line that leads to the store may be the one that an adoption adds.
            let isItself = chain.roles.contains { $0.profile == source }
            throw isItself ? .chain(.cycle([source, source])) : .notInStore(profile: source)
        default: break
        }
    }

    private func show(_ plan: AdoptionPlan) {
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
        case .notAdopted(let name):
            self.init(
                .notFound, "profile \"\(name)\" is not adopted", hint: "`awskeys adopt \(name)` would do that")
        case .inPlainText(let name):
            self.init(
                .config, "profile \"\(name)\" has keys in plain text, which programs would use instead",
                hint: "`awskeys import --profile \(name)` takes them into the store first")
        case .otherSource(let name, "credential_process"):
            self.init(
                .config, "profile \"\(name)\" has a `credential_process` already",
                hint: "if it asks awskeys, it is adopted; else take the line out")
        case .otherSource(let name, let setting):
            self.init(
                .config, "profile \"\(name)\" has `\(setting)`, which programs would use instead",
                hint: "take it out, or put it into a profile of its own")
        case .inherited(let setting):
            self.init(
                .config, "[DEFAULT] has `\(setting)`, which boto3 and the AWS CLI add to every profile",
                hint: "put it into the profiles that need it")
        case .oddSection(let name):
            self.init(
                .config, "profile \"\(name)\" can't be adopted: \(LeaveReason.oddSection.words)",
                hint: "let it be [profile NAME] in config or [NAME] in credentials, of letters, digits and `_.+@%/:-`")
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
