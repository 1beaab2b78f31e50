import AWSAPI
import AWSConfig
import Importing
import Sealing

/// The way to AWS that a profile's settings and the environment describe.
struct AWSAccess: ~Copyable {
    private let config: AWSFile
    private let credentials: AWSFile
    private let context: Context

    init(in context: Context) throws {
        let config = try ImportCommand.file(.config, in: context)
        let credentials = try ImportCommand.file(.credentials, in: context)
        self.config = config
        self.credentials = credentials
        self.context = context
    }

    /// A client with a profile's region, endpoints and certificates; `nil` stands for the environment alone.
    func client(for profile: String?) throws -> AWSClient {
        func setting(_ variable: String, _ name: String) -> String? {
            context.environment(variable) ?? self.setting(name, of: profile)
        }
        let region = context.environment("AWS_REGION") ?? setting("AWS_DEFAULT_REGION", "region")
        var settings = EndpointSettings(region: region)
        settings.usesFIPS = setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?.lowercased() == "true"
        settings.usesDualStack =
            setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?.lowercased() == "true"
        let services = self.setting("services", of: profile)
        func endpoint(of service: String) -> String? {
            configuredEndpoint(
                of: service, environment: context.environment, setting: { self.setting($0, of: profile) },
                serviceSetting: { name in
                    services.flatMap { services in
                        config.withBytes {
                            config.document.setting(name, of: service, inServices: services, in: $0)
                        }
                    }
                })
        }
        for service in [AWSService.iam, .sts] { settings.urls[service] = endpoint(of: service.rawValue) }
        settings.signInURL = endpoint(of: "signin")
        let caBundle = setting("AWS_CA_BUNDLE", "ca_bundle")
        do throws(EndpointError) {
            return try AWSClient(
                settings,
                in: AWSClient.Surroundings(
                    transport: context.transport(caBundle), now: context.now, sleep: context.sleep,
                    random: { Double.random(in: 0...$0) }))
        } catch {
            throw Failure(error)
        }
    }

    /// The device for multi-factor authentication that a profile names, or a profile that builds on it.
    func mfaSerial(for profile: String) -> String? {
        if let serial = setting("mfa_serial", of: profile) { return serial }
        for name in config.document.sections.compactMap(\.header.profile)
        where setting("source_profile", of: name) == profile {
            if let serial = setting("mfa_serial", of: name) { return serial }
        }
        return nil
    }

    /// The places outside the store where a key lies in plain text.
    func copies(ofSecret secret: borrowing SecretBytes, id: String) throws -> [OtherCopy] {
        var copies = plainCopies(of: secret, config: config, credentials: credentials, home: try context.home())
        if context.environment("AWS_ACCESS_KEY_ID") == id {
            copies.append(OtherCopy(path: "AWS_ACCESS_KEY_ID", what: "the key in this environment"))
        }
        return copies
    }

    /// A setting of a profile; credentials wins over config.
    private func setting(_ name: String, of profile: String?) -> String? {
        guard let profile else { return nil }
        return credentials.withBytes { credentials.document.setting(name, of: profile, in: $0) }
            ?? config.withBytes { config.document.setting(name, of: profile, in: $0) }
    }
}
