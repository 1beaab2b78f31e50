extension Situation {
    /// What the environment says beside or against the files.
    func environmentFindings() -> [Finding] {
        var findings: [Finding] = []
        let (id, secret) = (environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"))
        let selected = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].compactMap { name in environment(name).map { (name, $0) }
        }
        if (id == nil) != (secret == nil) {
            let missing = id == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
            findings.append(Finding(.halfKeyInEnvironment(missing: missing)))
        } else if id != nil, let (variable, profile) = selected.first {
            findings.append(Finding(.keysInEnvironment(variable: variable, profile: profile), profile: profile))
        }
        if selected.count == 2, selected[0].1 != selected[1].1 {
            findings.append(Finding(.twoProfileVariables(profile: selected[0].1, defaultProfile: selected[1].1)))
        }
        // Nobody can say who is in a file that can't be read.
        guard config.facts.error == nil, credentials.facts.error == nil else { return findings }
        for (variable, profile) in selected where !exists(profile) {
            findings.append(Finding(.unknownProfile(variable: variable), profile: profile))
        }
        return findings
    }
}
