import AWSConfig
import Importing

extension ImportFrom {
    /// Says what will happen, and what won't and why.
    ///
    /// - Returns: whether it is to be done.
    func show(_ plan: TakeOverPlan, _ found: Found, in context: Context) throws -> Bool {
        let config = try ImportCommand.file(.config, in: context)
        let credentials = try ImportCommand.file(.credentials, in: context)
        if command.json {
            try Console.say(
                json: Document(
                    from: found.place, store: context.storePath(), config: config.path, credentials: credentials.path,
                    temporary: found.temporary, profiles: plan.profiles.map(Document.Profile.init)))
            return false
        }
        let place = oneLine(found.place)
        let rows = plan.taken.map { profile in
            [profile.name, short(profile.accessKeyID), place, profile.action.words]
        }
        if !rows.isEmpty { Console.say(Console.table([["PROFILE", "KEY", "FROM", "TO"]] + rows)) }
        for profile in plan.profiles {
            let name = oneLine(profile.name)
            switch profile.action {
            case .take: break
            case .isThere: Console.say("already there: \(name)")
            case .leave(let reason): Console.say("left alone: \(name): \(reason.words)")
            }
        }
        if found.temporary > 0 {
            Console.say("\(found.temporary) temporary credentials beside them, which end by themselves: not imported")
        }
        if !plan.configEdits.isEmpty { Console.say("\n\(config.path)\n" + config.maskedDiff(plan.configEdits)) }
        if !plan.credentialsEdits.isEmpty {
            Console.say("\n\(credentials.path)\n" + credentials.maskedDiff(plan.credentialsEdits))
        }
        if !command.sessions, plan.taken.contains(where: { $0.action.replaces }) {
            Console.say("\nprograms may have got sessions of these keys until now; with `--sessions` they go on to")
        }
        if plan.taken.isEmpty { Console.say("nothing to import from \(place)") }
        return !command.dryRun && !plan.taken.isEmpty
    }
}

extension TakeOverPlan.Action {
    fileprivate var replaces: Bool {
        if case .take(_, .some) = self { true } else { false }
    }

    fileprivate var words: String {
        switch self {
        case .take(let file, nil): "store, line in \(file.rawValue)"
        case .take(let file, .some(let command)): "store, line in \(file.rawValue) instead of `\(command)`"
        case .isThere, .leave: ""
        }
    }
}

/// The plan as `--json` prints it.
private struct Document: Encodable {
    struct Profile: Encodable {
        let profile: String
        let accessKeyID: String
        let action: String
        let into: [String]?
        let replaced: String?
        let reason: String?
        let message: String?

        enum CodingKeys: String, CodingKey {
            case profile, action, into, replaced, reason, message
            case accessKeyID = "access_key_id"
        }

        init(_ plan: TakeOverPlan.Profile) {
            profile = plan.name
            accessKeyID = plan.accessKeyID
            switch plan.action {
            case .take(let file, let command):
                (action, into, replaced, reason, message) = ("import", [file.rawValue], command, nil, nil)
            case .isThere: (action, into, replaced, reason, message) = ("none", nil, nil, nil, nil)
            case .leave(let why):
                (action, into, replaced, reason, message) = ("leave", nil, nil, why.rawValue, why.words)
            }
        }
    }

    let from: String
    let store: String
    let config: String
    let credentials: String
    let temporary: Int
    let profiles: [Profile]
}
