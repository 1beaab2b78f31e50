import AWSConfig
import Testing

/// The settings of some profiles.
private struct Settings: ProfileSettings {
    var profiles: [String: [String: String]]
    var keys: [String: Set<ConfigDocument.File>] = [:]
    var ours: Set<String> = []

    func exists(_ profile: String) -> Bool { profiles[profile] != nil || keys[profile] != nil }
    func setting(_ name: String, of profile: String) -> String? { profiles[profile]?[name] }
    func filesWithKeys(of profile: String) -> Set<ConfigDocument.File> { keys[profile] ?? [] }
    func asksStore(_ profile: String) -> Bool { ours.contains(profile) }
}

@Suite("Chains of roles")
struct RoleChainTests {
    private func problem(_ profile: String, _ settings: Settings) -> RoleChainError? {
        do throws(RoleChainError) {
            _ = try RoleChain(of: profile, in: settings)
            return nil
        } catch {
            return error
        }
    }

    private func role(_ name: String, from source: String) -> [String: String] {
        ["role_arn": "arn:\(name)", "source_profile": source]
    }

    @Test("lead from a key through every role, the first one first")
    func chain() throws {
        let settings = Settings(
            profiles: ["c": role("c", from: "b"), "b": role("b", from: "a"), "a": role("a", from: "dev")],
            keys: ["dev": [.credentials]])
        let chain = try RoleChain(of: "c", in: settings)
        #expect(chain.source == .keys(profile: "dev"))
        #expect(chain.roles.map(\.arn) == ["arn:a", "arn:b", "arn:c"])
        #expect(try RoleChain(of: "dev", in: settings) == RoleChain(source: .keys(profile: "dev"), roles: []))
    }

    @Test("stop at a profile's own key, though it has a role too")
    func ownKey() throws {
        let settings = Settings(
            profiles: ["b": role("b", from: "a"), "a": role("a", from: "dev"), "dev": [:]],
            keys: ["a": [.config], "dev": [.credentials]])
        #expect(try RoleChain(of: "b", in: settings).source == .keys(profile: "a"))
        #expect(try RoleChain(of: "a", in: settings).source == .keys(profile: "dev"))
    }

    @Test("begin with a profile itself only if it has a key")
    func itself() throws {
        var settings = Settings(profiles: ["p": role("p", from: "p")], keys: ["p": [.credentials]])
        let chain = try RoleChain(of: "p", in: settings)
        #expect(chain.source == .keys(profile: "p") && chain.roles.map(\.profile) == ["p"])
        settings.keys = [:]
        #expect(problem("p", settings) == .cycle(["p", "p"]))
        settings.profiles["p"] = [
            "awskeys_role_arn": "arn:p", "awskeys_source_profile": "p", "credential_process": "ours",
        ]
        settings.ours = ["p"]
        let adopted = try RoleChain(of: "p", in: settings)
        #expect(adopted.source == .store(profile: "p") && adopted.roles.map(\.arn) == ["arn:p"])
    }

    @Test("have 256 roles at most")
    func longest() throws {
        var settings = Settings(profiles: [:], keys: ["0": [.credentials]])
        for number in 1...257 { settings.profiles["\(number)"] = role("\(number)", from: "\(number - 1)") }
        #expect(try RoleChain(of: "256", in: settings).roles.count == 256)
        #expect(problem("257", settings) == .tooLong(profile: "257"))
    }

    @Test("name the profiles that go round in circles")
    func cycles() {
        let settings = Settings(profiles: [
            "a": role("a", from: "b"), "b": role("b", from: "c"), "c": role("c", from: "b"),
        ])
        #expect(problem("a", settings) == .cycle(["a", "b", "c", "b"]))
    }

    @Test("want one source, which is there")
    func sources() throws {
        var settings = Settings(profiles: [
            "two": ["role_arn": "r", "source_profile": "two", "credential_source": "Environment"],
            "none": ["role_arn": "r"], "lost": role("lost", from: "nobody"),
            "environment": ["role_arn": "r", "credential_source": "Environment"],
            "machine": ["role_arn": "r", "credential_source": "Ec2InstanceMetadata"],
            "empty": role("empty", from: "nothing"), "nothing": ["region": "x"],
        ])
        #expect(problem("two", settings) == .twoSources(profile: "two"))
        #expect(problem("none", settings) == .noSource(profile: "none"))
        #expect(problem("lost", settings) == .noProfile("nobody", namedBy: "lost"))
        #expect(problem("nobody", settings) == .noProfile("nobody", namedBy: nil))
        #expect(try RoleChain(of: "environment", in: settings).source == .environment(profile: "environment"))
        #expect(
            try RoleChain(of: "machine", in: settings).source
                == .other(profile: "machine", source: "Ec2InstanceMetadata"))
        #expect(try RoleChain(of: "empty", in: settings).source == .none(profile: "nothing"))
        settings.profiles["nothing"] = ["web_identity_token_file": "/token"]
        #expect(problem("empty", settings) == .noRole(profile: "nothing"))
    }

    @Test("look for a profile's own credentials where SDKs do, in their order")
    func order() throws {
        var settings = Settings(
            profiles: [
                "p": [
                    "web_identity_token_file": "/token", "role_arn": "r", "sso_account_id": "1", "login_session": "x",
                    "credential_process": "run",
                ]
            ], keys: ["p": [.credentials, .config]])
        let role = Role(profile: "p", arn: "r")
        func source() throws -> CredentialSource { try RoleChain(of: "p", in: settings).source }
        #expect(try source() == .webIdentity(WebIdentity(role: role, tokenFile: "/token")))
        settings.profiles["p"]?["web_identity_token_file"] = nil
        settings.profiles["p"]?["role_arn"] = nil
        #expect(try source() == .singleSignOn(profile: "p"))
        settings.profiles["p"]?["sso_account_id"] = nil
        #expect(try source() == .keys(profile: "p"))
        settings.keys["p"] = [.config]
        #expect(try source() == .login(profile: "p"))
        settings.profiles["p"]?["login_session"] = nil
        #expect(try source() == .process(profile: "p", command: "run"))
        settings.ours = ["p"]
        #expect(try source() == .store(profile: "p"))
        settings.ours = []
        settings.profiles["p"]?["credential_process"] = nil
        #expect(try source() == .keys(profile: "p"))
        settings.keys = [:]
        #expect(try source() == .none(profile: "p"))
    }

    @Test("ask for a role with all that its profile says, under either name")
    func settingsOfRoles() throws {
        let plain = [
            "role_arn": "r", "source_profile": "dev", "role_session_name": "n", "external_id": "e",
            "duration_seconds": "7200", "mfa_serial": "m",
        ]
        let own = [
            "mfa_process": "code", "session_tags": "a=1, b = 2,c=", "transitive_session_tags": "a,b",
            "source_identity": "alice", "session_policy": "{}", "session_policy_arns": "arn:1, arn:2",
        ]
        let adopted = Dictionary(uniqueKeysWithValues: plain.map { (Role.adoptedPrefix + $0.key, $0.value) })
        for settings in [plain, adopted] {
            let chain = try RoleChain(
                of: "p",
                in: Settings(
                    profiles: ["p": settings.merging(own) { first, _ in first }], keys: ["dev": [.credentials]]))
            var wanted = Role(profile: "p", arn: "r")
            wanted.sessionName = "n"
            wanted.externalID = "e"
            wanted.duration = 7200
            wanted.mfaSerial = "m"
            wanted.mfaProcess = "code"
            wanted.tags = [.init(key: "a", value: "1"), .init(key: "b", value: "2"), .init(key: "c", value: "")]
            wanted.transitiveTagKeys = ["a", "b"]
            wanted.sourceIdentity = "alice"
            wanted.policy = "{}"
            wanted.policyARNs = ["arn:1", "arn:2"]
            #expect(chain.roles == [wanted])
        }
    }

    @Test(
        "take a duration as Python's `int` reads it, and an unreadable one for none",
        arguments: [
            ("3600", 3600), (" 7_200\t", 7200), ("+3600", 3600), ("0900", 900), ("3600 # an hour", nil), ("3600s", nil),
            ("", nil), ("1h", nil), ("_900", nil), ("900_", nil), ("9__00", nil), ("+ 900", nil), ("++900", nil),
            ("9e2", nil), ("0x384", nil),
        ] as [(String, Int?)])
    func durations(value: String, seconds: Int?) throws {
        var settings = Settings(profiles: ["p": role("p", from: "dev")], keys: ["dev": [.credentials]])
        settings.profiles["p"]?["duration_seconds"] = value
        #expect(try RoleChain(of: "p", in: settings).roles[0].duration == seconds)
    }

    @Test("take an empty session name for none")
    func emptySessionName() throws {
        var settings = Settings(profiles: ["p": role("p", from: "dev")], keys: ["dev": [.credentials]])
        settings.profiles["p"]?["role_session_name"] = ""
        #expect(try RoleChain(of: "p", in: settings).roles[0].sessionName == nil)
    }

    @Test(
        "say which value can't be used",
        arguments: [
            ("duration_seconds", "899"), ("duration_seconds", "43_201"), ("duration_seconds", "-3600"),
            ("duration_seconds", "99999999999999999999"), ("session_tags", "a"), ("session_tags", "=1"),
            ("role_arn", ""), ("external_id", ""), ("mfa_serial", ""),
        ])
    func badValues(setting: String, value: String) {
        var profile = role("p", from: "dev")
        profile[setting] = value
        let settings = Settings(profiles: ["p": profile], keys: ["dev": [.credentials]])
        #expect(
            problem("p", settings)
                == (value.isEmpty
                    ? .emptyValue(profile: "p", setting: setting) : .badValue(profile: "p", setting: setting)))
    }

    @Test("let a web identity's role pass over what its call doesn't take")
    func webIdentity() throws {
        var settings = Settings(profiles: [
            "p": [
                "role_arn": "r", "web_identity_token_file": "/token", "external_id": "", "mfa_serial": "",
                "duration_seconds": "60",
            ]
        ])
        func duration() throws -> Int? {
            guard case .webIdentity(let identity) = try RoleChain(of: "p", in: settings).source else {
                Issue.record("no web identity")
                return nil
            }
            return identity.role.duration
        }
        #expect(try duration() == nil)
        settings.profiles["p"]?["duration_seconds"] = "3600"
        #expect(try duration() == 3600)
    }

    @Test("take a token's file without a name for none, and the role for none either, as botocore does")
    func noToken() throws {
        let settings = Settings(
            profiles: ["p": ["role_arn": "r", "source_profile": "dev", "web_identity_token_file": ""]],
            keys: ["p": [.credentials], "dev": [.credentials]])
        let chain = try RoleChain(of: "p", in: settings)
        #expect(chain.source == .keys(profile: "p") && chain.roles.isEmpty)
    }
}
