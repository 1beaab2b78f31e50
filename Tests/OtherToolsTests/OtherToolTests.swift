import Testing

@testable import OtherTools

@Suite("Other tools")
struct OtherToolTests {
    private static let vault = OtherTool.awsVault(home: "/home/me") { _ in nil }
    private static let granted = OtherTool.granted(home: "/home/me", config: "") { _ in nil }

    @Test(
        "a command of aws-vault's is known, and whose credentials it prints",
        arguments: [
            ("aws-vault exec --json dev", "dev"), ("aws-vault exec dev --json", "dev"),
            ("/usr/bin/aws-vault  exec\t-j dev", "dev"), ("aws-vault export --format=json team/dev", "team/dev"),
            ("aws-vault exec --duration=8h --prompt pass --no-session dev --json", "dev"),
            ("aws-vault exec -d 8h -t 123456 dev --json", "dev"),
            ("aws-vault exec --backend=file --json dev", nil), ("aws-vault exec --file-dir /other --json dev", nil),
            ("aws-vault exec --file-dir /home/me/.awsvault/keys --json dev", "dev"),
            ("aws-vault exec --pass-prefix= --json dev", "dev"), ("aws-vault exec --json dev --backend", nil),
            ("aws-vault exec --json dev -- other dev", nil), ("aws-vault exec dev program dev", nil),
            ("aws-vault exec --json", nil), ("aws-vault", nil), ("", nil), ("aws-vault rotate dev", nil),
            ("my-aws-vault exec --json dev", nil), ("sh -c aws-vault exec dev", nil),
            ("granted credential-process --profile dev", nil),
        ])
    func commands(command: String, profile: String?) {
        #expect(Self.vault.profile(askedForBy: command) == profile)
    }

    @Test(
        "and of Granted's",
        arguments: [
            ("granted credential-process --profile=dev", "dev"), ("granted credential-process --profile dev", "dev"),
            ("/opt/granted credential-process --auto-login --profile=dev", "dev"),
            ("granted sso login dev", nil), ("aws-vault exec --json dev", nil),
        ])
    func commandsOfGranted(command: String, profile: String?) {
        #expect(Self.granted.profile(askedForBy: command) == profile)
    }

    @Test(
        "items that hold sessions or tokens are known by their names",
        arguments: [
            ("sts.GetSessionToken,ZGV2,,1893456000", true), ("session,ZGV2,bWZh,1893456000", true),
            ("session:dev:mfa:1893456000", true), ("dev session (1893456000)", true),
            ("oidc:https://example.com", true),
            ("dev", false), ("team/dev", false), ("session", false), ("dev session", false), ("a,b,c,d", false),
            ("dev session (one)", false), ("", false),
        ])
    func temporary(item: String, isTemporary: Bool) {
        #expect(OtherTool.isTemporary(item) == isTemporary)
    }

    @Test("where aws-vault has its keys is said by its variables")
    func placesOfAWSVault() {
        #expect(Self.vault.folder == "/home/me/.awsvault/keys" && Self.vault.collection == "awsvault")
        #expect(Self.vault.passFolder == "/home/me/.password-store" && Self.vault.passPrefix.isEmpty)
        #expect(Self.vault.removal(of: "dev") == "aws-vault remove dev")
        let named = OtherTool.awsVault(home: "/home/me") {
            ["PASSWORD_STORE_DIR": "/pass", "AWS_VAULT_FILE_DIR": "~/x"][$0]
        }
        #expect(named.folder == "/home/me/x" && named.passFolder == "/pass")
    }

    @Test("where Granted has its keys is said by its settings")
    func placesOfGranted() {
        #expect(Self.granted.folder == "/home/me/.granted/secure-storage-aws-iam-credentials")
        #expect(Self.granted.collection == "granted-aws-iam-credentials" && Self.granted.backend == nil)
        let config = """
            Backend = "not this"
            [Keyring]
              Backend = "pass"
              LibSecretCollectionName = "mine"
              FileDir = 7
            [Other]
              FileDir = "/not/this"
            """
        let set = OtherTool.granted(home: "/home/me", config: config) { $0 == "XDG_CONFIG_HOME" ? "/config" : nil }
        #expect(set.backend == "pass" && set.collection == "mine")
        #expect(set.folder == "/config/granted/secure-storage-aws-iam-credentials")
    }
}
