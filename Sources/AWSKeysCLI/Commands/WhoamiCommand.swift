import AWSAPI
import ArgumentParser
import CredentialProcess
import Sealing

struct WhoamiCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Ask AWS whose credentials a profile has.")

    @Argument(
        help: "The profile; if none is named, what programs in this shell take.", completion: .profiles)
    var profile: String?

    @OptionGroup var session: SessionArguments

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        // botocore takes the older variable first.
        let named = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].lazy.compactMap(context.environment).first
        let isServed = context.environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") != nil
        let served = isServed ? context.environment("AWSKEYS_PROFILE") : nil
        let name = profile ?? named ?? served ?? "default"
        let own = profile == nil && session.isEmpty ? try environmentCredentials(in: context) : nil
        let isOwn = own != nil
        let credentials = try own ?? context.credentials(for: name, session.options)
        let client = try AWSAccess(in: context).client(for: name)
        let identity = try client.identity(of: credentials, profile: isOwn ? "AWS_ACCESS_KEY_ID" : name)
        let answer = Answer(
            profile: isOwn ? nil : name, account: identity.account, arn: identity.arn,
            accessKeyID: credentials.accessKeyID, expiration: credentials.expiration.map { timestamp($0) })
        if json { return try Console.say(json: answer) }
        let end = answer.expiration.map { ", until \($0)" } ?? ""
        Console.say("\(identity.arn)\naccount \(identity.account), key \(short(credentials.accessKeyID))\(end)")
    }

    /// The credentials in the environment, which SDKs take before any profile; `nil` if it has none.
    private func environmentCredentials(in context: Context) throws -> ProfileCredentials? {
        guard let id = context.environment("AWS_ACCESS_KEY_ID") else { return nil }
        let secret = KeyInput.environmentSecret("AWS_SECRET_ACCESS_KEY")
        guard secret.count > 0 else {
            throw Failure(
                .config, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not, where boto3 and the AWS CLI stop",
                hint: "unset it, or name a profile")
        }
        // The other name is an older one, which some SDKs still read.
        let token = context.environment("AWS_SESSION_TOKEN") == nil ? "AWS_SECURITY_TOKEN" : "AWS_SESSION_TOKEN"
        return ProfileCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: KeyInput.environmentSecret(token),
            expiration: context.environment("AWS_CREDENTIAL_EXPIRATION").flatMap { seconds(ofTimestamp: $0) })
    }

    struct Answer: Encodable {
        /// None where the credentials are the environment's.
        let profile: String?
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
