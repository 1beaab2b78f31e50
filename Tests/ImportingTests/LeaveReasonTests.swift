import AWSConfig
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("Why import leaves a profile alone")
struct LeaveReasonTests {
    private static let id = "aws_access_key_id = \(exampleID)"
    private static let secret = "aws_secret_access_key = \(exampleSecret)"
    private static let key = "\(id)\n\(secret)\n"
    private static let otherKey = "aws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n"

    /// Config, credentials, and why the profile `dev` is left alone.
    private static let cases: [(String, String, LeaveReason)] = [
        ("", "[dev]\n\(key)aws_session_token = tokenEXAMPLE\n", .temporary),
        ("", "[dev]\naws_security_token = tokenEXAMPLE\n\(key)", .temporary),
        ("", "[dev]\naws_session_token = tokenEXAMPLE\n", .temporary),
        ("", "[dev]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\(secret)\n", .temporary),
        ("[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/example\n", "[dev]\n\(key)", .role),
        ("[profile dev]\nsource_profile = base\n", "[dev]\n\(key)", .role),
        ("", "[dev]\n\(key)role_arn = arn:aws:iam::123456789012:role/example\n", .role),
        ("[profile dev]\nsso_session = x\n", "[dev]\n\(key)", .otherSource),
        ("[profile dev]\nsso_start_url = x\n", "[dev]\n\(key)", .otherSource),
        ("[profile dev]\nsso_account_id = x\n", "[dev]\n\(key)", .otherSource),
        ("[profile dev]\nweb_identity_token_file = x\n", "[dev]\n\(key)", .otherSource),
        ("[profile dev]\nlogin_session = x\n", "[dev]\n\(key)", .otherSource),
        ("[profile dev]\ncredential_source = Environment\n", "[dev]\n\(key)", .otherSource),
        ("[profile dev]\ncredential_process = /bin/other dev\n", "[dev]\n\(key)", .otherSource),
        (
            "[profile dev]\ncredential_process = /usr/bin/awskeys-credential-process test\n", "[dev]\n\(key)",
            .otherSource
        ),
        ("", "[dev]\n\(id)\n", .incomplete), ("", "[dev]\n\(secret)\n", .incomplete),
        ("", "[dev]\naws_access_key_id =\n\(secret)\n", .incomplete),
        ("", "[dev]\n\(id)\naws_secret_access_key =\n", .incomplete),
        ("", "[dev]\naws_session_token =\n", .incomplete),
        ("[profile dev]\n\(secret)\n", "[dev]\n\(id)\n", .split),
        ("[profile dev]\n\(id)\n", "[dev]\n\(secret)\n", .split),
        ("[profile dev]\n\(otherKey)", "[dev]\n\(key)", .differentKeys),
        ("[profile dev]\n\(id)\naws_secret_access_key = \(otherSecret)\n", "[dev]\n\(key)", .differentKeys),
        ("", "[dev]\n\(id) # mine\n\(secret)\n", .inlineComment),
        ("", "[dev]\n\(id)\n\(secret)\t;mine\n", .inlineComment),
        ("", "[dev]\naws_access_key_id = \"\(exampleID)\"\n\(secret)\n", .quoted),
        ("", "[dev]\n\(id)\naws_secret_access_key = '\(exampleSecret)'\n", .quoted),
        ("", "[dev]\n\(id) x\n\(secret)\n", .oddValue), ("", "[dev]\n\(id)\n\(secret)é\n", .oddValue),
        ("", "[dev]\nAWS_Access_Key_Id = \(exampleID)\n\(secret)\n", .keyCase),
        ("", "[dev]\n\(id)\naws_secret_access_key: \(exampleSecret)\n", .colon),
        ("", "[dev]\n \(id)\n \(secret)\n", .indented), ("", "[dev]\nregion =\n  \(id)\n  \(secret)\n", .indented),
        ("", "[dev]\n\(id)\n\(secret)\n  more\n", .continued), ("", "[dev]\n\(id)\n # note\n\(secret)\n", .continued),
        ("", "[ dev ]\n\(key)", .oddSection), ("", "[profile dev]\n\(key)", .oddSection),
        ("[dev]\n\(key)", "", .oddSection), ("[profile \"dev\"]\n\(key)", "", .oddSection),
        ("", "[dev] ; note\n\(key)", .oddSection), ("", "[dev]\n\(key)[profile dev]\nregion = x\n", .oddSection),
        ("", "[DEFAULT]\n\(otherKey)[dev]\n\(key)", .defaultSection),
        ("[DEFAULT]\nrole_arn = x\n", "[dev]\n\(key)", .defaultSection),
    ]

    @Test("each profile is left alone for its reason, and no byte of it would change", arguments: cases)
    func reason(config: String, credentials: String, expected: LeaveReason) throws {
        let plan = try plan(config, credentials)
        let profile = try #require(plan.profiles.first { $0.name == "dev" })
        #expect(profile.reason == expected)
        #expect(profile.into.isEmpty)
        #expect(!plan.imported.contains { $0.name == "dev" })
        #expect(plan.configEdits.isEmpty && plan.credentialsEdits.isEmpty)
    }

    @Test("a profile that has another key in the store is left alone; one with the same key isn't")
    func inStore() throws {
        for isOther in [true, false] {
            let plan = try plan("", "[dev]\n\(Self.key)") { name, id, secret in
                #expect(name == "dev")
                #expect(id.array() == Array(exampleID.utf8))
                #expect(secret.array() == Array(exampleSecret.utf8))
                return isOther
            }
            #expect(plan.profiles.first?.reason == (isOther ? .inStore : nil))
        }
    }

    @Test("every reason has a case here, but for those of keys that come from elsewhere")
    func complete() {
        #expect(Set(Self.cases.map(\.2)).union([.inStore, .oddName, .inPlainText]) == Set(LeaveReason.allCases))
    }

    @Test(
        "keys with nothing unusual about them are imported",
        arguments: [
            ("", "[dev]\n\(key)", ["config"]), ("[profile dev]\nregion = x\n", "[dev]\r\n\(key)", ["config"]),
            ("[profile dev]\n\(key)", "[dev]\n\(key)", ["config"]),
            ("", "[dev]\n\(key)aws_session_token =\n", ["config"]),
            ("[profile dev]\n\(key)", "", ["config"]), ("", "[a b]\n\(key)", ["credentials"]),
            ("[dev]\nregion = x\n", "[dev]\n\(key)", ["credentials"]),
            ("[DEFAULT]\nregion = x\n", "[dev]\n\(key)", ["credentials"]),
            (
                "[profile dev]\ncredential_process = /opt/bin/awskeys-credential-process dev\n", "[dev]\n\(key)",
                ["config"]
            ),
        ])
    func imported(config: String, credentials: String, into: [String]) throws {
        let plan = try plan(config, credentials)
        #expect(plan.profiles.map(\.reason) == [nil])
        #expect(plan.imported.first?.into.map(\.rawValue) == into)
        #expect(plan.imported.first?.accessKeyID == exampleID)
    }

    @Test("only the profiles asked for are planned")
    func selection() throws {
        let text = "[a]\n\(Self.key)[b]\n\(Self.key)[c]\n\(Self.key)"
        let plan = ImportPlan(
            config: try AWSFile("/config", bytes: nil, as: .config),
            credentials: try AWSFile("/credentials", bytes: SecretBytes(text: text), as: .credentials),
            selection: ["c", "a", "none"], target: [.credentials], line: line
        ) { _, _, _ in false }
        #expect(plan.profiles.map(\.name) == ["a", "c"])
        #expect(plan.configEdits.isEmpty)
        let file = try AWSFile("/credentials", bytes: SecretBytes(text: text), as: .credentials)
        let after = file.withBytes { applying(plan.credentialsEdits, to: $0) { _ in SecretBytes(zeros: 0) } }
        #expect(
            after.text() == "[a]\n\(line.text(for: "a"))\n[b]\n\(Self.key)[c]\n\(line.text(for: "c"))\n")
    }

    private func plan(
        _ config: String, _ credentials: String,
        isOther: (String, borrowing Span<UInt8>, borrowing Span<UInt8>) -> Bool = { _, _, _ in false }
    ) throws(ImportError) -> ImportPlan {
        ImportPlan(
            config: try AWSFile("/config", bytes: SecretBytes(text: config), as: .config),
            credentials: try AWSFile("/credentials", bytes: SecretBytes(text: credentials), as: .credentials),
            selection: nil, target: nil, line: line, isOther: isOther)
    }
}
