import AWSConfig
import Importing

extension Situation {
    /// Roles that lead nowhere.
    func roleFindings() -> [Finding] {
        var findings: [Finding] = []
        var seen: [RoleChainError] = []
        for profile in profileNames where exists(profile) {
            if isSet("role_arn", profile), isSet(ProfileLine.property, profile) {
                findings.append(finding(.roleAndProcess, profile, ProfileLine.property))
            }
            do throws(RoleChainError) {
                let chain = try RoleChain(of: profile, in: self)
                guard !chain.roles.isEmpty, case .none(let source) = chain.source, chain.roles.count == 1 else {
                    continue
                }
                findings.append(finding(.sourceWithoutCredentials(source), profile, "source_profile"))
            } catch {
                // A profile that builds on a broken one is broken in the same place.
                guard !seen.contains(where: { $0.isSame(as: error) }) else { continue }
                seen.append(error)
                findings.append(finding(.role(error), error.place ?? profile, "source_profile"))
            }
        }
        return findings
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

extension RoleChainError {
    /// The profile whose settings are wrong.
    fileprivate var place: String? {
        switch self {
        case .noProfile(let name, let namedBy): namedBy ?? name
        case .tooLong(let profile), .twoSources(let profile), .noSource(let profile), .noRole(let profile),
            .badValue(let profile, _), .emptyValue(let profile, _):
            profile
        case .cycle(let profiles): profiles.last
        }
    }

    /// Whether it's the same mistake: a circle has no beginning.
    fileprivate func isSame(as other: RoleChainError) -> Bool {
        guard case .cycle(let mine) = self, case .cycle(let others) = other else { return self == other }
        return Self.circle(mine) == Self.circle(others)
    }

    private static func circle(_ profiles: [String]) -> Set<String> {
        Set(profiles[(profiles.firstIndex(of: profiles.last ?? "") ?? 0)...])
    }
}
