import AWSConfig
import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("A profile that assumes its role with its own key")
struct SelfReferenceTests {
    private static let role = "role_arn = arn:aws:iam::123456789012:role/example\n"
    private static let key = "aws_access_key_id = \(exampleID)\naws_secret_access_key = \(exampleSecret)\n"
    private static let config = """
        [profile ops]
        role_arn = arn:aws:iam::123456789012:role/example
        source_profile  =ops
        region = eu-west-1
        # note
        [profile other]
        region = x
        """
    private static let credentials = "[ops]\n\(key)"

    @Test("is split in two")
    func split() throws {
        let files = try SampleFiles(config: Self.config, credentials: Self.credentials)
        let plan = try files.plan()
        #expect(plan.imported.map(\.keyProfile) == ["ops-key"])
        try files.importAll()
        #expect(
            files.files() == [
                """
                [profile ops]
                role_arn = arn:aws:iam::123456789012:role/example
                source_profile  =ops-key
                region = eu-west-1
                # note
                [profile other]
                region = x

                [profile ops-key]
                credential_process = /usr/bin/awskeys-credential-process ops-key

                """, "[ops]\n",
            ])
        #expect(try files.secret(of: "ops-key") == exampleSecret)
        #expect(try files.secret(of: "ops") == nil)
    }

    @Test("comes back byte for byte, wherever its lines stand")
    func undo() throws {
        let places = [
            (Self.config, Self.credentials),
            ("[profile ops]\n\(Self.role)source_profile = ops\n\(Self.key)", nil),
            ("", "[ops]\n\(Self.key)\(Self.role)source_profile = ops\n"),
            ("[profile ops]\r\nsource_profile=ops\r\n", "[ops]\r\n\(Self.role)\(Self.key)"),
            ("[default]\n\(Self.role)source_profile = default\n", "[default]\n\(Self.key)"),
        ]
        for (config, credentials) in places {
            let files = try SampleFiles(config: config, credentials: credentials)
            try files.importAll()
            #expect(files.files() != [config, credentials])
            #expect(try files.importer().undo() == [])
            #expect(files.files() == [config, credentials])
            #expect(try files.profiles() == [])
        }
    }

    @Test("gets its new key when it comes back after a rotation")
    func rotated() throws {
        let files = try SampleFiles(config: Self.config, credentials: Self.credentials)
        try files.importAll()
        let new = KeyRecord(
            accessKeyID: otherID, secretAccessKey: SecretBytes(text: otherSecret), added: 2, exposed: false)
        try StoreWriter(locking: files.folder["store"]).update(with: files.dataKey) { $0.set(new, for: "ops-key") }
        #expect(try files.importer().undo() == [])
        #expect(
            files.files() == [
                Self.config, "[ops]\naws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n",
            ])
    }

    @Test("comes back into a file that was changed since")
    func changedSince() throws {
        let files = try SampleFiles(config: Self.config, credentials: Self.credentials)
        try files.importAll()
        try put((text(at: files.folder["config"]) ?? "") + "[profile later]\nregion = x\n", at: files.folder["config"])
        #expect(try files.importer().undo() == [])
        #expect(files.files() == [Self.config + "\n\n[profile later]\nregion = x\n", Self.credentials])
    }

    @Test("leaves nothing of its key when that is removed")
    func removed() throws {
        let files = try SampleFiles(config: Self.config, credentials: Self.credentials)
        try files.importAll()
        try files.importer().remove(
            "ops-key", config: files.config(), credentials: files.credentials(), now: 1_800_000_000)
        #expect(try files.profiles() == [])
        #expect(throws: ImportError.nothingToUndo) { _ = try files.importer().undo() }
    }

    @Test("takes the next name where one is taken")
    func taken() throws {
        let files = try SampleFiles(
            config: Self.config + "\n[profile ops-key]\nregion = x\n", credentials: Self.credentials)
        #expect(try files.plan().imported.map(\.keyProfile) == ["ops-key-2"])
    }

    @Test(
        "is left alone where more than names would change",
        arguments: [
            "[profile ops]\n\(role)source_profile = ops\ncredential_source = Environment\n",
            "[profile ops]\n\(role)source_profile = ops\nweb_identity_token_file = /token\n",
            "[profile ops]\n\(role)source_profile = ops\n[profile x]\nsource_profile = ops\n",
            "[profile ops]\n\(role)source_profile = ops\n  more\n",
            "[profile ops]\n\(role)source_profile = ops\n[profile x]\nawskeys_source_profile = ops\n",
            "[profile ops]\n\(role)source_profile = ops\n[profile x]\nsource_profile = ops # note\n",
            "[profile ops]\n\(role)source_profile = other\n", "[profile ops]\n\(role)",
            "[DEFAULT]\nregion = x\n[profile ops]\n\(role)source_profile = ops\n",
        ])
    func leftAlone(config: String) throws {
        let files = try SampleFiles(config: config, credentials: Self.credentials)
        let plan = try files.plan()
        #expect(plan.imported.isEmpty && plan.profiles.first?.reason == .role)
    }
}
