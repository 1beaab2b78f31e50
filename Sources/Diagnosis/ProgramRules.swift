import AWSConfig
import CredentialProcess
import Importing

extension Situation {
    /// Programs that SDKs are to start for a profile's credentials.
    func programFindings() -> [Finding] {
        inEachFile { file in
            file.profiles.flatMap { profile, section -> [Finding] in
                guard let property = section.property(ProfileLine.property), !property.value.isEmpty else { return [] }
                let command = Command(file.text(property))
                return problems(of: command, profile).map { problem in
                    var finding = Finding(problem, in: file.document.file, line: property.line, profile: profile)
                    if let (name, path) = problem.rightPath, !property.isContinued {
                        let start = property.value.lowerBound
                        // What stands in quotes, or needs them, is another's to write.
                        if file.text(property).hasPrefix(name), SectionHeader.isPlain(path), !path.contains("%") {
                            finding.fix = .edits([Edit(start..<start + name.utf8.count, [.plain(path)])])
                        }
                    }
                    return finding
                }
            }
        }
    }

    private func problems(of command: Command, _ profile: String) -> [Problem] {
        var problems: [Problem] = []
        let runsAwskeys = command.runsAwskeys(with: profile) && isInStore(profile) == false
        if command.runsCLI(with: profile) || runsAwskeys { problems.append(.selfRecursion(command.program)) }
        let program = program(command.program)
        if !command.program.hasPrefix("/") {
            problems.append(.relativeProgram(command.program, found: program.isThere ? program.path : nil))
        }
        if !program.isThere {
            if command.program.hasPrefix("/") {
                problems.append(.missingProgram(command.program, moved: program.moved))
            }
        } else if !program.isExecutable {
            problems.append(.notExecutable(command.program))
        } else if let path = program.writable {
            problems.append(.writableProgram(command.program, path: path))
        }
        if let stored = command.storedProfile, isInStore(stored) == false, !isAdopted(stored) {
            problems.append(.notInStore(stored))
        }
        return problems
    }

    /// Whether awskeys gets the profile's credentials by other means than a key in the store.
    private func isAdopted(_ profile: String) -> Bool {
        Role.settingsOfSDKs.contains { setting(Role.adoptedPrefix + $0, of: profile) != nil }
    }
}

extension Problem {
    /// What a command begins with, and what it should.
    fileprivate var rightPath: (program: String, path: String)? {
        switch self {
        case .relativeProgram(let program, let path?), .missingProgram(let program, let path?): (program, path)
        default: nil
        }
    }
}

/// A command as SDKs split it: at white space, quotes kept together.
struct Command {
    let program: String
    let arguments: [String]

    init(_ value: String) {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in value {
            switch character {
            case quote: quote = nil
            case "\"" where quote == nil, "'" where quote == nil:
                quote = character
                word = word ?? ""
            case " " where quote == nil, "\t" where quote == nil:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        program = words.first ?? ""
        arguments = Array(words.dropFirst())
    }

    private var name: Substring { program.split(separator: "/").last ?? "" }

    /// The profile whose key our store is asked for.
    var storedProfile: String? {
        guard name == "awskeys-credential-process", arguments.count == 1 else { return nil }
        return ProfileArgument.decode(arguments[0])
    }

    /// The profile that awskeys is asked for, whichever way; `nil` where it is another program's.
    var askedProfile: String? {
        guard name == "awskeys", arguments.count == 2, arguments[0] == "credential-process" else {
            return storedProfile
        }
        return ProfileArgument.decode(arguments[1])
    }

    /// Whether it asks the AWS CLI with the profile itself, which asks this command again.
    func runsCLI(with profile: String) -> Bool {
        guard name == "aws" || name == "aws2" else { return false }
        for (index, argument) in arguments.enumerated() {
            if argument == "--profile=" + profile { return true }
            if argument == "--profile", arguments.dropFirst(index + 1).first == profile { return true }
        }
        // Without one, the CLI takes the default profile.
        return profile == "default" && !arguments.contains { $0.hasPrefix("--profile") }
    }

    /// Whether it asks awskeys with the profile itself, which asks this command again unless it has the key.
    func runsAwskeys(with profile: String) -> Bool {
        name == "awskeys" && ["exec", "export", "credential-process"].contains(arguments.first)
            && arguments.dropFirst().contains(profile)
    }
}
