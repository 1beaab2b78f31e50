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

    /// As the environment has them.
    ///
    /// https://specifications.freedesktop.org/basedir-spec: a relative `XDG_CACHE_HOME` doesn't count.
    ///
    /// - Returns: `nil` where the environment names no home.
    public init?(_ environment: (String) -> String?) {
        guard let home = environment("HOME") else { return nil }
        let cache = environment("XDG_CACHE_HOME") ?? ""
        folder = (cache.utf8.first == UInt8(ascii: "/") ? cache : home + "/.cache") + "/awskeys/sessions"
        config = Self.expand(namedFile("AWS_CONFIG_FILE", environment), home) ?? home + "/.aws/config"
        credentials =
            Self.expand(namedFile("AWS_SHARED_CREDENTIALS_FILE", environment), home) ?? home + "/.aws/credentials"
        // The variables that lead to another service, one a line.
        var addresses = environment("AWS_ENDPOINT_URL_STS") ?? ""
        addresses += "\n"
        addresses += environment("AWS_ENDPOINT_URL") ?? ""
        addresses += "\n"
        addresses += environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ?? ""
        self.addresses = addresses
    }

    /// The path of a file in the home folder, where it is written so.
    private static func expand(_ path: String?, _ home: String) -> String? {
        guard let path, path.hasPrefix("~/") else { return path }
        return home + path.dropFirst()
    }

    /// The stamps of the two AWS files as they are now.
    public var files: SessionBond.Files { SessionBond.Files(config: config, credentials: credentials) }
}

/// What `awskeys exec --server` names to SDKs in the place of AWS files that they are not to see.
public let hiddenFile = "/dev/null"
/// The prefix of the variables that say where these files are.
public let hiddenPrefix = "AWSKEYS_"

/// The AWS file that a variable names, also where it is hidden from SDKs; `nil` if it names none.
public func namedFile(_ variable: String, _ environment: (String) -> String?) -> String? {
    let path = environment(variable)
    return path == hiddenFile ? environment(hiddenPrefix + variable) ?? path : path
}
