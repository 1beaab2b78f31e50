import ArgumentParser
import CredentialProcess
import Sessions

struct CredentialProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential-process",
        abstract: "Print a profile's key or session as SDKs read it from a credential_process.",
        discussion: "The AWS files call `awskeys-credential-process`, which is quicker and falls back on this.")

    @Argument(help: "The profile's name; `%20` and the like stand for characters that SDKs can't pass on.")
    var profile: String

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        guard let name = ProfileArgument.decode(profile) else {
            throw Failure(.usage, "\"\(profile)\" is no profile name: `%` is not followed by two hexadecimal digits")
        }
        var options = SessionOptions()
        options.isForProgram = true
        try Console.reveal(try context.credentials(for: name, options).document(now: context.now()))
    }
}
