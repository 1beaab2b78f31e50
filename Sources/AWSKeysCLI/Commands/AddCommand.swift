import AWSConfig
import ArgumentParser
import Foundation
import Importing
import SealedStore
import Sealing
import Unlocking

struct AddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Put a key into the store, and a profile that asks for it into config.",
        discussion: """
            The id and the secret are asked for at the terminal; where standard input is something else, they are its \
            first two lines.
            """)

    @Argument(help: "The profile's name.")
    var profile: String

    @Option(help: "The file that the AWS console gave for download.", completion: .file(extensions: ["csv"]))
    var csv: String?

    @Flag(help: "Take AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    var fromEnv = false

    @Flag(help: "Replace the key that the profile has in the store.")
    var replace = false

    @Flag(help: "Give programs sessions of the key only, never the key itself.")
    var sessions = false

    @Flag(help: "Ask AWS first whether the key is valid, and say whose it is.")
    var verify = false

    @Flag(help: "Don't ask.")
    var yes = false

    func validate() throws {
        if csv != nil, fromEnv { throw ValidationError("--csv and --from-env exclude each other") }
        guard SectionHeader.isPlain(profile) else {
            throw ValidationError("a profile's name has letters, digits and _.+@%/:- only, or some SDKs can't read it")
        }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let config = try ImportCommand.file(.config, in: context)
        let credentials = try ImportCommand.file(.credentials, in: context)
        do throws(ImportError) {
            try Importer.requireFree(profile, config: config, credentials: credentials)
        } catch {
            throw Failure(error, store: "")
        }
        let exists = FileManager.default.fileExists(atPath: try context.storePath())
        if exists {
            try add(to: UnlockedStore.unlock(in: context), in: context)
        } else {
            let way = try NewStore.choose(in: context)
            Console.note("a new store will be made at \(try context.storePath()), \(way.words)")
            let key = try readVerifiedKey(in: context)
            try put(key, into: way.make(in: context, yes: yes), in: context)
        }
    }

    private func add(to store: borrowing UnlockedStore, in context: Context) throws {
        if try store.open().profiles().contains(profile) {
            guard replace else {
                throw Failure(
                    .usage, "profile \"\(profile)\" has a key in the store",
                    hint: "`--replace` puts the new one in its place")
            }
            try Console.confirm("replace the key of \"\(profile)\", which will be gone?", yes: yes)
        }
        try put(readVerifiedKey(in: context), into: store, in: context)
    }

    private func put(
        _ key: borrowing KeyRecord, into store: borrowing UnlockedStore, in context: Context
    ) throws {
        try store.change(isTaking: replace) { (importer) in
            // Once more and under the lock: another command may have changed them since.
            let config = try ImportCommand.file(.config, in: context)
            let credentials = try ImportCommand.file(.credentials, in: context)
            try importer.add(
                key, for: profile, config: config, credentials: credentials, now: UInt64(context.now()),
                isReplacing: replace, isSessionsOnly: sessions)
        }
        Console.say("added \(short(key.accessKeyID)) as \"\(profile)\"")
    }

    private func readVerifiedKey(in context: Context) throws -> KeyRecord {
        let key = try readKey(in: context)
        if verify { try AWSKeysCLI.verify(key, of: profile, AWSAccess(in: context)) }
        return key
    }

    private func readKey(in context: Context) throws -> KeyRecord {
        let now = UInt64(context.now())
        if let csv {
            return try KeyInput.csv(KeyInput.file(csv), path: csv, now: now)
        }
        if fromEnv { return try KeyInput.environment(in: context, now: now) }
        guard isatty(STDIN_FILENO) == 1 else {
            return try KeyInput.lines(KeyInput.standardInput(), now: now)
        }
        let id = Terminal.ask("access key id: ") ?? ""
        let secret = Terminal.askSecret("secret access key: ") ?? SecretBytes(zeros: 0)
        return try KeyInput.record(id: id, secret: secret, now: now, exposed: false)
    }
}
