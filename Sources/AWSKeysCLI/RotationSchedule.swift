import ArgumentParser
import DurableFiles
import Foundation
import Sealing

/// A timer of systemd's, in the user's own manager, that rotates keys of an age.
enum RotationSchedule: ExpressibleByArgument {
    case keys(olderThan: Lifetime)
    case off

    init?(argument: String) {
        if argument == "off" {
            self = .off
        } else {
            guard let age = Lifetime(argument: argument) else { return nil }
            self = .keys(olderThan: age)
        }
    }

    private static let name = "awskeys-rotate"

    /// Writes the unit files and starts the timer, or takes them away.
    func install(grace: Lifetime?, isKeptActive: Bool, in context: Context) throws {
        // https://specifications.freedesktop.org/basedir-spec: a relative one doesn't count.
        let named = context.environment("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        let config = try named ?? "\(context.home())/.config"
        let folder = config + "/systemd/user"
        let timer = "\(folder)/\(Self.name).timer"
        let service = "\(folder)/\(Self.name).service"
        switch self {
        case .off:
            Self.systemctl(["disable", "--now", "\(Self.name).timer"])
            for path in [timer, service] where FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: path)
            }
            Self.systemctl(["daemon-reload"])
            Console.say("keys are not rotated by a timer any more")
        case .keys(let age):
            guard let programs = context.programFolder(), !programs.contains(where: \.isWhitespace) else {
                throw Failure(
                    .config, "systemd cannot start awskeys from a folder with spaces",
                    hint: "install it under another path")
            }
            let variables = try Self.variables(in: context)
            do throws(FileError) {
                try makeFolder(at: folder)
                let options = (grace.map { " --grace \($0.text)" } ?? "") + (isKeptActive ? " --keep-active" : "")
                let unit = Self.service(programs, age, options, variables)
                try replaceFile(at: service, with: unit.utf8.span, attributes: .secret)
                try replaceFile(at: timer, with: Self.timer.utf8.span, attributes: .secret)
            } catch {
                throw Failure(error)
            }
            Console.say("wrote \(service)\nwrote \(timer)")
            let isStarted =
                Self.systemctl(["daemon-reload"]) && Self.systemctl(["enable", "--now", "\(Self.name).timer"])
            Console.say(
                isStarted
                    ? "keys older than \(age.words) are rotated once a day, and old ones deleted when they are due"
                    : "start it where systemd runs for you: `systemctl --user enable --now \(Self.name).timer`")
        }
    }

    /// What decides which store, which files, which way in and which AWS: a timer has nothing of a login's environment.
    private static func variables(in context: Context) throws -> [(name: String, value: String)] {
        let plain = [
            "XDG_DATA_HOME", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM",
            "AWS_ENDPOINT_URL_STS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
            "AWS_USE_DUALSTACK_ENDPOINT", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
        ]
        let paths = [
            "AWSKEYS_STORE", "AWSKEYS_PASSPHRASE_FILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_CA_BUNDLE",
        ]
        // The timer runs in another folder.
        let folder = FileManager.default.currentDirectoryPath
        return plain.compactMap { name in context.environment(name).map { (name, $0) } }
            + paths.compactMap { name in
                context.environment(name).map {
                    (name, $0.hasPrefix("/") || $0.hasPrefix("~/") ? $0 : folder + "/" + $0)
                }
            }
    }

    private static func service(
        _ programs: String, _ age: Lifetime, _ options: String, _ variables: [(name: String, value: String)]
    ) -> String {
        let environment = variables.map { "Environment=\(quoted("\($0.name)=\($0.value)"))\n" }.joined()
        let program = programs.replacing("%", with: "%%") + "/awskeys"
        return """
            [Unit]
            Description=Rotate AWS access keys older than \(age.words)
            Wants=network-online.target
            After=network-online.target

            [Service]
            Type=oneshot
            \(environment)ExecStart=\(program) rotate --all --older-than \(age.text)\(options) --yes

            """
    }

    private static let timer = """
        [Unit]
        Description=Rotate old AWS access keys once a day

        [Timer]
        OnCalendar=daily
        RandomizedDelaySec=1h
        Persistent=true

        [Install]
        WantedBy=timers.target

        """

    /// https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting, with `%` doubled.
    private static func quoted(_ text: String) -> String {
        "\""
            + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("%", with: "%%")
            .replacing("\n", with: "\\n") + "\""
    }

    /// Tells the user's manager, if there is one.
    ///
    /// - Returns: whether it did what it was told.
    @discardableResult
    private static func systemctl(_ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["systemctl", "--user"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
