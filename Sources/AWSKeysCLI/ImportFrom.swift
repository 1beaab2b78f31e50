import AWSConfig
import ArgumentParser
import CredentialProcess
import Foundation
import Importing
import OtherTools
import SealedStore
import Sealing
import Unlocking

/// Where `awskeys import --from` takes keys from.
enum ImportSource: String, ExpressibleByArgument, CaseIterable {
    case awsVault = "aws-vault"
    case granted, csv, env
}

extension ImportCommand {
    /// The files of `--from csv`; the parser gives the first one to the part about bundles.
    var paths: [String] { (bundle.file.map { [$0] } ?? []) + files }

    func validate(_ source: ImportSource) throws {
        if undo || into != nil || bundle.sender != nil || bundle.passphraseFile != nil || bundle.replace {
            throw ValidationError("--from goes without --undo, --into, and the options of bundles")
        }
        if json, !dryRun { throw ValidationError("--json prints a plan and goes with --dry-run") }
        if (source == .csv) == paths.isEmpty {
            throw ValidationError("files go with --from csv, which needs one at least")
        }
    }
}

/// Keys that aren't in the AWS files, on their way into the store.
struct ImportFrom {
    /// What was found, and what is said of it.
    struct Found {
        var keys: [OtherKey]
        /// Where the keys were found, for people and in `--json`.
        let place: String
        /// Whether they lay in plain text.
        let areExposed: Bool
        /// How many temporary credentials lie beside them, and are of no use here.
        var temporary = 0
        /// The profile that a command of `credential_process` asks the tool for.
        var asked: (String) -> String? = { _ in nil }
        /// All that were looked at, those too that nobody asked for.
        var all: [OtherKey] = []
        /// What to do about the copies that stay where they were, by the keys that the store doesn't have.
        let afterwards: (_ missing: [OtherKey]) throws -> [String]
    }

    let command: ImportCommand
    private let context: Context
    private let found: Found
    /// The profiles that ask the tool for the key of another name.
    private let aliases: [String: String]

    /// Finds the keys.
    init(_ source: ImportSource, _ command: ImportCommand, in context: Context) throws {
        let config = try ImportCommand.file(.config, in: context)
        let credentials = try ImportCommand.file(.credentials, in: context)
        self.command = command
        self.context = context
        switch source {
        case .awsVault, .granted:
            let tool = try Self.tool(source, in: context)
            aliases = Self.aliases(tool, config, credentials)
            found = try Self.find(tool, aliases, command, in: context) { name in
                config.document.section(of: name) != nil || credentials.document.section(of: name) != nil
            }
        case .csv, .env:
            aliases = [:]
            found = try source == .csv ? Self.findInCSV(command) : Self.findInEnvironment(command, in: context)
        }
        for name in command.profiles where !found.keys.contains(where: { $0.profile == name }) {
            throw Failure(
                .notFound,
                "\(oneLine(found.place)) has no key of profile \"\(harmless(name))\"",
                hint: "`awskeys import --from \(source.rawValue) --dry-run` shows those that it has")
        }
    }

    private static func tool(_ source: ImportSource, in context: Context) throws -> OtherTool {
        let home = try context.home()
        guard source == .granted else { return OtherTool.awsVault(home: home, context.environment) }
        let path = OtherTool.grantedFolder(home: home, context.environment) + "/config"
        let config = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return OtherTool.granted(home: home, config: config, context.environment)
    }

    /// The profiles whose command asks a tool for a key of another name; one with a role gets the role from it.
    private static func aliases(
        _ tool: OtherTool, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile
    ) -> [String: String] {
        var aliases: [String: String] = [:]
        for (profile, command) in config.commands() + credentials.commands() {
            guard let asked = tool.profile(askedForBy: command), asked != profile else { continue }
            let isKey: Void? = try? Importer.requireFree(
                asked, config: config, credentials: credentials, isReplaced: { _ in true })
            if isKey != nil { aliases[profile] = asked }
        }
        return aliases
    }

    private static func find(
        _ tool: OtherTool, _ aliases: [String: String], _ command: ImportCommand, in context: Context,
        isKnown: (String) -> Bool
    ) throws -> Found {
        let wanted = command.profiles.isEmpty ? nil : Set(command.profiles.map { aliases[$0] ?? $0 })
        let settings = context.settings()
        let passphrases = OtherTool.Passphrases(variable: { KeyInput.environmentSecret($0) }) {
            (what, isRight) throws(Obstacle) in
            try askForPassphrase(
                of: oneLine(what), environment: context.environment, settings: settings,
                until: Deadline(in: .seconds(300)),
                isRight: isRight)
        }
        let read: OtherKeys
        do throws(OtherToolError) {
            read = try tool.keys(
                isWanted: { wanted?.contains($0) ?? true }, isKnown: { isKnown($0) || wanted?.contains($0) ?? false },
                mayPrompt: context.hasScreen, passphrases: passphrases)
        } catch {
            throw Failure(error, of: tool, for: command.profiles)
        }
        var keys = read.keys
        let byName = Dictionary(keys.map { ($0.profile, $0) }) { first, _ in first }
        for (profile, name) in aliases.sorted(by: { $0.key < $1.key }) where byName[profile] == nil {
            if let key = byName[name] { keys.append(key.renamed(profile)) }
        }
        if !command.profiles.isEmpty { keys.removeAll { !command.profiles.contains($0.profile) } }
        return Found(
            keys: keys, place: "\(tool.name) (\(read.backend.rawValue))", areExposed: false, temporary: read.temporary,
            asked: { tool.profile(askedForBy: $0) }, all: read.keys,
            afterwards: { missing in
                let names = read.keys.filter { key in !missing.contains { $0 === key } }.map(\.profile)
                return try [afterwards(of: tool, has: names, in: context)]
            })
    }

    /// The key in the environment's variables.
    private static func findInEnvironment(_ command: ImportCommand, in context: Context) throws -> Found {
        guard command.profiles.count == 1 else {
            throw Failure(
                .usage, "the environment's key needs a name", hint: "`awskeys import --from env --profile NAME`")
        }
        let key = try KeyInput.environment(in: context, now: 0)
        let found = OtherKey(
            command.profiles[0], accessKeyID: key.accessKeyID, secretAccessKey: key.secretAccessKey.copy())
        return Found(keys: [found], place: "the environment", areExposed: true) { _ in
            let names = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            return ["programs use \(names) before any profile: unset them where they are set"]
        }
    }

    /// Shows the plan, asks, and does it.
    func run() throws {
        let path = try context.storePath()
        guard FileManager.default.fileExists(atPath: path) else {
            let plan = try plan { _ in .nothing }
            guard try show(plan, found, in: context) else { return }
            let way = try NewStore.choose(in: context)
            Console.note("a new store will be made at \(path), \(way.words)")
            try confirm(plan)
            return try apply(plan, to: way.make(in: context, yes: command.yes))
        }
        let store = try UnlockedStore.unlock(in: context)
        let plan = try plan(store)
        guard try show(plan, found, in: context) else { return }
        try confirm(plan)
        try apply(plan, to: store)
    }

    private func confirm(_ plan: TakeOverPlan) throws {
        if command.verify {
            let access = try AWSAccess(in: context)
            for profile in plan.taken { try verify(record(profile.name), of: profile.name, access) }
        }
        try Console.confirm("take \(count(plan.taken)) into the store?", yes: command.yes)
    }

    private func apply(_ plan: TakeOverPlan, to store: borrowing UnlockedStore) throws {
        try store.change(isTaking: false) { (importer) in
            // Once more and under the lock: another command may have changed them since.
            let config = try ImportCommand.file(.config, in: context)
            let credentials = try ImportCommand.file(.credentials, in: context)
            let planNow = try self.plan(config, credentials, stored(in: store))
            guard planNow.profiles == plan.profiles else { throw ImportError.changedMeanwhile(path: config.path) }
            try importer.takeOver(
                planNow, config: config, credentials: credentials, now: UInt64(context.now()),
                isSessionsOnly: command.sessions
            ) { record($0) }
        }
        Console.say("imported \(count(plan.taken)) from \(oneLine(found.place))")
        if command.sessions { Console.note(AdoptCommand.limits) }
        Console.note("`awskeys import --undo` gives the AWS files back, and leaves the keys in the store")
        // What can't be looked at can't be advised on, and the import is done.
        for line in (try? found.afterwards(store.missing(of: found.all))) ?? [] { Console.note(line) }
        if found.areExposed {
            Console.note("others may have seen them: `awskeys rotate --imported` replaces them")
        }
    }

    // MARK: Plans

    private func plan(_ store: borrowing UnlockedStore) throws -> TakeOverPlan { try plan(stored(in: store)) }

    private func plan(_ stored: (String) -> TakeOverPlan.Offer.Stored) throws -> TakeOverPlan {
        try plan(ImportCommand.file(.config, in: context), ImportCommand.file(.credentials, in: context), stored)
    }

    private func plan(
        _ config: borrowing AWSFile, _ credentials: borrowing AWSFile, _ stored: (String) -> TakeOverPlan.Offer.Stored
    ) throws -> TakeOverPlan {
        let offers = found.keys.map {
            TakeOverPlan.Offer(profile: $0.profile, accessKeyID: $0.accessKeyID, stored: stored($0.profile))
        }
        return TakeOverPlan(offers, config: config, credentials: credentials, line: try context.profileLine()) {
            (command, profile) in found.asked(command) == aliases[profile] ?? profile
        }
    }

    /// What the store has of the keys.
    private func stored(in store: borrowing UnlockedStore) throws -> (String) -> TakeOverPlan.Offer.Stored {
        var stored: [String: TakeOverPlan.Offer.Stored] = [:]
        for key in found.keys {
            switch try store.keyIfThere(of: key.profile) {
            case .some(let old): stored[key.profile] = old.isSameKey(as: record(key.profile)) ? .sameKey : .otherKey
            case nil: break
            }
        }
        return { stored[$0] ?? .nothing }
    }

    /// The key of a profile that was found.
    private func record(_ profile: String) -> KeyRecord {
        guard let key = found.keys.first(where: { $0.profile == profile }) else {
            preconditionFailure("only profiles that were found are asked for")
        }
        return KeyRecord(
            accessKeyID: key.accessKeyID, secretAccessKey: key.secretAccessKey.copy(), added: UInt64(context.now()),
            exposed: found.areExposed)
    }

    private func count(_ profiles: [TakeOverPlan.Profile]) -> String {
        profiles.count == 1 ? "1 profile" : "\(profiles.count) profiles"
    }
}
