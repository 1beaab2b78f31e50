import AWSConfig
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("Profiles from a template")
struct ProfilesTests {
    private static let text = """
        [template team]
        source_profile = dev
        regions = eu-west-1
        [accounts]
        prod = 123456789012
        [roles]
        admin = Administrator

        """

    private func template(_ text: String = text) throws -> ProfileTemplate {
        try ProfileTemplate(reading: text.utf8.span)
    }

    private func file(_ text: String, _ file: ConfigDocument.File = .config) throws -> AWSFile {
        try AWSFile("/\(file.rawValue)", bytes: SecretBytes(text: text), as: file)
    }

    private func plan(_ template: ProfileTemplate?, in config: borrowing AWSFile) throws(ProfilesError) -> ProfilesPlan
    {
        guard let none = try? file("", .credentials) else { fatalError("an empty file can be read") }
        return try ProfilesPlan(template, named: "team", config: config, credentials: none)
    }

    @Test("go into the file, whose folder may be missing")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = folder["aws/config"]
        let config = try AWSFile(path, as: .config)
        try config.changed(by: plan(template(), in: config).edits).write()
        let written = try AWSFile(path, as: .config)
        #expect(text(written).contains("[profile prod-admin]\n"))
        #expect(try plan(template(), in: written).edits == [])
    }

    private func text(_ file: borrowing AWSFile) -> String {
        file.withBytes { String(decoding: $0.array(), as: UTF8.self) }
    }

    @Test("are written at the end, and leave every byte when they are taken out")
    func write() throws {
        for before in [
            "", "[default]\nregion = x\n", "[default]\r\nregion = x\r\n", "# comment\n\n", "[a]\ns3 =\n  x = 1\n",
            "[a]\nx = 1", "[a]\r\nx = 1",
        ] {
            let config = try file(before)
            let after = try config.changed(by: plan(template(), in: config).edits)
            let written = text(after)
            let end = before.contains("\r\n") ? "\r\n" : "\n"
            #expect(
                written.hasPrefix(
                    before + (before.isEmpty || before.hasSuffix("\n") || before.hasSuffix("\r\n") ? "" : end)
                        + "# awskeys profiles: begin team" + end + "# made of a template: change that, and run "
                        + "`awskeys profiles apply` again" + end + "[profile prod-admin]" + end
                        + "role_arn = arn:aws:iam::123456789012:role/Administrator" + end + "source_profile = dev" + end
                        + "region = eu-west-1" + end + "# awskeys profiles: end team "))
            #expect(try plan(template(), in: after).edits == [])
            let back = text(try after.changed(by: plan(nil, in: after).edits))
            #expect(back == before)
        }
    }

    @Test("where the file ends without a line end, it still does when they are changed, and taken out")
    func noLineEnd() throws {
        for before in ["[a]\nx = 1", "[a]\r\nx = 1", "# x"] {
            var config = try file(before)
            for region in ["eu-west-1", "eu-west-2", "eu-west-1, eu-west-3"] {
                let template = try template(
                    Self.text.replacing("eu-west-1", with: region + "\nprofile = {role}-{region}"))
                config = try config.changed(by: plan(template, in: config).edits)
                #expect(!config.document.endsWithLineEnd)
                #expect(try plan(template, in: config).edits == [])
            }
            // What ends the lines above may have changed meanwhile.
            #expect(text(try config.changed(by: plan(nil, in: config).edits)) == before)
            let other = try file(text(config).replacing("\r\n", with: "\n").replacing("x = 1\n", with: "x = 1\r\n"))
            #expect(text(try other.changed(by: plan(nil, in: other).edits)) == before.replacing("\r\n", with: "\n"))
        }
    }

    @Test("are changed where the template has, line by line")
    func change() throws {
        let config = try file("[default]\nregion = x\n")
        let after = try config.changed(by: plan(template(), in: config).edits)
        let plan = try plan(template(Self.text.replacing("eu-west-1", with: "eu-west-2")), in: after)
        #expect(plan.steps.map(\.action) == [.change])
        let texts = plan.edits.map { edit in
            edit.text.map { text in if case .plain(let text) = text { text } else { "" } }.joined()
        }
        #expect(texts.count == 1 && texts[0].hasPrefix("region = eu-west-2\n# awskeys profiles: end team "))
    }

    @Test(
        "are refused where the template is wrong, with the line",
        arguments: [
            ("source_profile = dev", "source_profile = dev\nx = 1", 3, TemplateError.Problem.unknownSetting("x")),
            ("[roles]", "[accounts ]\nx = 1\n[roles]", 6, .unknownSection("accounts ")),
            ("[roles]", "[roles]\nx = y\n[ roles]", 8, .unknownSection(" roles")),
            ("regions = eu-west-1", "partition = aws:x", 3, .badValue("partition")),
            ("regions = eu-west-1", "partition = AWS", 3, .badValue("partition")),
            ("[roles]", "[role]", 6, .unknownSection("role")),
            ("[template team]\n", "[template team]\n[template team2]\n", 2, .unknownSection("template team2")),
            ("[template team]\nsource_profile = dev\nregions = eu-west-1\n", "", 1, .missing("[template NAME]")),
            ("prod = 123456789012\n", "", 1, .missing("[accounts]")),
            ("admin = Administrator\n", "", 1, .missing("[roles]")),
            ("source_profile = dev\n", "", 1, .missing("source_profile")),
            ("123456789012", "12345678901x", 5, .badValue("prod")),
            ("regions = eu-west-1", "regions = ", 3, .badValue("regions")),
            ("regions = eu-west-1", "regions = eu_west", 3, .badValue("regions")),
            ("regions = eu-west-1", "regions = a, b", 7, .twice("prod-admin")),
            ("regions = eu-west-1", "role_session_name = x", 3, .badValue("role_session_name")),
            ("regions = eu-west-1", "duration_seconds = 899", 3, .badValue("duration_seconds")),
            ("regions = eu-west-1", "output = {x}", 3, .unknownPlaceholder("output")),
            ("regions = eu-west-1", "profile = a b", 3, .badName("a b")),
            ("regions = eu-west-1", "profile = dev", 2, .badValue("source_profile")),
            ("admin = A", "admin: A", 7, .oddLine("admin")),
            ("admin = A", "admin A", 7, .syntax(.notAProperty)),
        ])
    func refused(old: String, new: String, line: Int, what: TemplateError.Problem) {
        let error = problem { () throws(TemplateError) in
            _ = try ProfileTemplate(reading: Self.text.replacing(old, with: new).utf8.span)
        }
        #expect(error?.line == line && error?.problem == what)
    }

    @Test("are refused where somebody else's lines are in the way")
    func inTheWay() throws {
        let config = try file("")
        let after = text(try config.changed(by: plan(template(), in: config).edits))
        let begin = "# awskeys profiles: begin team\n"
        for (changed, expected) in [
            (after.replacing("eu-west-1", with: "eu-west-2"), ProfilesError.edited(lines: 1...7)),
            (after.replacing("role_arn", with: "awskeys_role_arn"), .adopted(profile: "prod-admin", line: 3)),
            (after.replacing(begin, with: ""), .brokenMark(line: 6)),
            (begin + after, .brokenMark(line: 2)),
            (begin, .brokenMark(line: 1)),
            (after + after.replacing("prod-", with: "p-"), .brokenMark(line: 8)),
            (after + "output = x\n", .strayLine(8)),
            ("[profile prod-admin]\nregion = x\n", .occupied(profile: "prod-admin", path: "/config", line: 1)),
        ] {
            let config = try file(changed)
            let template = try template()
            #expect(problem { () throws(ProfilesError) in _ = try plan(template, in: config) } == expected)
        }
        #expect(problem { () throws(ProfilesError) in _ = try plan(nil, in: config) } == .noBlock("team"))
    }
}
