public import SealedStore

/// Where sessions lie, and what around them says whether they still hold.
public struct SessionPlaces: Sendable {
    /// The folder of the sessions.
    public let folder: String
    /// The path of the config file.
    public let config: String
    /// The path of the credentials file.
    public let credentials: String
    /// What the environment says about the services' addresses, as text to compare.
    public let addresses: String

    /// The variables that lead to another service.
    private static let variables = [
        "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ]

    /// As the environment has them.
    ///
    /// https://specifications.freedesktop.org/basedir-spec: a relative `XDG_CACHE_HOME` doesn't count.
    ///
    /// - Returns: `nil` where the environment names no home.
    public init?(_ environment: (String) -> String?) {
        guard let home = environment("HOME") else { return nil }
        let cache = environment("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.cache"
        folder = cache + "/awskeys/sessions"
        func file(_ variable: String, _ name: String) -> String {
            guard let path = environment(variable) else { return home + "/.aws/" + name }
            return path.hasPrefix("~/") ? home + path.dropFirst() : path
        }
        config = file("AWS_CONFIG_FILE", "config")
        credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        addresses = Self.variables.map { environment($0) ?? "" }.joined(separator: "\n")
    }

    /// The stamps of the two AWS files as they are now.
    public var files: SessionBond.Files { SessionBond.Files(config: config, credentials: credentials) }
}
