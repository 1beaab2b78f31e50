import ArgumentParser
import CredentialProcess
import Dispatch
import Foundation
import KeyCache
import SealedStore
import Sealing
import Sessions
import Unlocking

/// What `awskeys exec --server` starts beside the command.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve-credentials", shouldDisplay: false)

    @Argument
    var profile: String

    @OptionGroup var session: SessionArguments

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        var options = session.options
        options.wantsSession = true
        options.isForProgram = true
        keepUnlocked(try UnlockedStore.closed(context.storePath()).id)
        let token = randomToken()
        let line = token.copy()
        let server = try CredentialServer(profile, options, token: token, in: context)
        Task {
            do {
                try await server.run { port in
                    var words = SecretBuilder()
                    words.add("\(port) ")
                    line.withBytes { words.add($0) }
                    words.add("\n")
                    _ = printDocument(words.joined())
                    close(STDOUT_FILENO)
                }
            } catch {
                Foundation.exit(EX_UNAVAILABLE)
            }
        }
        dispatchMain()
    }

    /// Uses the data key again and again, so that the store doesn't lock by itself under a command that runs for long.
    private func keepUnlocked(_ store: [UInt8]) {
        // Often, since it may be locked, and unlocked again for a shorter time.
        let seconds = min(Double(KeyCache.load(store: store)?.lifetime ?? 20) / 2, 10)
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { keepUnlocked(store) }
    }

    /// 256 random bits in hexadecimal.
    private func randomToken() -> SecretBytes {
        let digits = Array("0123456789abcdef".utf8)
        var token = SecretBytes(zeros: 64)
        SecretBytes(random: 32).withBytes { random in
            token.withMutableBytes { token in
                for index in random.indices {
                    token[2 * index] = digits[Int(random[index] >> 4)]
                    token[2 * index + 1] = digits[Int(random[index] & 15)]
                }
            }
        }
        return token
    }
}

/// The server that goes along with a command, and ends with it.
struct ServerBeside: ~Copyable {
    private let program: AskedProgram
    /// What the command finds it by.
    let url: String
    /// What the command has to show.
    let token: SecretBytes

    /// Starts it.
    init(for profile: String, _ session: SessionArguments, in context: Context) throws {
        let path = (context.programFolder() ?? "") + "/awskeys"
        var words = ["serve-credentials"]
        if let duration = session.duration { words += ["--duration", duration] }
        if session.noSession { words.append("--no-session") }
        let started = AskedProgram.start(path, words + ["--", profile], until: Deadline(in: .seconds(10)))
        guard var program = started, let line = program.line(),
            let space = line.withBytes({ line in line.indices.first { line[$0] == UInt8(ascii: " ") } })
        else {
            throw Failure(.unavailable, "the credentials server did not start", hint: "leave `--server` out")
        }
        let port = line.withBytes { String(decoding: $0.extracting(..<space).array(), as: UTF8.self) }
        url = "http://127.0.0.1:\(port)/"
        token = line.withBytes { SecretBytes(copying: $0.extracting((space + 1)...)) }
        self.program = program
    }
}
