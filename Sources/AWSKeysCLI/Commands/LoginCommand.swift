import AWSAPI
import ArgumentParser
import CredentialProcess
import Foundation
import Sealing

struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Print a URL that signs in to the AWS console with a profile's role.",
        discussion: "Whoever opens the URL within 15 minutes is signed in.")

    @Argument(help: "The profile; it must be one with a role.", completion: .profiles)
    var profile: String

    @OptionGroup var session: SessionArguments

    @Option(help: "The page of the console: a URL, or a service such as s3.")
    var destination: String?

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let credentials = try context.credentials(for: profile, session.options)
        let access = try AWSAccess(in: context)
        let region = access.region(of: profile)
        guard let page = page(in: region) else {
            throw Failure(.config, "the console of region \"\(region ?? "")\" is not known")
        }
        let client = try access.client(for: profile)
        let identity = try client.identity(of: credentials, profile: profile)
        guard identity.arn.contains(":assumed-role/") else {
            throw Failure(
                .config, "AWS signs in to the console with the session of a role, and this is \(identity.arn)",
                hint: "name a profile with a role: `awskeys login PROFILE`")
        }
        try Console.reveal(try url(of: page, with: credentials, client))
        Console.say("")
    }

    private func url(
        of page: String, with credentials: borrowing ProfileCredentials, _ client: AWSClient
    ) throws -> SecretBytes {
        do throws(AWSError) {
            return try client.consoleSignIn(destination: page, with: credentials.signing())
        } catch {
            throw Failure(error, call: "the console's sign-in").named(profile)
        }
    }

    private func page(in region: String?) -> String? {
        if let destination, destination.contains("://") { return destination }
        return consoleAddress(of: destination, region: region)
    }
}
