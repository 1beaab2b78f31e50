import ArgumentParser
import CredentialProcess
import DurableFiles
import Foundation
import Sealing

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print a profile's credentials in the clear, or seal the keys of profiles for somebody else.")

    @Argument(help: "The profile; with --sealed, any number of them.", completion: .profiles)
    var profile: [String]

    @OptionGroup var sealing: SealedExport

    @OptionGroup var session: SessionArguments

    @Option(help: "How they are written, named as in `aws configure export-credentials`; process, if none is given.")
    var format: ExportFormat?

    @Flag(help: "Show the secret even on a terminal.")
    var reveal = false

    @Option(
        help: "Write a file for the owner only instead, with --sealed the bundle, else INI; it must not exist.",
        completion: .file())
    var toFile: String?

    func validate() throws {
        if sealing.sealed {
            guard format == nil, !reveal, session.isEmpty else {
                throw ValidationError("--sealed takes the keys themselves: neither formats nor sessions go with it")
            }
            return
        }
        guard profile.count == 1 else { throw ValidationError("one profile at a time, or --sealed for several") }
        guard toFile == nil || format == nil && !reveal else {
            throw ValidationError("--to-file writes a credentials file, and takes neither --format nor --reveal")
        }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        if sealing.sealed { return try sealing.run(profile, toFile: toFile, in: context) }
        let profile = profile[0]
        if toFile == nil, isatty(STDOUT_FILENO) == 1, !reveal {
            throw Failure(
                .usage, "this would show the secret on the terminal", hint: "`--reveal` shows it, `--to-file` doesn't")
        }
        let credentials = try context.credentials(for: profile, session.options)
        guard let toFile else {
            switch format ?? .process {
            case .process: return try Console.reveal(credentials.document(now: context.now()))
            case let other: return try Console.reveal(other.text(of: credentials))
            }
        }
        try makeNewFile(at: toFile, with: credentials.file(profile: profile))
        Console.note("wrote \"\(toFile)\"; the secret lies there in plain text")
    }
}

/// Writes a file that isn't there yet, for the owner only.
func makeNewFile(at path: String, with bytes: borrowing SecretBytes) throws {
    do throws(FileError) {
        try makeFile(at: path, with: bytes)
    } catch {
        throw error.number == EEXIST
            ? Failure(.cantCreate, "\"\(path)\" is there already", hint: "name a file that isn't") : Failure(error)
    }
}

/// How `awskeys export` writes a key.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
    case process, json, env, fish, powershell
    case envNoExport = "env-no-export"
    case windowsCmd = "windows-cmd"

    /// The credentials' text, a line each; ``process`` is the document that SDKs read and made elsewhere.
    func text(of credentials: borrowing ProfileCredentials) -> SecretBytes {
        var text = SecretBuilder()
        let names =
            self == .json
            ? ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]
            : ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"]
        let (opening, between, closing) = frame
        text.add(opening)
        add(names[0], credentials.accessKeyID.utf8.span, to: &text)
        text.add(between)
        credentials.secretAccessKey.withBytes { add(names[1], $0, to: &text) }
        if credentials.sessionToken.count > 0 {
            text.add(between)
            credentials.sessionToken.withBytes { add(names[2], $0, to: &text) }
        }
        if let end = credentials.expiration {
            text.add(between)
            add(names[3], timestamp(end).utf8.span, to: &text)
        }
        text.add(closing)
        return text.joined()
    }

    private var frame: (String, String, String) { self == .json ? ("{", ",", "}\n") : ("", "\n", "\n") }

    private func add(_ name: String, _ value: borrowing Span<UInt8>, to text: inout SecretBuilder) {
        let (before, after, escapes): (String, String, [Character: String]) =
            switch self {
            case .process, .json: ("\"\(name)\":\"", "\"", ["\"": "\\\"", "\\": "\\\\"])
            case .env: ("export \(name)='", "'", ["'": "'\\''"])
            case .envNoExport: ("\(name)=", "", [:])
            case .fish: ("set -gx \(name) '", "'", ["'": "\\'", "\\": "\\\\"])
            case .powershell: ("$Env:\(name)='", "'", ["'": "''"])
            case .windowsCmd: ("set \(name)=", "", [:])
            }
        text.add(before)
        for index in value.indices {
            // Values are visible ASCII: `awskeys add` and import see to it.
            if let escape = escapes[Character(Unicode.Scalar(value[index]))] {
                text.add(escape)
            } else {
                text.add(value.extracting(index..<index + 1))
            }
        }
        text.add(after)
    }
}

extension ProfileCredentials {
    /// A credentials file with this one profile.
    fileprivate borrowing func file(profile: String) -> SecretBytes {
        var text = SecretBuilder()
        text.add("[\(profile)]\naws_access_key_id = \(accessKeyID)\naws_secret_access_key = ")
        secretAccessKey.withBytes { text.add($0) }
        if sessionToken.count > 0 {
            text.add("\naws_session_token = ")
            sessionToken.withBytes { text.add($0) }
        }
        text.add("\n")
        return text.joined()
    }
}
