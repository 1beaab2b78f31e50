import AWSAPI
public import ArgumentParser
import CredentialProcess
import Foundation

/// The whole command line.
public struct AWSKeys: ParsableCommand {
    /// Its name and its commands.
    public static let configuration = CommandConfiguration(
        commandName: "awskeys",
        abstract: "Keeps AWS access keys sealed, and answers every SDK as before.",
        discussion: "Start with `awskeys import`; `awskeys import --dry-run` only shows what it would do.",
        version: "0.1.0",
        subcommands: [
            ImportCommand.self, AddCommand.self, ListCommand.self, RotateCommand.self, RemoveCommand.self,
            ExecCommand.self, ExportCommand.self, WhoamiCommand.self, LoginCommand.self, UseCommand.self,
            ExplainCommand.self, DoctorCommand.self, ScanCommand.self, ProfilesCommand.self, IdentityCommand.self,
            LockCommand.self, UnlockCommand.self, StatusCommand.self, ConfirmCommand.self, LogCommand.self,
            SlotCommand.self, RekeyCommand.self, BackupCommand.self, RestoreCommand.self, AdoptCommand.self,
            SessionsCommand.self, MFACommand.self, CredentialProcessCommand.self, ServeCommand.self,
        ])

    /// What stands before a usage error, as before every other error.
    public static var _errorLabel: String { "awskeys" }

    /// No command.
    public init() {}

    /// What a program gets back that takes this one's place; the process is hardened when it is first asked for.
    static let inherited = harden()
}

extension AWSKeys {
    /// Runs the command that the arguments name, and ends the process with its exit code.
    public static func start() -> Never {
        _ = inherited
        readOnceWithoutSecrets()
        do {
            guard !isPrivileged else {
                throw Failure(.locked, privilegeRefusal.message, hint: privilegeRefusal.hint)
            }
            var command = try parseAsRoot()
            try command.run()
            Foundation.exit(0)
        } catch let failure as Failure {
            Console.note(failure)
            Foundation.exit(failure.code.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
