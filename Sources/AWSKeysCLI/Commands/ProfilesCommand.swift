import AWSConfig
import ArgumentParser
import DurableFiles
import Importing
import Scanning
import SealedStore
import Sealing

struct ProfilesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles", abstract: "Write profiles for many accounts and roles from a template.",
        subcommands: [Apply.self, Remove.self])

    struct Apply: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a template's profiles into config, or bring them up to date.",
            discussion: """
                The profiles stand between two comments that name the template. Nothing else in the file changes, and \
                what somebody wrote between them is never lost. A template holds no secrets.
                """)

        @Argument(help: "The template.", completion: .file())
        var file: String

        @OptionGroup var options: Options

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let template = try template(in: context)
            try options.carryOut(template, named: template.name, in: context)
            let files = try AWSAccess(in: context)
            let made = Set(template.profiles.map(\.name))
            let sources = Set(template.profiles.compactMap(\.source)).subtracting(made)
            for source in sources.sorted() where !files.exists(source) {
                Console.note("profile \"\(source)\", which others have as their source, isn't there yet")
            }
        }

        private func template(in context: Context) throws -> ProfileTemplate {
            let bytes: SecretBytes
            do throws(FileError) {
                bytes = try readFile(at: file, atMost: 1 << 20)
            } catch {
                let isMissing = error.isMissing
                throw Failure(
                    isMissing ? .notFound : .inputOutput, "cannot read \"\(file)\": \(reason(error.number))",
                    hint: "name a template; `awskeys help profiles apply` says more")
            }
            let found = bytes.withBytes { bytes in
                Matcher().matches(in: bytes).first.map { match in
                    (0..<match.range.lowerBound).count { bytes[$0] == UInt8(ascii: "\n") } + 1
                }
            }
            if let line = found { throw Failure(TemplateError(.key, line: line), file) }
            let read = bytes.withBytes { bytes in
                Result { () throws(TemplateError) in try ProfileTemplate(reading: bytes) }
            }
            do throws(TemplateError) {
                return try read.get()
            } catch {
                throw Failure(error, file)
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the profiles of a template out of config again.")

        @Argument(help: "What the template is called.")
        var name: String

        @OptionGroup var options: Options

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws { try options.carryOut(nil, named: name, in: context) }
    }

    struct Options: ParsableArguments {
        @Flag(help: "Show what would be done, and do nothing.")
        var dryRun = false

        @Flag(help: "Print the plan as JSON.")
        var json = false

        @Flag(help: "Don't ask.")
        var yes = false
    }
}

extension ProfilesCommand.Options {
    /// Shows what a template changes, asks, and does it.
    fileprivate func carryOut(_ template: ProfileTemplate?, named name: String, in context: Context) throws {
        let config = try ImportCommand.file(.config, in: context)
        let plan = try plan(template, name, config, in: context)
        if json {
            try Console.say(json: Document(plan, name, config.path, isDone: !dryRun))
        } else if plan.edits.isEmpty {
            Console.say("nothing to do: \(config.path) has the profiles of \(name)")
        } else {
            Console.say(Console.table([["PROFILE", ""]] + plan.steps.map { [$0.profile, $0.action.rawValue] }))
            Console.say("\n\(config.path)\n\(config.maskedDiff(plan.edits))")
        }
        guard !dryRun, !plan.edits.isEmpty else { return }
        try Console.confirm("change \(config.path)?", yes: yes)
        let store = try context.storePath()
        do {
            // Of all that awskeys does to the AWS files, one at a time. There needn't be a store.
            let lock = try StoreWriter(locking: store)
            let now = try ImportCommand.file(.config, in: context)
            guard now.isSame(as: config), try self.plan(template, name, now, in: context) == plan else {
                throw ImportError.changedMeanwhile(path: config.path)
            }
            try now.changed(by: plan.edits).write()
            _ = consume lock
        } catch let error as StoreError {
            throw Failure(error, store: store)
        } catch let error as ImportError {
            throw Failure(error, store: store)
        }
        guard !json else { return }
        Console.say(template == nil ? "removed the profiles of \(name)" : "wrote the profiles of \(name)")
        if template != nil { Console.note("`awskeys profiles remove \(name)` takes them out again") }
    }

    private func plan(
        _ template: ProfileTemplate?, _ name: String, _ config: borrowing AWSFile, in context: Context
    ) throws -> ProfilesPlan {
        let credentials = try ImportCommand.file(.credentials, in: context)
        do throws(ProfilesError) {
            return try ProfilesPlan(template, named: name, config: config, credentials: credentials)
        } catch {
            throw Failure(error, name, config: config.path)
        }
    }

    private struct Document: Encodable {
        struct Step: Encodable {
            let profile: String
            let action: String
        }

        let config: String
        let template: String
        let profiles: [Step]
        let changed: Bool

        init(_ plan: ProfilesPlan, _ name: String, _ path: String, isDone: Bool) {
            config = path
            template = name
            profiles = plan.steps.map { Step(profile: $0.profile, action: $0.action.rawValue) }
            changed = isDone && !plan.edits.isEmpty
        }
    }
}
