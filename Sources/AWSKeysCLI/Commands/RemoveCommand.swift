import AWSConfig
import ArgumentParser
import Importing

struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Delete profiles' keys from the store, and the lines that ask for them from the AWS files.")

    @Argument(help: "The profiles.")
    var profiles: [String]

    @Flag(help: "Don't ask.")
    var yes = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        for profile in profiles { _ = try store.key(of: profile) }
        try requireNotAdopted(in: context, store: store.path)
        for entry in try store.rotations() where !entry.profiles.isEmpty && entry.profiles.allSatisfy(profiles.contains)
        {
            Console.note("\(entry.name): \(entry.words(now: context.now())); \(entry.servingID) stays at IAM")
        }
        let names = profiles.joined(separator: ", ")
        try Console.confirm("delete the key of \(names), which can't be had again from here?", yes: yes)
        for profile in profiles {
            try store.change(isTaking: true) { (importer) in
                // Under the lock, so that no other command's lines are written over.
                let config = try ImportCommand.file(.config, in: context)
                let credentials = try ImportCommand.file(.credentials, in: context)
                try importer.remove(
                    profile, config: config, credentials: credentials, now: UInt64(context.now()))
            }
        }
        Console.say("removed \(names)")
    }

    /// Asks nobody about what is refused afterwards.
    private func requireNotAdopted(in context: Context, store: String) throws {
        let files = try AWSAccess(in: context)
        do throws(ImportError) {
            for profile in profiles {
                try files.config.requireNotAdopted(profile)
                try files.credentials.requireNotAdopted(profile)
            }
        } catch {
            throw Failure(error, store: store)
        }
    }
}
