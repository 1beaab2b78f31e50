import AWSConfig
import ArgumentParser
import CredentialProcess
import Diagnosis
import DurableFiles
import Foundation
import Importing
import Sealing

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which credentials each SDK would use for a profile, and why.",
        discussion: """
            PROFILE is one that a program names itself, as with `--profile`. Without it, the environment is asked, as \
            programs do that name none: AWS_ACCESS_KEY_ID, AWS_PROFILE and so on. Nothing is unlocked, run or sent. \
            Ends with 0 if all SDKs get the same, with 1 if they don't.
            """)

    @Argument(help: "The profile; if none is named, what programs in this shell take.", completion: .profiles)
    var profile: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let paths = ExplainedPaths(
            config: try context.path(of: .config), credentials: try context.path(of: .credentials),
            home: context.environment("HOME"))
        let explanation = Explanation(
            of: profile, config: try Self.file(.config, at: paths.config),
            credentials: try Self.file(.credentials, at: paths.credentials), environment: context.environment,
            hasSecret: { KeyInput.environmentSecret($0).count > 0 })
        if let profile, !explanation.isKnown, !explanation.hasUnreadableFile {
            throw Failure(
                .notFound, "there is no profile \"\(profile)\" in the AWS files",
                hint: "they are \"\(paths.config)\" and \"\(paths.credentials)\"")
        }
        if json {
            try Console.say(json: ExplainedProfile(explanation, paths))
        } else {
            Console.say(printable(explanation.lines(paths).joined(separator: "\n")))
        }
        let code = explanation.code
        if code != 0 { throw ExitCode(code) }
    }

    /// Bytes only: whether it can be read is for each SDK to say.
    private static func file(_ file: ConfigDocument.File, at path: String) throws -> ExplanationFile {
        do throws(FileError) {
            return ExplanationFile(file, bytes: try readFile(at: path, atMost: AWSFile.largest))
        } catch {
            guard error.isMissing || isHidden(path) else { throw Failure(error) }
            return ExplanationFile(file, bytes: nil)
        }
    }
}

extension Explanation {
    /// Whether some family stops at a file.
    fileprivate var hasUnreadableFile: Bool {
        answers.contains { if case .stops(.unreadable) = $0.outcome { true } else { false } }
    }

    /// The exit code: whether all get the same, some something else, or nobody anything.
    fileprivate var code: Int32 {
        guard answers.contains(where: \.outcome.hasCredentials) else { return Failure.Code.config.rawValue }
        return groups.count == 1 ? 0 : Failure.Code.declined.rawValue
    }
}

/// Where the two files lie.
struct ExplainedPaths {
    let config: String
    let credentials: String
    let home: String?

    func path(of file: ConfigDocument.File) -> String { file == .config ? config : credentials }

    /// A place as `path:line`, or a variable's name.
    func full(_ place: Place) -> String {
        switch place {
        case .line(let file, let line): "\(path(of: file)):\(line)"
        case .variable(let name): name
        }
    }

    /// The same for people.
    func short(_ place: Place) -> String {
        let text = full(place)
        guard let home, text.hasPrefix(home + "/") else { return text }
        return "~" + text.dropFirst(home.count)
    }
}
