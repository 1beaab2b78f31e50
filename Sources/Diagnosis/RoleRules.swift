import AWSConfig
import Importing

extension Situation {
    /// Roles that lead nowhere.
    func roleFindings() -> [Finding] {
        var findings: [Finding] = []
        var walk = RoleWalk(settings: self)
        for profile in profileNames where exists(profile) {
            if isSet("role_arn", profile), isSet(ProfileLine.property, profile) {
                findings.append(finding(.roleAndProcess, profile, ProfileLine.property))
            }
            walk.follow(profile)
        }
        // aws-vault keeps keys for profiles that have none here, and says so nowhere.
        let hasVault = program("aws-vault").isThere || program("~/.awsvault").isThere
        return findings + walk.errors.map { finding(.role($0), $0.place ?? "", "source_profile") }
            + walk.emptySources.map { profile, source in
                finding(.sourceWithoutCredentials(source, hasVault: hasVault), profile, "source_profile")
            }
    }

    private func isSet(_ setting: String, _ profile: String) -> Bool {
        self.setting(setting, of: profile).map { !$0.isEmpty } ?? false
    }

    /// A finding at a setting of a profile, or at its section.
    func finding(_ problem: Problem, _ profile: String, _ setting: String) -> Finding {
        let names = [setting, Role.adoptedPrefix + setting]
        for document in [credentials.document, config.document] {
            guard let property = names.lazy.compactMap({ document.anySection(of: profile)?.property($0) }).first else {
                continue
            }
            return Finding(problem, in: document.file, line: property.line, profile: profile)
        }
        let document = config.document.anySection(of: profile) == nil ? credentials.document : config.document
        return Finding(problem, in: document.file, line: document.anySection(of: profile)?.line, profile: profile)
    }
}
