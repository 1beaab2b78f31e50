/// The services that are called here.
public enum AWSService: String, Sendable {
    case iam, sts
}

/// Where a service is, and for which region requests to it are signed.
public struct Endpoint: Equatable, Sendable {
    /// Scheme and host, perhaps with a path.
    public let url: String
    /// The region of the signature.
    public let region: String
}

/// Why there is no endpoint.
public enum EndpointError: Error, Codable, Equatable, Sendable {
    /// What is given for a region isn't one.
    case notARegion(String)
    /// An endpoint of the caller's own goes with neither FIPS nor dual stack.
    case customWith(String)
    /// The partition has no dual-stack endpoints.
    case noDualStack(partition: String)
    /// What is given for an endpoint isn't a scheme, a host and perhaps a port and a path.
    case notAnEndpoint(String)
    /// What is given for an endpoint isn't `https://`, and isn't on this machine either.
    case notSecure(String)
}

/// What chooses endpoints.
public struct EndpointSettings: Sendable {
    /// The region; `nil` stands for the one that AWS's global endpoints have.
    public var region: String?
    /// Whether endpoints with FIPS 140 cryptography are wanted.
    public var usesFIPS = false
    /// Whether endpoints that have IPv6 addresses too are wanted.
    public var usesDualStack = false
    /// Endpoints of the caller's own.
    public var urls: [AWSService: String] = [:]
    /// An endpoint of the caller's own for the console's sign-in, without the path `/federation`.
    public var signInURL: String?

    /// The usual endpoints of a region.
    public init(region: String?) { self.region = region }

    /// Where a service is.
    public func endpoint(of service: AWSService) throws(EndpointError) -> Endpoint {
        let partition = Partition.of(region ?? "")
        let region = region ?? "aws-global"
        let isLabel = region.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (0x30...0x39).contains($0)
                || $0 == UInt8(ascii: "-")
        }
        guard !region.isEmpty, isLabel else { throw .notARegion(region) }
        let isGlobal = region == "aws-global"
        let signing = service == .iam || isGlobal ? partition.home : region
        if let url = urls[service] {
            if usesFIPS { throw .customWith("FIPS") }
            if usesDualStack { throw .customWith("dual stack") }
            return Endpoint(url: try Self.checked(url), region: signing)
        }
        if usesDualStack, partition.dualStackSuffix == nil { throw .noDualStack(partition: partition.name) }
        let host: String =
            switch service {
            case .iam: partition.iam(fips: usesFIPS, dualStack: usesDualStack)
            case .sts: isGlobal ? "sts.amazonaws.com" : partition.sts(region, fips: usesFIPS, dualStack: usesDualStack)
            }
        return Endpoint(url: "https://" + host, region: signing)
    }

    /// Where sessions become sign-ins to the console; `nil` in partitions for which that isn't known here.
    func signIn() throws(EndpointError) -> String? {
        if let signInURL {
            let url = try Self.checked(signInURL)
            return url + (url.hasSuffix("/") ? "" : "/") + "federation"
        }
        return Partition.of(region ?? "").signIn.map { "https://\($0)/federation" }
    }

    private static func checked(_ url: String) throws(EndpointError) -> String {
        // Other parts of a URL, and names beyond ASCII, are sent otherwise than they stand, and can't be signed.
        let isPlain = url.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"@?#\\".utf8.contains($0) }
        guard isPlain, url.contains("://"), !host(of: url).isEmpty else { throw .notAnEndpoint(url) }
        // Keys don't cross a network in the clear.
        guard url.hasPrefix("https://") || url.hasPrefix("http://") && isLoopback(url) else { throw .notSecure(url) }
        return url
    }
}

/// The endpoint that the environment or a profile names for a service.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
///
/// - Parameters:
///   - service: its id in lower case, such as `sts`.
///   - environment: a variable's value.
///   - setting: a setting of the profile.
///   - serviceSetting: a setting of the service in the section that the profile's `services` names.
public func configuredEndpoint(
    of service: String, environment: (String) -> String?, setting: (String) -> String?,
    serviceSetting: (String) -> String?
) -> String? {
    let ignores = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ?? setting("ignore_configured_endpoint_urls")
    if ignores?.lowercased() == "true" { return nil }
    return environment("AWS_ENDPOINT_URL_" + service.uppercased()) ?? environment("AWS_ENDPOINT_URL")
        ?? serviceSetting("endpoint_url") ?? setting("endpoint_url")
}
