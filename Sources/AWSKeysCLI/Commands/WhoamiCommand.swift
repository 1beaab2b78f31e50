import AWSAPI
import ArgumentParser
import CredentialProcess
import Sealing

struct WhoamiCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Ask AWS whose credentials a profile has.")

    @Argument(help: "The profile; that of AWS_PROFILE, or default, if none is named.", completion: .profiles)
    var profile: String?

    @OptionGroup var session: SessionArguments

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let name = profile ?? context.environment("AWS_PROFILE") ?? "default"
        let credentials = try context.credentials(for: name, session.options)
        let client = try AWSAccess(in: context).client(for: name)
        let identity = try client.identity(of: credentials, profile: name)
        let answer = Answer(
            profile: name, account: identity.account, arn: identity.arn, accessKeyID: credentials.accessKeyID,
            expiration: credentials.expiration.map { timestamp($0) })
        if json { return try Console.say(json: answer) }
        let end = answer.expiration.map { ", until \($0)" } ?? ""
        Console.say("\(identity.arn)\naccount \(identity.account), key \(short(credentials.accessKeyID))\(end)")
    }

    struct Answer: Encodable {
        let profile: String
        let account: String
        let arn: String
        let accessKeyID: String
        let expiration: String?

        enum CodingKeys: String, CodingKey {
            case profile, account, arn, expiration
            case accessKeyID = "access_key_id"
        }
    }
}

extension AWSClient {
    /// Whose credentials they are.
    func identity(of credentials: borrowing ProfileCredentials, profile: String) throws -> CallerIdentity {
        do throws(AWSError) {
            return try callerIdentity(with: credentials.signing())
        } catch {
            throw Failure(error, call: "sts:GetCallerIdentity").named(profile)
        }
    }
}

extension ProfileCredentials {
    /// What requests are signed with.
    func signing() -> AWSCredentials {
        AWSCredentials(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy(), sessionToken: sessionToken.copy())
    }
}
