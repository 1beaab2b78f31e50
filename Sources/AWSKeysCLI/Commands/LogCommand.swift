import AWSAPI
import ArgumentParser
import CredentialProcess
import Foundation
import Unlocking

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Show which program asked for which profile, and when.",
        discussion: "It is written to the system's journal if the settings have `log = journal`.")

    @Option(help: "Only this profile.", completion: .profiles)
    var profile: String?

    @Option(help: "From when on: a time such as 2026-11-24T22:23:00Z, or 30m, 8h, 2d ago.")
    var since: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if let since, seconds(in: since) == nil, AWSAPI.seconds(ofTimestamp: since) == nil {
            throw ValidationError("\"\(since)\" is neither a time such as 2026-11-24T22:23:00Z nor one such as 8h")
        }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let uses = try journal(in: context).sorted { $0.microseconds < $1.microseconds }
        if json { return try Console.say(json: ["uses": uses]) }
        guard !uses.isEmpty else {
            let isLogged = context.isLogged
            return Console.note(
                "awskeys: nothing is in the log" + (isLogged ? "" : "; `log = journal` in the settings begins it"))
        }
        let rows = uses.map { use in
            [use.time, use.profile, use.program, String(use.pid), use.answer]
        }
        Console.say(Console.table([["TIME", "PROFILE", "PROGRAM", "PID", "ANSWER"]] + rows))
    }

    /// The entries that this user's processes have written.
    private func journal(in context: Context) throws -> [Use] {
        var words = ["journalctl", "--quiet", "--all", "--no-pager", "--output=json"]
        words.append(
            "--output-fields=AWSKEYS_PROFILE,AWSKEYS_ANSWER,AWSKEYS_PROGRAM,AWSKEYS_PROGRAM_PID,AWSKEYS_PROGRAM_PATH")
        if let since {
            let ago = seconds(in: since).map { context.now() - Int($0) }
            words.append("--since=@\(ago ?? AWSAPI.seconds(ofTimestamp: since) ?? 0)")
        }
        words += ["MESSAGE_ID=\(useLogID)", "_UID=\(geteuid())"]
        if let profile { words.append("AWSKEYS_PROFILE=\(profile.replacing("\n", with: "?"))") }
        let program = Process(silent: words)
        let output = Pipe()
        program.standardOutput = output
        let isStarted = (try? program.run()) != nil
        let lines = isStarted ? (try? output.fileHandleForReading.readToEnd()) ?? Data() : Data()
        if isStarted { program.waitUntilExit() }
        let status = isStarted ? program.terminationStatus : Self.notFound
        let uses = lines.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(Use.self, from: $0)
        }
        guard uses.isEmpty else { return uses }
        guard status != Self.notFound, FileManager.default.fileExists(atPath: journalSocket) else {
            throw Failure(
                .unavailable, "there is no journal here",
                hint: "the log is kept where systemd's journal runs: `systemctl status systemd-journald`")
        }
        guard status == 0 else {
            throw Failure(
                .locked, "the journal can't be read by you",
                hint: "`sudo usermod -aG systemd-journal $USER` and a new login, or a journal on disk, which has a "
                    + "file for each user: `sudo mkdir /var/log/journal`")
        }
        return []
    }

    /// What `env` ends with if there's no such program.
    private static let notFound: Int32 = 127
}

/// An entry of the journal, as journalctl(1) prints it and as it is shown.
private struct Use: Codable {
    let microseconds: Int
    let profile: String
    let program: String
    let path: String?
    let pid: Int
    let answer: String

    var time: String { timestamp(microseconds / 1_000_000) }

    private enum Field: String, CodingKey {
        case time = "__REALTIME_TIMESTAMP"
        case profile = "AWSKEYS_PROFILE"
        case program = "AWSKEYS_PROGRAM"
        case path = "AWSKEYS_PROGRAM_PATH"
        case pid = "AWSKEYS_PROGRAM_PID"
        case answer = "AWSKEYS_ANSWER"
    }

    private enum CodingKeys: String, CodingKey {
        case time, profile, program, path, pid, answer
    }

    init(from decoder: any Decoder) throws {
        let entry = try decoder.container(keyedBy: Field.self)
        /// What isn't plain text comes as an array of bytes.
        func text(_ field: Field) throws -> String {
            if let text = try? entry.decode(String.self, forKey: field) { return text }
            return String(decoding: try entry.decode([UInt8].self, forKey: field), as: UTF8.self)
        }
        microseconds = Int(try text(.time)) ?? 0
        profile = try text(.profile)
        program = try text(.program)
        path = try? text(.path)
        pid = Int(try text(.pid)) ?? 0
        answer = try text(.answer)
    }

    func encode(to encoder: any Encoder) throws {
        var entry = encoder.container(keyedBy: CodingKeys.self)
        try entry.encode(time, forKey: .time)
        try entry.encode(profile, forKey: .profile)
        try entry.encode(program, forKey: .program)
        try entry.encodeIfPresent(path, forKey: .path)
        try entry.encode(pid, forKey: .pid)
        try entry.encode(answer, forKey: .answer)
    }
}
