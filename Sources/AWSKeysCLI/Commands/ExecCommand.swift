import ArgumentParser
import CredentialProcess
import Foundation
import Sealing
import Sessions

struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command with a profile's credentials in its environment.",
        discussion: "The command takes the place of awskeys: signals and its exit status are its own.")

    @Argument(help: "The profile.", completion: .profiles)
    var profile: String

    @OptionGroup var session: SessionArguments

    @Flag(help: "Let programs fetch the credentials, again and again, rather than hand them over once.")
    var server = false

    @Option(help: "The region for the command; the profile's, if none is given.")
    var region: String?

    @Argument(parsing: .postTerminator, help: "The command, after `--`; your shell, if there is none.")
    var command: [String] = []

    /// What would keep the command from using the credentials, or belongs to others.
    private static let conflicting = [
        "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_ACCOUNT_ID",
    ]

    /// What would be taken before a server.
    private static let credentials = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        var options = session.options
        if server { options.wantsSession = true }
        // Those aren't kept, so that the server gets its own.
        options.repeats = server && (options.noSession || options.duration != nil)
        // With a server too, so that questions and errors come before the command.
        let credentials = try context.credentials(for: profile, options)
        var environment = ChangedEnvironment()
        environment.remove(Self.conflicting)
        let access = try AWSAccess(in: context)
        // SDKs ask this profile before a server, if no other is named.
        let isOvershadowed = server && access.hasCredentials("default")
        if isOvershadowed {
            for (name, path) in access.paths {
                environment.set(name, to: hiddenFile)
                environment.set(hiddenPrefix + name, to: path)
            }
        }
        let usual = isOvershadowed ? access.setting("region", of: "default") : nil
        if let region = region ?? access.setting("region", of: profile) ?? usual {
            environment.set("AWS_REGION", to: region)
            environment.set("AWS_DEFAULT_REGION", to: region)
        }
        environment.set("AWSKEYS_PROFILE", to: profile)
        guard server else {
            environment.set(credentials)
            return try start(environment, in: context)
        }
        environment.remove(Self.credentials)
        let beside = try ServerBeside(for: profile, session, in: context)
        environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", to: beside.url)
        environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", to: beside.token)
        try start(environment, in: context)
        _ = consume beside
    }

    /// - Throws: if the command can't take this process's place.
    private func start(_ environment: consuming ChangedEnvironment, in context: Context) throws {
        let words = command.isEmpty ? [context.environment("SHELL") ?? "/bin/sh"] : command
        let number = environment.start(words, inherited: AWSKeys.inherited)
        // As shells have it.
        throw Failure(
            number == ENOENT ? .noCommand : .noExecutable, "cannot start \"\(words[0])\": \(reason(number))",
            hint: "the command and its arguments come after `--`")
    }
}

extension ChangedEnvironment {
    /// What SDKs read first of all.
    fileprivate mutating func set(_ credentials: borrowing ProfileCredentials) {
        set("AWS_ACCESS_KEY_ID", to: credentials.accessKeyID)
        set("AWS_SECRET_ACCESS_KEY", to: credentials.secretAccessKey)
        if credentials.sessionToken.count > 0 { set("AWS_SESSION_TOKEN", to: credentials.sessionToken) }
        if let end = credentials.expiration { set("AWS_CREDENTIAL_EXPIRATION", to: timestamp(end)) }
    }
}
