import AWSAPI
import AWSConfig
import ArgumentParser
import CredentialProcess
import DurableFiles
import Foundation
import Importing
import SealedStore
import Sealing
import Sharing
import Unlocking

/// The part of `awskeys import` that takes keys out of a bundle.
struct BundleImport: ParsableArguments {
    @Argument(
        help: "Import the keys of this bundle (see `awskeys export --sealed`); - is standard input.",
        completion: .file())
    var file: String?

    @Option(help: "Who must have signed the bundle: a fingerprint, or what their `awskeys identity` prints.")
    var sender: String?

    @Option(help: "A file whose first line is the bundle's passphrase.", completion: .file())
    var passphraseFile: String?

    @Flag(help: "Replace other keys that profiles of the bundle have in the store.")
    var replace = false

    func validate() throws { _ = try wantedSender() }

    /// - Parameter yes: whether nobody is asked.
    func validate(yes: Bool) throws {
        guard file != nil else {
            guard sender == nil, passphraseFile == nil, !replace else {
                throw ValidationError("--sender, --passphrase-file and --replace go with a bundle")
            }
            return
        }
        // A signature proves that nobody else has changed a bundle, and not that its sender is a friend.
        if yes, sender == nil {
            throw ValidationError("anybody can sign a bundle: with --yes, --sender says whose signature it must have")
        }
    }

    private func wantedSender() throws -> String? {
        guard let sender else { return nil }
        return try PublicIdentity.fingerprint(typed: sender) ?? PublicIdentity(typed: sender).fingerprint
    }

    func run(_ path: String, _ options: ImportCommand, in context: Context) throws {
        let file = path == "-" ? "standard input" : path
        let bundle = try read(path, file)
        try inWords(file) { () throws(BundleError) in try bundle.requireCurrent(at: UInt64(context.now())) }
        let signer = bundle.sender.fingerprint
        if let wanted = try wantedSender(), wanted != signer {
            throw Failure(
                .locked, "\"\(file)\" is signed by \(signer), not by \(wanted)",
                hint: "ask the sender for the fingerprint that `awskeys identity` shows there; nothing was changed")
        }
        let store: UnlockedStore?
        if FileManager.default.fileExists(atPath: try context.storePath()) {
            store = try UnlockedStore.unlock(in: context)
        } else {
            store = nil
        }
        let keys = try open(bundle, file, store, in: context)
        let plan = try BundlePlan(keys, file, options, store, in: context)
        if options.json {
            return try Console.say(json: BundleDocument(bundle, plan))
        }
        Console.say("signed by \(signer), good until \(timestamp(Int(clamping: bundle.expires)))\n")
        Console.say(plan.table)
        guard !options.dryRun else { return }
        if sender == nil {
            guard Terminal.isThere else {
                throw Failure(
                    .usage, "there is no terminal to ask at whether \"\(file)\" is from whom it should be",
                    hint: "`--sender FINGERPRINT --yes` goes ahead if it is")
            }
            Console.note("anybody can sign a bundle: is that the fingerprint which its sender told you?")
        }
        try Console.confirm(plan.question, yes: options.yes)
        // Not before: whoever made the keys sees who asks about them.
        if options.verify { try plan.verifyKeys(keys, AWSAccess(in: context)) }
        if let store {
            try plan.put(keys, into: store, in: context)
        } else {
            try plan.put(keys, into: UnlockedStore.unlockOrMake(in: context, yes: options.yes), in: context)
        }
    }

    private func read(_ path: String, _ file: String) throws -> SealedBundle {
        let text = try path == "-" ? KeyInput.standardInput(atMost: Armor.largest) : readBundle(path)
        return try inWords(file) { () throws(BundleError) in
            try SealedBundle(reading: try text.withBytes { (text) throws(BundleError) in try Armor.bundle(in: text) })
        }
    }

    private func readBundle(_ path: String) throws -> SecretBytes {
        do throws(FileError) {
            return try readFile(at: path, atMost: Armor.largest)
        } catch {
            if error.isMissing {
                throw Failure(
                    .notFound, "there is no bundle \"\(path)\"",
                    hint: "to import one profile of the AWS files: `awskeys import --profile NAME`")
            }
            if error.number == EFBIG { throw Failure(.notABundle, bundle: path) }
            throw Failure(error)
        }
    }

    private func open(
        _ bundle: SealedBundle, _ file: String, _ store: borrowing UnlockedStore?, in context: Context
    ) throws -> SharedKeys {
        if bundle.hasPassphrase {
            let typed = try passphrase(of: file, in: context)
            return try inWords(file) { () throws(BundleError) in try bundle.open(with: typed) }
        }
        guard passphraseFile == nil else {
            throw Failure(.usage, "\"\(file)\" is for recipients, and has no passphrase", hint: "leave it out")
        }
        switch store {
        case .some(let store):
            guard let identity = try store.identity() else { break }
            return try inWords(file) { () throws(BundleError) in try bundle.open(as: identity) }
        case nil: break
        }
        throw Failure(.notForThis(bundle.recipients), bundle: file)
    }

    private func passphrase(of file: String, in context: Context) throws -> SecretBytes {
        if let passphraseFile {
            return try context.read(PassphraseFile(path: passphraseFile, variable: "--passphrase-file"))
        }
        guard let typed = Terminal.askSecret("passphrase of \(file): ") else {
            throw Failure(
                .locked, "no passphrase was given for \"\(file)\"",
                hint: "run it in a terminal, or name a file with `--passphrase-file`")
        }
        return typed
    }
}

/// Does something with a bundle, and words what goes wrong.
///
/// - Parameter file: the bundle's name, as it is shown.
func inWords<Result: ~Copyable>(
    _ file: String = "", _ body: () throws(BundleError) -> Result
) throws -> Result {
    do throws(BundleError) {
        return try body()
    } catch {
        throw Failure(error, bundle: file)
    }
}
