import AWSAPI
import AWSConfig
import CredentialProcess
import Foundation
import Importing
import Unlocking

/// What a command knows of the world around it.
struct Context: Sendable {
    var environment: @Sendable (String) -> String?
    /// The time, in seconds since 1970.
    var now: @Sendable () -> Int
    /// The folder that both programs lie in.
    var programFolder: @Sendable () -> String?

    /// Sends requests to AWS, with a file of certificates to trust instead of the system's.
    var transport: @Sendable (_ caBundle: String?) -> Transport
    /// Waits, for a number of seconds.
    var sleep: @Sendable (Double) -> Void

    static let live = Context(
        environment: { environmentVariable($0) },
        now: { Int(Date().timeIntervalSince1970) },
        programFolder: { CredentialProcess.programFolder() },
        transport: { curlTransport(caBundle: $0) },
        sleep: { Thread.sleep(forTimeInterval: $0) })

    /// Where the store lies.
    func storePath() throws -> String {
        guard let path = CredentialProcess.storePath() else {
            throw Failure(
                .config, "HOME is not set, so there is no place for the store", hint: "set HOME or AWSKEYS_STORE")
        }
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Where one of the AWS files lies.
    func path(of file: ConfigDocument.File) throws -> String {
        let variable = file == .config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE"
        var path = try namedFile(variable, environment) ?? home() + "/.aws/" + file.rawValue
        if path.hasPrefix("~/") { path = try home() + path.dropFirst() }
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Where sessions lie, and what they depend on.
    func sessionPlaces() throws -> SessionPlaces {
        guard let places = SessionPlaces(environment) else {
            throw Failure(.config, "HOME is not set", hint: "set HOME")
        }
        return places
    }

    func home() throws -> String {
        guard let home = environment("HOME") else { throw Failure(.config, "HOME is not set", hint: "set HOME") }
        return home
    }

    /// The line that asks for a profile's key, with the program beside this one.
    func profileLine() throws -> ProfileLine {
        let program = (programFolder() ?? "") + "/awskeys-credential-process"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Failure(
                .config, "cannot find \"\(program)\", or not start it", hint: "install both programs into one folder")
        }
        do throws(ImportError) {
            return try ProfileLine(program: program)
        } catch {
            throw Failure(error, store: "")
        }
    }

    /// The folder for settings; `nil` where the environment names no home.
    /// https://specifications.freedesktop.org/basedir-spec: a relative one doesn't count.
    func configFolder() -> String? {
        let named = environment("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        return named ?? environment("HOME").map { $0 + "/.config" }
    }

    /// Where the settings lie.
    func settingsPath() -> String? { configFolder().map { $0 + "/awskeys/config" } }

    /// Says on standard error what can't be understood in the settings.
    func note(problemsOf settings: Settings) {
        for problem in settings.problems { Console.note("awskeys: \(problem.words(settingsPath() ?? ""))") }
    }

    /// What the person has set.
    func settings() -> Settings { settingsPath().map { Settings(readingFile: $0) } ?? Settings() }

    func unlocker(_ options: Unlocker.Options, _ settings: Settings) -> Unlocker {
        Unlocker(environment: environment, settings: settings, options: options) {
            guard !options.contains(.isForProgram) else { return }
            Console.note("awskeys: another program is asking for the passphrase; waiting for the answer")
        }
    }

    /// Whether a keyring's prompt could be seen.
    var hasScreen: Bool { Unlocking.hasScreen(environment) }
}
