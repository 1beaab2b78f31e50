import ArgumentParser
import CredentialProcess
import Foundation

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
        let units = try UserUnits(in: context)
        let timer = "\(Self.name).timer"
        let service = "\(Self.name).service"
        switch self {
        case .off:
            try units.remove([timer, service])
            Console.say("keys are not rotated by a timer any more")
        case .keys(let age):
            let program = try UserUnits.program(in: context)
            let variables = try Self.variables(in: context)
            let options = (grace.map { " --grace \($0.text)" } ?? "") + (isKeptActive ? " --keep-active" : "")
            try units.write(Self.service(program, age, options, variables), as: service)
            try units.write(Self.timer, as: timer)
            let isStarted = UserUnits.tell("daemon-reload") && UserUnits.tell("enable", "--now", timer)
            Console.say(
                isStarted
                    ? "keys older than \(age.words) are rotated once a day, and old ones deleted when they are due"
                    : "start it where systemd runs for you: `systemctl --user enable --now \(timer)`")
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
                namedFile(name, context.environment).map {
                    (name, $0.hasPrefix("/") || $0.hasPrefix("~/") ? $0 : folder + "/" + $0)
                }
            }
    }

    private static func service(
        _ program: String, _ age: Lifetime, _ options: String, _ variables: [(name: String, value: String)]
    ) -> String {
        let environment = variables.map { "Environment=\(UserUnits.quoted("\($0.name)=\($0.value)"))\n" }.joined()
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
}
