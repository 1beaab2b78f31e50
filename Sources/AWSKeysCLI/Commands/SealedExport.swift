import AWSConfig
import ArgumentParser
import CredentialProcess
import SealedStore
import Sealing
import Sharing
import Unlocking

/// The part of `awskeys export` that seals keys for other people and machines.
struct SealedExport: ParsableArguments {
    @Flag(help: "Seal the keys into a bundle, which `awskeys import` takes.")
    var sealed = false

    @Option(help: "Who can open the bundle, as their `awskeys identity` prints it (may be repeated).")
    var to: [String] = []

    @Flag(help: "Ask for a passphrase that opens the bundle.")
    var passphrase = false

    @Option(help: "A file whose first line is that passphrase.", completion: .file())
    var passphraseFile: String?

    @Option(help: "How long the bundle can be imported: a time such as 12h or 7d, which is the default.")
    var expiresIn: Lifetime?

    func validate() throws {
        let ways = [!to.isEmpty, passphrase, passphraseFile != nil].filter(\.self).count
        guard sealed else {
            guard ways == 0, expiresIn == nil else {
                throw ValidationError("--to, --passphrase, --passphrase-file and --expires-in go with --sealed")
            }
            return
        }
        guard ways == 1 else {
            throw ValidationError("--sealed takes recipients (--to) or a passphrase (--passphrase, --passphrase-file)")
        }
        guard try recipients().count <= 32 else { throw ValidationError("a bundle has at most 32 recipients") }
    }

    /// Each once, in the order in which they were named.
    private func recipients() throws -> [PublicIdentity] {
        try to.reduce(into: []) { recipients, text in
            let recipient = try PublicIdentity(typed: text)
            if !recipients.contains(recipient) { recipients.append(recipient) }
        }
    }

    func run(_ profiles: [String], toFile: String?, in context: Context) throws {
        for name in profiles where !SectionHeader.isPlain(name) {
            throw Failure(
                .usage, "profile \"\(name)\" can't be shared: some SDKs can't read its name elsewhere",
                hint: "add its key under a name of letters, digits and _.+@%/:-")
        }
        let names = Set(profiles).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let expires = context.now() + Int(expiresIn?.seconds ?? 7 * 86400)
        let (text, signer) = try context.logging(usesOf: names, as: { _ in .key }) {
            try seal(names, until: UInt64(expires), in: context)
        }
        if let toFile {
            try makeNewFile(at: toFile, with: SecretBytes(copying: text.utf8.span))
        } else {
            Console.write(text, to: 1)
        }
        let readers = try recipients().map(\.fingerprint).joined(separator: ", ")
        Console.note(
            "sealed \(names.count == 1 ? "1 key" : "\(names.count) keys") for "
                + (readers.isEmpty ? "whoever has the passphrase" : readers) + ", until \(timestamp(expires))")
        Console.note("signed by \(signer): whoever imports it should know that this is you")
    }

    /// - Returns: the bundle's text, and the fingerprint of who signed it.
    private func seal(_ names: [String], until expires: UInt64, in context: Context) throws -> (String, String) {
        let store = try UnlockedStore.unlock(in: context)
        var bundle = NewBundle()
        for name in names {
            let key = try store.key(of: name)
            try store.confirmUse(of: [name])
            try inWords {
                () throws(BundleError) in
                try bundle.add(
                    key.secretAccessKey, accessKeyID: key.accessKeyID, profile: name, exposed: key.exposed,
                    isSessionsOnly: key.isSessionsOnly)
            }
        }
        let identity = try store.identityMadeIfNeedBe()
        let bytes = try seal(bundle, by: identity, UInt64(context.now()), expires, in: context)
        return (Armor.text(of: bytes), identity.published.fingerprint)
    }

    private func seal(
        _ bundle: consuming NewBundle, by identity: borrowing Identity, _ now: UInt64, _ expires: UInt64,
        in context: Context
    ) throws -> [UInt8] {
        let recipients = try recipients()
        do throws(BundleError) {
            guard recipients.isEmpty else {
                return try bundle.sealed(by: identity, for: recipients, created: now, expires: expires)
            }
        } catch {
            throw Failure(error, bundle: "")
        }
        let typed = try newPassphrase(in: context)
        do throws(BundleError) {
            return try bundle.sealed(by: identity, under: typed, created: now, expires: expires)
        } catch {
            throw Failure(error, bundle: "")
        }
    }

    private func newPassphrase(in context: Context) throws -> SecretBytes {
        guard let passphraseFile else { return try typedTwice() }
        return try context.read(PassphraseFile(path: passphraseFile, variable: "--passphrase-file"))
    }
}
