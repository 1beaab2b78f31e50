import AWSConfig
import Diagnosis

// The words of `awskeys explain`.

extension Explanation {
    /// For people.
    func lines(_ paths: ExplainedPaths) -> [String] {
        let groups = groups
        var lines = [subject]
        for group in groups {
            let names = Self.names(of: group.map(\.family))
            let isRead = groups.count > 1 && group.allSatisfy { !$0.family.isMeasured }
            let steps = group[0].outcome.steps(paths) + awskeysSteps(of: group[0].outcome)
            lines.append("\(names): \(steps[0])" + (isRead ? " (as documented)" : ""))
            lines += Self.tree(steps.dropFirst())
            let others = group[0].passedOver
            if !others.isEmpty {
                lines.append("  rather than " + others.map(paths.short).joined(separator: ", "))
            }
        }
        if !environmentWins.isEmpty, let profile {
            let names = Self.names(of: SDKFamily.all.filter { environmentWins.contains($0.id) })
            lines.append("with AWS_PROFILE=\(profile) instead, AWS_ACCESS_KEY_ID wins in \(names)")
        }
        return lines
    }

    private var subject: String {
        if let profile { return "\"\(profile)\", as with --profile" }
        let named = Set(answers.map { $0.namedBy.map { variable in "\(variable)" } ?? "" })
        let profiles = Set(answers.map(\.profile))
        guard profiles.count == 1, let name = profiles.first else {
            return "the profile that the environment names: "
                + profiles.sorted().map { "\"\($0)\"" }.joined(separator: " or ")
        }
        let by = named.filter { !$0.isEmpty }.sorted().joined(separator: ", ")
        return "\"\(name)\"" + (by.isEmpty ? ", since nothing names a profile" : ", named by \(by)")
    }

    /// What awskeys does for those who ask it, if that is more than a key.
    private func awskeysSteps(of outcome: Outcome) -> [String] {
        guard let name = outcome.asked, let chain = chains[name] else { return [] }
        switch chain {
        case .success(let chain):
            let roles = chain.roles.reversed().map { "awskeys: role \($0.arn) of \"\($0.profile)\"" }
            return roles.isEmpty ? [] : roles + ["awskeys: \(chain.source.words)"]
        case .failure(let error): return ["awskeys: \(Failure(error).message)"]
        }
    }

    private static func tree(_ steps: ArraySlice<String>) -> [String] {
        steps.enumerated().map { String(repeating: " ", count: 2 + 3 * $0.offset) + "└─ " + $0.element }
    }

    /// Their names, or those of the others where these are fewer.
    private static func names(of families: [SDKFamily]) -> String {
        let others = SDKFamily.all.filter { other in !families.contains { $0.id == other.id } }
        if others.isEmpty { return "every SDK" }
        return others.count < families.count ? "every SDK but \(list(others))" : list(families)
    }

    private static func list(_ families: [SDKFamily]) -> String {
        let names = families.map(\.name)
        guard let last = names.last, names.count > 1 else { return names.joined() }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}

extension SDKFamily {
    /// The family for people.
    var name: String {
        switch id {
        case "boto3": "boto3, AWS CLI v1"
        case "aws-cli-v2": "AWS CLI v2"
        case "ruby": "Ruby"
        case "go-v1": "Go v1"
        case "go-v2": "Go v2"
        case "crt": "C++ (CRT)"
        case "javascript": "JavaScript"
        case "java": "Java"
        case "kotlin": "Kotlin"
        case "rust": "Rust"
        case "dotnet": ".NET"
        case "php": "PHP"
        default: id
        }
    }
}

extension Outcome {
    /// What it is made of, from the last role to the source.
    func steps(_ paths: ExplainedPaths) -> [String] {
        switch self {
        case .key(let key): ["\(key.words) (\(paths.short(key.places[0])))"]
        case .process(let setting, let name?): ["asks awskeys for \"\(name)\" (\(paths.short(setting.place)))"]
        case .process(let setting, nil):
            ["what a program prints\(Failure.program(of: setting.text)) (\(paths.short(setting.place)))"]
        case .role(let role, let source):
            [
                "role \(role.arn) of \"\(role.profile ?? "")\" (\(paths.short(role.place)))"
                    + (role.device.map { ", wants a code (\(paths.short($0.place)))" } ?? "")
            ] + source.steps(paths)
        case .webIdentity(let role, let file):
            ["role \(role.arn) (\(paths.short(role.place)))", "a token from a file (\(paths.short(file)))"]
        case .singleSignOn(let place): ["IAM Identity Center (\(paths.short(place)))"]
        case .login(let place): ["a sign-in to the console (\(paths.short(place)))"]
        case .machine(let name, let place): ["\(name), what this machine has (\(paths.short(place)))"]
        case .nothing: ["nothing, but for what a machine of AWS's has"]
        case .stops(let error): ["an error: \(error.words(paths))"]
        }
    }

}

extension FoundKey {
    fileprivate var words: String {
        let of = profile.map { " of \"\($0)\"" } ?? " of the environment"
        guard !isEmpty else { return "an empty half of a key\(of), and requests fail" }
        guard let id else { return "what is no key\(of)" }
        return "key \(short(id))\(of)" + (hasMore ? ", with what stands around it on the line" : "")
    }
}

extension CredentialSource {
    fileprivate var words: String {
        switch self {
        case .keys(let profile): "key of \"\(profile)\" in plain text"
        case .store(let profile): "key of \"\(profile)\" in the store"
        case .process(let profile, _): "what the `credential_process` of \"\(profile)\" prints"
        case .singleSignOn(let profile): "IAM Identity Center, by the AWS CLI, for \"\(profile)\""
        case .login(let profile): "a sign-in to the console, by the AWS CLI, for \"\(profile)\""
        case .webIdentity(let identity): "a token from a file, for \"\(identity.role.profile)\""
        case .environment: "key of the environment"
        case .other(_, let source): source
        case .none(let profile): "nothing: \"\(profile)\" has no credentials"
        }
    }
}

extension SDKError {
    /// What it stops at.
    func words(_ paths: ExplainedPaths) -> String {
        switch self {
        case .unreadable(let error):
            "cannot read \(paths.short(.line(error.file, error.line))): \(error.problem.message)"
        case .chain(let error): Failure(error).message
        case .halfKey(let place): "half a key (\(paths.short(place)))"
        case .emptyKey(let place): "an empty key (\(paths.short(place)))"
        case .severalKinds(let name): "\"\(name)\" has more than one kind of credentials"
        case .sourceWithoutRole(let name): "\"\(name)\" has a source and no `role_arn`"
        case .emptySource(let name, let other): "\"\(name)\" has no credentials, though \"\(other)\" builds on it"
        case .unknownSource(let place): "a `credential_source` that it doesn't know (\(paths.short(place)))"
        case .needsCode(let place): "it cannot ask for the code that `mfa_serial` wants (\(paths.short(place)))"
        case .tooManyRoles: "roles build on one another, too many to be followed"
        case .noVariables: "a role builds on the keys of the environment, which has none"
        }
    }
}
