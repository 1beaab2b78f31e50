public import DurableFiles
public import Keyring
import Sealing
public import Unlocking

/// A tool that keeps access keys with the Go library "keyring", and where it does.
public struct OtherTool: Sendable {
    /// The library's ways of keeping items that are read here; the raw values are its names for them.
    public enum Backend: String, Sendable, CaseIterable {
        /// A collection of the Secret Service.
        case secretService = "secret-service"
        /// The program `pass`.
        case pass
        /// Files sealed with a passphrase.
        case file
    }

    /// Its name, which is that of its program.
    public let name: String
    /// Its subcommands that print credentials for an SDK.
    let commands: Set<String>
    /// Its subcommand that removes a key.
    let removing: String
    /// The backend that it is told to use, by the library's name for it; `nil` where the library chooses.
    public let backend: String?
    /// The folder of the file backend.
    public let folder: String
    /// The variable that may hold the passphrase of the files.
    public let passphraseVariable: String?
    /// The collection of the Secret Service.
    public let collection: String
    /// The program `pass`.
    public let passProgram: String
    /// The folder of its store.
    public let passFolder: String
    /// What stands before the names of the items there; empty for nothing.
    public let passPrefix: String

    /// aws-vault, as its `cli/global.go` sets the library up.
    public static func awsVault(home: String, _ environment: (String) -> String?) -> OtherTool {
        func named(_ variable: String, orElse standard: String) -> String {
            let path = environment(variable) ?? standard
            return path.hasPrefix("~/") ? home + path.dropFirst() : path
        }
        let passFolder = named("PASSWORD_STORE_DIR", orElse: "~/.password-store")
        return OtherTool(
            name: "aws-vault", commands: ["exec", "export"], removing: "remove",
            backend: environment("AWS_VAULT_BACKEND"),
            folder: named("AWS_VAULT_FILE_DIR", orElse: "~/.awsvault/keys"),
            passphraseVariable: "AWS_VAULT_FILE_PASSPHRASE",
            collection: environment("AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME") ?? "awsvault",
            passProgram: environment("AWS_VAULT_PASS_CMD") ?? "pass",
            passFolder: named("AWS_VAULT_PASS_PASSWORD_STORE_DIR", orElse: passFolder),
            passPrefix: environment("AWS_VAULT_PASS_PREFIX") ?? "")
    }

    /// Granted, as its `pkg/securestorage/securestorage.go` sets the library up for keys of IAM users.
    ///
    /// - Parameter config: the text of its configuration, empty where it has none.
    public static func granted(home: String, config: String, _ environment: (String) -> String?) -> OtherTool {
        func settled(_ path: String) -> String { path.hasPrefix("~/") ? home + path.dropFirst() : path }
        let settings = settings(inKeyringTable: config)
        let name = "aws-iam-credentials"
        return OtherTool(
            name: "granted", commands: ["credential-process"], removing: "credentials remove",
            backend: settings["Backend"],
            folder: settled(
                settings["FileDir"] ?? grantedFolder(home: home, environment) + "/secure-storage-" + name),
            passphraseVariable: nil, collection: settings["LibSecretCollectionName"] ?? "granted-" + name,
            passProgram: "pass", passFolder: settled(environment("PASSWORD_STORE_DIR") ?? "~/.password-store"),
            passPrefix: "granted-" + name)
    }

    /// Where Granted has its configuration: `~/.granted`, unless there is none and `XDG_CONFIG_HOME` is set.
    public static func grantedFolder(home: String, _ environment: (String) -> String?) -> String {
        let folder = home + "/.granted"
        guard (try? attributes(of: folder)) == nil, let config = environment("XDG_CONFIG_HOME"), !config.isEmpty else {
            return folder
        }
        return config + "/granted"
    }

    /// The texts in the table `Keyring` of Granted's configuration, which is TOML as its library writes it: a setting a
    /// line.
    private static func settings(inKeyringTable text: String) -> [String: String] {
        var settings: [String: String] = [:]
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("[") { isInside = line.hasPrefix("[Keyring]") }
            let parts = line.split(separator: "=", maxSplits: 1)
            let quoted = parts.last?.split(separator: "\"", omittingEmptySubsequences: false)
            if isInside, parts.count == 2, let quoted, quoted.count == 3 {
                settings[parts[0].filter { $0 != " " }] = String(quoted[1])
            }
        }
        return settings
    }
}

extension OtherTool {
    /// The command that removes a profile's key from the tool's keyring.
    public func removal(of profile: String) -> String { "\(name) \(removing) \(profile)" }

    /// Options of these tools that have their value in the next word.
    private static let optionsWithValue: Set<String> = [
        "-d", "--duration", "-t", "--mfa-token", "--prompt", "--region", "--format", "--keychain", "-p",
    ]

    /// The options that say where the keys are, and where they are looked for here.
    private var places: [String: String] {
        [
            "--backend": backend ?? "", "--file-dir": folder, "--pass-dir": passFolder, "--pass-cmd": passProgram,
            "--pass-prefix": passPrefix, "--secret-service-collection": collection,
        ]
    }

    /// The profile whose credentials a command prints for an SDK, if it is one of this tool's: `aws-vault exec --json
    /// dev`, `aws-vault export --format=json dev`, `granted credential-process --profile=dev`.
    public func profile(askedForBy command: String) -> String? {
        let words = command.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard words.count > 2, words[0] == name || words[0].hasSuffix("/" + name), commands.contains(words[1]) else {
            return nil
        }
        var profiles: [String] = []
        var rest = words[2...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if let place = places[parts[0]] {
                // Another place may have another key under that name.
                guard (parts.count == 2 ? parts[1] : rest.popFirst()) == place else { return nil }
            } else if parts[0] == "--profile", parts.count == 2 {
                profiles.append(parts[1])
            } else if Self.optionsWithValue.contains(word) {
                rest = rest.dropFirst()
            } else if word == "--" {
                return nil
            } else if !word.hasPrefix("-") {
                profiles.append(word)
            }
        }
        return profiles.count == 1 ? profiles[0] : nil
    }
}

/// What a tool's keyring has.
public struct OtherKeys: Sendable {
    /// Where it was found.
    public let backend: OtherTool.Backend
    /// The keys, in the order of their names.
    public private(set) var keys: [OtherKey] = []
    /// How many temporary credentials, or tokens for such, lie beside them.
    public internal(set) var temporary = 0

    init(_ backend: OtherTool.Backend) { self.backend = backend }

    mutating func add(_ profile: String, _ item: borrowing SecretBytes) throws(ItemProblem) {
        if let key = try OtherKey(profile, item: item) { keys.append(key) } else { temporary += 1 }
    }
}

/// Why a tool's keys can't be had.
public enum OtherToolError: Error, Equatable, Sendable {
    /// It has none where it was looked for.
    case noKeys
    /// It is told to use a backend that isn't read here.
    case otherBackend(String)
    /// A file that can't be read.
    case file(FileError)
    /// The passphrase opens none of the files in a folder.
    case wrongPassphrase(folder: String)
    /// Nobody gave the passphrase of the files in a folder.
    case notAsked(Obstacle, folder: String)
    /// The Secret Service.
    case keyring(KeyringError, collection: String)
    /// `pass` can't be started, or doesn't show an item.
    case notShown(item: String)
    /// An item with something wrong with it, and where it lies.
    case item(ItemProblem, String)
}
