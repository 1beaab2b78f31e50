import AWSAPI
import AWSConfig
import Importing
import SealedStore
import Sealing
import Sessions
import Unlocking

/// The way to AWS that a profile's settings and the environment describe.
final class AWSAccess {
    let config: AWSFile
    let credentials: AWSFile
    /// What the two files were like just before they were read.
    let files: SessionBond.Files
    private let context: Context

    init(in context: Context) throws {
        files = SessionBond.Files(
            config: try context.path(of: .config), credentials: try context.path(of: .credentials))
        let config = try ImportCommand.file(.config, in: context)
        let credentials = try ImportCommand.file(.credentials, in: context)
        self.config = config
        self.credentials = credentials
        self.context = context
    }

    /// The way that other files would describe.
    init(like other: AWSAccess, config: consuming AWSFile, credentials: consuming AWSFile) {
        files = other.files
        context = other.context
        self.config = config
        self.credentials = credentials
    }

    /// Where the files lie, by the variables that say so.
    var paths: [(variable: String, path: String)] {
        [("AWS_CONFIG_FILE", config.path), ("AWS_SHARED_CREDENTIALS_FILE", credentials.path)]
    }

    /// A client with a profile's region, endpoints and certificates; `nil` stands for the environment alone.
    func client(for profile: String?) throws -> AWSClient {
        do throws(EndpointError) {
            return try client(for: profile, until: nil)
        } catch {
            throw Failure(error)
        }
    }

    /// The same with a deadline for the last answer.
    func client(for profile: String?, until deadline: Deadline?) throws(EndpointError) -> AWSClient {
        func setting(_ variable: String, _ name: String) -> String? {
            context.environment(variable) ?? self.setting(name, of: profile)
        }
        var settings = EndpointSettings(region: region(of: profile))
        settings.usesFIPS = setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?.lowercased() == "true"
        settings.usesDualStack =
            setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?.lowercased() == "true"
        for service in [AWSService.iam, .sts] {
            settings.urls[service] = ownEndpoint(of: service.rawValue, for: profile)
        }
        settings.signInURL = ownEndpoint(of: "signin", for: profile)
        return try AWSClient(
            settings,
            in: AWSClient.Surroundings(
                transport: context.transport(setting("AWS_CA_BUNDLE", "ca_bundle")), now: context.now,
                sleep: context.sleep, random: { Double.random(in: 0...$0) },
                timeLeft: { deadline.map { $0.left / .seconds(1) } ?? .infinity }))
    }

    /// The region that the environment or a profile names.
    func region(of profile: String?) -> String? {
        context.environment("AWS_REGION") ?? context.environment("AWS_DEFAULT_REGION")
            ?? setting("region", of: profile)
    }

    /// The address that the environment or a profile names for a service; `nil` where it is AWS's own.
    func ownEndpoint(of service: String, for profile: String?) -> String? {
        let services = setting("services", of: profile)
        return configuredEndpoint(
            of: service, environment: context.environment, setting: { self.setting($0, of: profile) },
            serviceSetting: { name in
                services.flatMap { services in
                    config.withBytes {
                        config.document.setting(name, of: service, inServices: services, in: $0)
                    }
                }
            })
    }

    /// The device for multi-factor authentication that a profile names, or a profile that builds on it.
    func mfaSerial(for profile: String) -> String? {
        let builders = config.document.sections.compactMap(\.header.profile).filter { name in
            ["source_profile", Role.adoptedPrefix + "source_profile"].contains { setting($0, of: name) == profile }
        }
        return ([profile] + builders).lazy.compactMap { self.device(of: $0)?.serialNumber }.first
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
        profile.flatMap { setting(name, of: $0) }
    }
}

extension AWSAccess: ProfileSettings {
    func exists(_ profile: String) -> Bool {
        config.document.anySection(of: profile) != nil || credentials.document.anySection(of: profile) != nil
    }

    func setting(_ name: String, of profile: String) -> String? {
        credentials.withBytes { credentials.document.setting(name, of: profile, in: $0) }
            ?? config.withBytes { config.document.setting(name, of: profile, in: $0) }
    }

    func filesWithKeys(of profile: String) -> Set<ConfigDocument.File> {
        var files: Set<ConfigDocument.File> = []
        for document in [config.document, credentials.document] {
            let section = document.anySection(of: profile)
            if section?.property("aws_access_key_id") ?? section?.property("aws_secret_access_key") != nil {
                files.insert(document.file)
            }
        }
        return files
    }

    /// Whether a profile has credentials, of whatever kind, or settings that SDKs end at.
    func hasCredentials(_ profile: String) -> Bool {
        guard exists(profile) else { return false }
        guard let chain = try? RoleChain(of: profile, in: self), chain.roles.isEmpty else { return true }
        if case .none = chain.source { return false }
        return true
    }

    func asksStore(_ profile: String) -> Bool { config.asksStore(for: profile) || credentials.asksStore(for: profile) }

    /// The keys that the files have for a profile in plain text; those in credentials, if both have some.
    func plainKeys(of profile: String) -> AWSCredentials? { credentials.keys(of: profile) ?? config.keys(of: profile) }

    /// The device for multi-factor authentication that a profile names itself.
    func device(of profile: String) -> MFADevice? {
        let serial = setting("awskeys_mfa_serial", of: profile) ?? setting("mfa_serial", of: profile)
        // Where a user's own key would do, an empty setting is none.
        guard let serial, !serial.isEmpty else { return nil }
        return MFADevice(serialNumber: serial, process: setting("mfa_process", of: profile))
    }
}

extension AWSFile {
    fileprivate func keys(of profile: String) -> AWSCredentials? {
        func secret(_ name: String) -> SecretBytes? {
            guard let property = document.anySection(of: profile)?.property(name), !property.value.isEmpty else {
                return nil
            }
            return withBytes { SecretBytes(copying: $0.extracting(property.value)) }
        }
        guard let id = secret("aws_access_key_id"), let key = secret("aws_secret_access_key") else { return nil }
        return AWSCredentials(
            accessKeyID: id.withBytes { String(decoding: $0.array(), as: UTF8.self) }, secretAccessKey: key,
            sessionToken: secret("aws_session_token") ?? SecretBytes(zeros: 0))
    }
}
