import AWSConfig
import ArgumentParser
import CredentialProcess
import Importing

struct UseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use",
        abstract: "Switch the shell to a profile.",
        discussion: """
            A program can't change the shell that started it, so a function does: put `eval "$(awskeys use --shell \
            bash)"` into ~/.bashrc (zsh: ~/.zshrc; fish: `awskeys use --shell fish | source` into \
            ~/.config/fish/config.fish). It brings completion too, and `awskeys_prompt`, which says in a prompt which \
            profile the shell has: PS1='$(awskeys_prompt)'"$PS1".
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "The profile; none switches back.", completion: .profiles)
    var profile: String?

    @Option(help: "Print the function and the completion for a shell.")
    var shell: Shell?

    @Option(help: .hidden)
    var evaluate: Shell?

    func validate() throws {
        if shell != nil, profile != nil { throw ValidationError("--shell prints a function and takes no profile") }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        if let shell { return Console.say(shell.function + "\n" + shell.completionScript) }
        guard let evaluate else {
            throw Failure(
                .usage, "this shell has no `awskeys` function yet, which switches it",
                hint: "put `eval \"$(awskeys use --shell bash)\"` into ~/.bashrc; see `awskeys help use`")
        }
        guard let profile else {
            return Console.say(["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].map(evaluate.unset).joined(separator: "\n"))
        }
        guard context.environment("AWS_CONFIG_FILE") != hiddenFile else {
            throw Failure(
                .config, "this shell hides the AWS files from programs, so that they ask its endpoint",
                hint: "leave it, or `unset AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE`")
        }
        guard try AWSAccess(in: context).exists(profile) else {
            throw Failure(.notFound, "there is no profile \"\(profile)\" in the AWS files")
        }
        for variable in ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"] where context.environment(variable) != nil {
            Console.note("awskeys: \(variable) is set, and most programs take it before a profile; `unset` it")
        }
        // botocore takes the older variable first.
        Console.say(evaluate.export("AWS_PROFILE", profile) + "\n" + evaluate.unset("AWS_DEFAULT_PROFILE"))
    }
}

extension UseCommand.Shell {
    fileprivate var completion: CompletionShell {
        switch self {
        case .bash: .bash
        case .zsh: .zsh
        case .fish: .fish
        }
    }

    /// Completes the words of a command line.
    fileprivate var completionScript: String {
        let script = AWSKeys.completionScript(for: completion)
        // zsh has `compdef` only where completion was started, and complains otherwise.
        return self == .zsh
            ? script.replacing("\n    compdef _awskeys", with: "\n    (( ! $+functions[compdef] )) || compdef _awskeys")
            : script
    }

    /// A shell's word that stands for a text, whatever is in it.
    private func quoted(_ text: String) -> String {
        self == .fish
            ? "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
            : quotedWord(text)
    }

    fileprivate func export(_ name: String, _ value: String) -> String {
        self == .fish ? "set -gx \(name) \(quoted(value))" : "export \(name)=\(quoted(value))"
    }

    fileprivate func unset(_ name: String) -> String { self == .fish ? "set -e \(name); or true" : "unset \(name)" }

    /// What stands before the program of the same name, and what a prompt can show: without a program, since it is
    /// shown after every command. zsh reads what comes of it as a prompt again, where `%` means something.
    fileprivate var function: String {
        switch self {
        case .bash, .zsh:
            """
            awskeys() {
                if [ "${1-}" = use ] && [ "$#" -le 2 ] && [ "${2-}" = "${2+${2#-}}" ]; then
                    shift
                    local awskeys_statements
                    awskeys_statements=$(command awskeys use --evaluate \(rawValue) "$@") || return
                    eval "$awskeys_statements"
                else
                    command awskeys "$@"
                fi
            }
            awskeys_prompt() {
                local awskeys_profile=${AWSKEYS_PROFILE:-${AWS_PROFILE-}}
                [ -z "$awskeys_profile" ] || printf '(%s) ' "${awskeys_profile\(self == .zsh ? "//\\%/%%" : "")}"
            }
            """
        case .fish:
            """
            function awskeys
                if test "$argv[1]" = use -a (count $argv) -le 2; and not string match -q -- '-*' "$argv[2]"
                    set -l statements (command awskeys use --evaluate fish $argv[2..-1]); or return
                    string join \\n $statements | source
                else
                    command awskeys $argv
                end
            end
            function awskeys_prompt
                set -l profile $AWSKEYS_PROFILE $AWS_PROFILE
                test -z "$profile[1]"; or printf '(%s) ' $profile[1]
            end
            """
        }
    }
}

extension CompletionKind {
    /// The profiles of the AWS files.
    static var profiles: CompletionKind {
        .custom { _, _, _ in
            guard let access = try? AWSAccess(in: .live) else { return [] }
            return access.profiles
        }
    }
}

extension AWSAccess {
    /// The names of all profiles, in order.
    fileprivate var profiles: [String] {
        Set((config.document.sections + credentials.document.sections).compactMap(\.header.profile)).sorted()
    }
}
