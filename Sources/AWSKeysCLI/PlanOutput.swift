import AWSConfig
import Importing
import Sealing

extension ImportCommand {
    /// Says what will happen, and what won't and why.
    func show(
        _ plan: ImportPlan, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile, in context: Context
    ) throws {
        let copies = otherCopies(plan, config: config, credentials: credentials, home: try context.home())
        if json {
            return try Console.say(
                json: PlanDocument(
                    plan, copies, store: try context.storePath(), config: config.path, credentials: credentials.path))
        }
        guard !plan.profiles.isEmpty else {
            return Console.say("nothing to import: no keys in plain text in \(credentials.path) and \(config.path)")
        }
        let rows = plan.imported.map { profile in
            [
                profile.name, short(profile.accessKeyID ?? ""),
                profile.places.map { "\($0.file.rawValue):\($0.line)" }.joined(separator: ", "),
                (profile.keyProfile == profile.name ? "store" : "store, as \(profile.keyProfile)") + ", line in "
                    + profile.into.map(\.rawValue).joined(separator: " and "),
            ]
        }
        if !rows.isEmpty { Console.say(Console.table([["PROFILE", "KEY", "FROM", "TO"]] + rows) + "\n") }
        for profile in plan.imported where profile.keyProfile != profile.name {
            Console.say(
                "\(profile.name) assumes its role with its own key, which becomes the profile \(profile.keyProfile)")
        }
        for profile in plan.profiles {
            guard let reason = profile.reason else { continue }
            Console.say("left alone: \(profile.name): \(reason.words)")
        }
        for (edits, path) in [(plan.configEdits, config.path), (plan.credentialsEdits, credentials.path)] {
            guard !edits.isEmpty else { continue }
            Console.say("\n\(path)")
            if path == config.path {
                Console.say(config.maskedDiff(edits))
            } else {
                Console.say(credentials.maskedDiff(edits))
            }
        }
        for copy in copies { Console.say("\nanother copy, not touched: \(copy.path): \(copy.what)") }
    }
}

/// The plan as `--json` prints it.
private struct PlanDocument: Encodable {
    struct Profile: Encodable {
        let profile: String
        let accessKeyID: String?
        let action: String
        let into: [String]?
        let keyProfile: String?
        let reason: String?
        let message: String?

        enum CodingKeys: String, CodingKey {
            case profile, action, into, reason, message
            case accessKeyID = "access_key_id"
            case keyProfile = "key_profile"
        }
    }

    struct Copy: Encodable {
        let path: String
        let what: String
    }

    let store: String
    let config: String
    let credentials: String
    let profiles: [Profile]
    let copies: [Copy]

    init(_ plan: ImportPlan, _ copies: [OtherCopy], store: String, config: String, credentials: String) {
        self.store = store
        self.config = config
        self.credentials = credentials
        profiles = plan.profiles.map { profile in
            Profile(
                profile: profile.name, accessKeyID: profile.accessKeyID,
                action: profile.reason == nil ? "import" : "leave",
                into: profile.reason == nil ? profile.into.map(\.rawValue) : nil,
                keyProfile: profile.keyProfile == profile.name ? nil : profile.keyProfile,
                reason: profile.reason?.rawValue,
                message: profile.reason?.words)
        }
        self.copies = copies.map { Copy(path: $0.path, what: $0.what) }
    }
}
