import AWSConfig
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("Adopting profiles")
struct AdoptionTests {
    private func plan(_ profiles: [String], isUndo: Bool, _ files: borrowing SampleFiles) throws -> AdoptionPlan {
        try AdoptionPlan(
            profiles, isUndo: isUndo, config: files.config(), credentials: files.credentials(), line: line,
            hasKey: { $0 == "dev" }, isKeptBack: { $0 == "dev" })
    }

    private func carryOut(_ plan: AdoptionPlan, _ files: borrowing SampleFiles) throws {
        try files.importer().carryOut(
            plan, config: files.config(), credentials: files.credentials(), now: 1_800_000_000)
    }

    private func problem(
        _ profile: String, config: String, credentials: String = "", isUndo: Bool = false
    ) throws -> AdoptionError? {
        let files = try SampleFiles(config: config, credentials: credentials)
        do {
            _ = try plan([profile], isUndo: isUndo, files)
            return nil
        } catch let error as AdoptionError {
            return error
        }
    }

    @Test("renames a role's settings where they stand, and asks awskeys where the role stands")
    func adopting() throws {
        let files = try SampleFiles(
            config: "[profile admin]\n# note\nRole_Arn=r\nregion = x\nmfa_serial  = m\n",
            credentials: "[admin]\nsource_profile = dev\n")
        try carryOut(try plan(["admin"], isUndo: false, files), files)
        #expect(
            files.files() == [
                "[profile admin]\n# note\nawskeys_Role_Arn=r\nregion = x\nawskeys_mfa_serial  = m\n"
                    + "credential_process = /usr/bin/awskeys-credential-process admin\n",
                "[admin]\nawskeys_source_profile = dev\n",
            ])
    }

    @Test("a last line of ours goes with the end of the line before it, and with no byte of that line")
    func lastLine() throws {
        let asking = "credential_process = /usr/bin/awskeys-credential-process admin"
        for (first, second) in [("\n", "\n"), ("\r\n", "\n"), ("\n", "\r\n"), ("\r\n", "\r\n")] {
            let files = try SampleFiles(
                config: "[profile admin]\(first)awskeys_role_arn = r\(second)\(asking)", credentials: "")
            try carryOut(try plan(["admin"], isUndo: true, files), files)
            #expect(files.files() == ["[profile admin]\(first)role_arn = r", ""])
        }
    }

    @Test("undone, gives every byte back, however the files are written")
    func undoing() throws {
        var generator = SeededGenerator(seed: 5)
        for number in 0..<300 {
            let (config, credentials) = pair(&generator)
            let files = try SampleFiles(config: config, credentials: credentials)
            try carryOut(try plan(["a", "b"], isUndo: false, files), files)
            let between = files.files()
            #expect(between != [config, credentials])
            // Once more changes nothing.
            try carryOut(try plan(["a", "b"], isUndo: false, files), files)
            #expect(files.files() == between)
            try carryOut(try plan(["a", "b"], isUndo: true, files), files)
            #expect(files.files() == [config, credentials], "pair \(number)")
        }
    }

    @Test("cut off between the two files, is done by the next one")
    func cutOff() throws {
        let config = "[profile admin]\nrole_arn = r\n"
        let credentials = "[admin]\nsource_profile = dev\n"
        let files = try SampleFiles(config: config, credentials: credentials)
        try carryOut(try plan(["admin"], isUndo: false, files), files)
        let whole = files.files()
        try put(credentials, at: files.folder["credentials"])
        try carryOut(try plan(["admin"], isUndo: false, files), files)
        #expect(files.files() == whole)
        // Undoing writes the file with the line last.
        try put(credentials, at: files.folder["credentials"])
        try carryOut(try plan(["admin"], isUndo: true, files), files)
        #expect(files.files() == [config, credentials])
    }

    @Test("keeps a stored key back, and gives it out again")
    func storedKeys() throws {
        let files = try SampleFiles()
        try files.importAll()
        func isKeptBack() throws -> Bool? { try files.isSessionsOnly("dev") }
        #expect(try isKeptBack() == false)
        try carryOut(try plan(["dev"], isUndo: false, files), files)
        #expect(try isKeptBack() == true)
        try carryOut(try plan(["dev"], isUndo: true, files), files)
        #expect(try isKeptBack() == false)
        #expect(try files.secret(of: "dev") == otherSecret)
    }

    @Test("is refused where it would change what SDKs see, and says why")
    func refusals() throws {
        let role = "role_arn = r\nsource_profile = dev\n"
        #expect(try problem("nobody", config: "") == .noProfile("nobody"))
        #expect(try problem("plain", config: "[profile plain]\nregion = x\n") == .noRole("plain"))
        for profile in ["a", "dev"] {
            #expect(
                try problem(
                    profile, config: "[profile \(profile)]\n\(role)",
                    credentials: "[\(profile)]\naws_access_key_id = \(exampleID)\n") == .inPlainText(profile: profile))
        }
        #expect(
            try problem("a", config: "[profile a]\n\(role)credential_process = other\n")
                == .otherSource(profile: "a", setting: "credential_process"))
        #expect(try problem("a", config: "[ profile a ]\n\(role)") == .oddSection(profile: "a"))
        #expect(
            try problem("a", config: "[profile a]\nregion = x\nrole_arn = r\n  more\n")
                == .oddSetting(profile: "a", setting: "role_arn"))
        #expect(
            try problem("a", config: "[profile a]\n\(role)awskeys_source_profile = x\n")
                == .oddSetting(profile: "a", setting: "source_profile"))
        let adopted = "[profile a]\n\(line.text(for: "a"))\n  more\nawskeys_role_arn = r\n"
        #expect(
            try problem("a", config: adopted, isUndo: true)
                == .oddSetting(profile: "a", setting: "credential_process"))
    }

    @Test(
        "is refused where SDKs would use another source before they ask awskeys",
        arguments: ["sso_account_id", "SSO_Role_Name", "sso_session", "sso_start_url", "login_session"],
        ["[profile %]\nrole_arn = r\nsource_profile = dev\n", "[profile %]\nregion = x\n"])
    func otherSources(setting: String, section: String) throws {
        let profile = section.contains("role_arn") ? "a" : "dev"
        let config = section.replacing("%", with: profile)
        let expected = AdoptionError.otherSource(profile: profile, setting: setting.lowercased())
        #expect(try problem(profile, config: config) == nil)
        #expect(try problem(profile, config: "\(config)\(setting) = x\n") == expected)
        #expect(try problem(profile, config: config, credentials: "[\(profile)]\n\(setting) =\n") == expected)
    }

    @Test("takes a web identity's role over with the file of its token")
    func webIdentity() throws {
        let files = try SampleFiles(
            config: "[profile web]\nrole_arn = r\nweb_identity_token_file = /token\n", credentials: "")
        try carryOut(try plan(["web"], isUndo: false, files), files)
        #expect(
            files.files()[0] == "[profile web]\nawskeys_role_arn = r\nawskeys_web_identity_token_file = /token\n"
                + "credential_process = /usr/bin/awskeys-credential-process web\n")
    }

    @Test("can say what a file will be like")
    func afterwards() throws {
        let files = try SampleFiles(config: "[profile admin]\nrole_arn = r\n", credentials: "")
        let plan = try plan(["admin"], isUndo: false, files)
        let config = try plan.applied(to: files.config())
        try carryOut(plan, files)
        #expect(config.isSame(as: try files.config()))
    }

    @Test("is taken back without the key that it was for, and not where there is nothing to take back")
    func withoutKey() throws {
        let before = "[profile other]\nmfa_serial = m\n"
        let files = try SampleFiles(config: "[profile other]\nawskeys_mfa_serial = m\n", credentials: "")
        try carryOut(try plan(["other"], isUndo: true, files), files)
        #expect(files.files() == [before, ""])
        #expect(throws: AdoptionError.notAdopted("other")) { try plan(["other"], isUndo: true, files) }
        let role = try SampleFiles(config: "[profile admin]\nrole_arn = r\nsource_profile = dev\n", credentials: "")
        #expect(throws: AdoptionError.notAdopted("admin")) { try plan(["admin"], isUndo: true, role) }
    }

    @Test(
        "keeps an import from being undone and a key from being removed, for a role and a device, in either file",
        arguments: ["role_arn = r\nsource_profile = dev\n", "mfa_serial = m\n"], ["config", "credentials"])
    func bound(settings: String, file: String) throws {
        let files = try SampleFiles(
            config: "[profile dev]\nregion = x\n",
            credentials: "[dev]\naws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n")
        try files.importAll()
        try put((text(at: files.folder[file]) ?? "") + settings, at: files.folder[file])
        try carryOut(try plan(["dev"], isUndo: false, files), files)
        let adopted = files.files()
        #expect(throws: ImportError.adopted(profile: "dev")) { try files.importer().undo() }
        #expect(throws: ImportError.adopted(profile: "dev")) {
            try files.importer().remove("dev", config: files.config(), credentials: files.credentials(), now: 1)
        }
        #expect(files.files() == adopted)
        #expect(try files.secret(of: "dev") == otherSecret)
        try carryOut(try plan(["dev"], isUndo: true, files), files)
        #expect(try files.importer().undo() == [])
        #expect(files.files()[1]?.contains(otherSecret) == true)
    }

    /// Two files in which the profiles `a` and `b` have roles.
    private func pair(_ generator: inout SeededGenerator) -> (config: String, credentials: String) {
        let lineEnd = Bool.random(using: &generator) ? "\n" : "\r\n"
        var sections: (config: [String], credentials: [String]) = ([], [])
        for profile in ["a", "b"] {
            var settings = ["role_arn", "source_profile", "external_id", "mfa_serial", "region", "output"]
                .filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }
            if !settings.contains("role_arn") { settings.append("role_arn") }
            settings.shuffle(using: &generator)
            var lines: (config: [String], credentials: [String]) = (["[profile \(profile)]"], ["[\(profile)]"])
            for name in settings {
                let name = Bool.random(using: &generator) ? name : name.uppercased()
                let text = name + ["=", " = ", "  =  "][Int.random(in: 0..<3, using: &generator)] + "value"
                if Bool.random(using: &generator) { lines.config.append(text) } else { lines.credentials.append(text) }
                if Int.random(in: 0..<5, using: &generator) == 0 { lines.config.append("# note") }
                if Int.random(in: 0..<5, using: &generator) == 0 { lines.credentials.append("") }
            }
            sections.config.append(lines.config.joined(separator: lineEnd))
            sections.credentials.append(lines.credentials.joined(separator: lineEnd))
        }
        func file(_ sections: [String]) -> String {
            sections.joined(separator: lineEnd + (Bool.random(using: &generator) ? lineEnd : ""))
                + (Bool.random(using: &generator) ? lineEnd : "")
        }
        return (file(sections.config), file(sections.credentials))
    }
}
