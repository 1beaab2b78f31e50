import ArgumentParser
import CredentialProcess
import Sharing

struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "Show what others seal bundles for, and know yours by.",
        discussion: """
            The line is no secret: hand it out. Whoever has it can seal keys for you (`awskeys export --sealed --to`); \
            the fingerprint is what to compare by another way than the one that the line came.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let identity = try UnlockedStore.unlockOrMake(in: context).identityMadeIfNeedBe()
        let published = identity.published
        if json {
            return try Console.say(
                json: Entry(
                    recipient: published.text, fingerprint: published.fingerprint,
                    created: timestamp(Int(clamping: identity.created))))
        }
        Console.say(published.text)
        Console.note("fingerprint: \(published.fingerprint)")
    }

    private struct Entry: Encodable {
        let recipient: String
        let fingerprint: String
        let created: String
    }
}

extension PublicIdentity {
    /// Reads what `awskeys identity` prints.
    init(typed text: String) throws(ValidationError) {
        do throws(TextError) {
            try self.init(text)
        } catch {
            let problem =
                switch error {
                case .notOne:
                    "\"\(text)\" is nobody's identity: `awskeys identity` prints one, which begins with awskeys1"
                case .newer: "\"\(text)\" is of a later awskeys"
                case .mistyped: "\"\(text)\" has a character that is wrong or missing: copy it once more"
                }
            throw ValidationError(problem)
        }
    }
}
