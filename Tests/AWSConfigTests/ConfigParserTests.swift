import AWSConfig
import Sealing
import TestSupport
import Testing

@Suite("Reading the AWS files")
struct ConfigParserTests {
    @Test(
        "what botocore refuses is refused, with its line",
        arguments: [
            ("\u{FEFF}[a]\n", .byteOrderMark, 1), ("[a]\nx = 1\n[a]\n", .duplicateSection("a", first: 1), 3),
            ("[a]\nx = 1\nX = 2\n", .duplicateProperty("X", first: 2), 3), ("x = 1\n[a]\n", .propertyBeforeSection, 1),
            ("[a]\nwhat\n", .notAProperty, 2), ("[a]\n= 1\n", .notAProperty, 2),
            ("[a]\rx = 1\n", .loneCarriageReturn, 1),
            ("[a]\nx = \0\n", .notText, 2), ("[a\n", .notAProperty, 1),
            ("[a]\nx =\n  1\n", .valueBelow("x"), 3), ("[a]\nx:\n\n  # b = 1\n  b: 1\n", .valueBelow("x"), 5),
            ("[services a]\nx =\n  b = 1\n  [b]\n", .valueBelow("x"), 4),
            ("[a]\nx =\n  b = 1\u{0B}c\n", .valueBelow("x"), 3),
        ] as [(String, ConfigSyntaxError.Problem, Int)])
    func refuses(text: String, expected: ConfigSyntaxError.Problem, line: Int) {
        let error = problem { () throws(ConfigSyntaxError) in
            _ = try ConfigDocument(reading: text.utf8.span, as: .credentials)
        }
        #expect(error?.problem == expected)
        #expect(error?.line == line)
    }

    @Test("all that botocore refuses can be kept, and the rest be read")
    func keeps() throws {
        let text = "\u{FEFF}x = 1\n[a]\ny = 1\nwhat\n[a]\nY = 2\rz\n[b]\nz = 3\nz = 4"
        var problems: [ConfigSyntaxError] = []
        let document = ConfigDocument(reading: text.utf8.span, as: .credentials, keeping: &problems)
        #expect(
            problems.map(\.problem) == [
                .byteOrderMark, .propertyBeforeSection, .notAProperty, .duplicateSection("a", first: 2),
                .loneCarriageReturn, .duplicateProperty("z", first: 8),
            ])
        #expect(problems.map(\.line) == [1, 1, 4, 5, 6, 9])
        #expect(document.sections.map(\.header.text) == ["a", "a", "b"])
        #expect(document.sections.map { $0.properties.map(\.line) } == [[3], [6], [8, 9]])
    }

    @Test(
        "what stands below a name alone is settings, comments or nothing",
        arguments: ["x =\n  b = 1\n\n  c=\n", "x =\n  # b\n", "x =\n   \n", "x = 1\n  2\n", "x =\n  b = 1\u{0C} \n"])
    func nested(text: String) throws {
        let text = "[a]\n" + text
        let document = try ConfigDocument(reading: text.utf8.span, as: .config)
        #expect(document.sections.first?.properties.map(\.hidesValue) == [false])
    }

    @Test("a value below its name is noticed, once a setting")
    func valueBelow() {
        var problems: [ConfigSyntaxError] = []
        let text = "[a]\nx =\n  1\n  2\ny =\n  3\n"
        let document = ConfigDocument(reading: text.utf8.span, as: .config, keeping: &problems)
        #expect(problems.map(\.problem) == [.valueBelow("x"), .valueBelow("y")])
        #expect(document.sections.first?.properties.map(\.hidesValue) == [true, true])
    }

    @Test("where nothing is wrong, nothing is kept, and where nothing is text, nothing is read")
    func keepsNothing() {
        var problems: [ConfigSyntaxError] = []
        let document = ConfigDocument(reading: "[a]\nx = 1\n".utf8.span, as: .config, keeping: &problems)
        #expect(problems.isEmpty && document.sections.count == 1)
        _ = ConfigDocument(reading: [0x5B, 0xE9].span, as: .config, keeping: &problems)
        #expect(problems.map(\.problem) == [.notText])
    }

    @Test("bytes that aren't UTF-8 are refused")
    func notText() {
        let error = problem { () throws(ConfigSyntaxError) in
            _ = try ConfigDocument(reading: [0x23, 0xE9, 0x0A].span, as: .config)
        }
        #expect(error?.problem == .notText)
    }

    @Test("properties know their lines, values and what belongs to them")
    func properties() throws {
        let text = "# top\n[profile dev] # mine\r\nregion =  eu-west-1 \ns3 =\n  a = b\n\n# note\nlast: 1"
        let document = try ConfigDocument(reading: text.utf8.span, as: .config)
        let section = try #require(document.section(of: "dev"))
        #expect(section.properties.map(\.name) == ["region", "s3", "last"])
        #expect(section.properties.map(\.line) == [3, 4, 8])
        #expect(section.properties.map(\.isContinued) == [false, true, false])
        #expect(section.properties.map(\.hasColon) == [false, false, true])
        let region = try #require(section.property("region"))
        #expect(String(decoding: text.utf8.span.extracting(region.value).array(), as: UTF8.self) == "eu-west-1")
        #expect(section.end == text.utf8.count)
        #expect(!document.endsWithLineEnd)
        #expect(document.lineEnd == "\n")
    }

    @Test(
        "headers say whose profile they are, and whether all SDKs agree",
        arguments: [
            (.config, "default", "default", false), (.config, "profile dev", "dev", false),
            (.config, "dev", "dev", true),
            (.config, "profile  dev", "dev", true), (.config, " profile dev ", "dev", true),
            (.config, "profile \"dev\"", "dev", true), (.config, "profile \"a b\"", "a b", false),
            (.config, "profile default", "default", true), (.config, "services x", nil, false),
            (.config, "sso-session x", nil, false), (.credentials, "dev", "dev", false),
            (.credentials, "profile dev", "dev", true), (.credentials, " dev", "dev", true),
            (.credentials, "a b", "a b", false), (.credentials, "'dev'", "dev", true),
        ] as [(ConfigDocument.File, String, String?, Bool)])
    func headers(file: ConfigDocument.File, header: String, profile: String?, isUnusual: Bool) throws {
        let document = try ConfigDocument(reading: "[\(header)]\n".utf8.span, as: file)
        let found = try #require(document.sections.first).header
        #expect(found.profile == profile)
        #expect(found.isUnusual == isUnusual)
    }

    @Test(
        "profiles are found that botocore finds, by the bytes of their names, or that others find under plain headers",
        arguments: [
            (.config, "profile é", "é", true), (.config, "profile é", "e\u{301}", false),
            (.config, "profile \"日 本\"", "日 本", true), (.credentials, "é", "é", true),
            (.config, "profile  dev ", "dev", true), (.config, "profile 'dev'", "dev", true),
            (.config, "profile a b", "a b", true), (.config, "profile it's", "it's", true),
            (.config, " profile dev", "dev", false), (.config, "dev", "dev", false),
            (.config, "default", "default", true),
            (.config, "profile default", "default", true), (.credentials, "profile dev", "dev", false),
            (.credentials, "'dev'", "'dev'", true), (.credentials, " dev", "dev", false),
            (.config, "profile " + String(repeating: "é", count: 124), String(repeating: "é", count: 124), false),
        ] as [(ConfigDocument.File, String, String, Bool)])
    func botocoreProfiles(file: ConfigDocument.File, header: String, profile: String, isFound: Bool) throws {
        let document = try ConfigDocument(reading: "[\(header)]\nregion = x\n".utf8.span, as: file)
        #expect((document.anySection(of: profile) != nil) == isFound)
    }

    @Test("of two sections that are one profile to botocore, the last one counts")
    func lastSection() throws {
        let text = "[profile default]\nregion = a\n[default]\nregion = b\n[profile x]\nregion = c\n[profile \"x\"]\n"
        let document = try ConfigDocument(reading: text.utf8.span, as: .config)
        #expect(document.anySection(of: "default")?.line == 3)
        #expect(document.setting("region", of: "x", in: text.utf8.span) == nil)
    }

    @Test("keys in comments and under other settings are noticed")
    func hidden() throws {
        let text = "[a]\n# aws_secret_access_key = x\n;aws_access_key_id=y\ns3 =\n  aws_access_key_id = z\n"
        let document = try ConfigDocument(reading: text.utf8.span, as: .credentials)
        #expect(document.keyLikeComments == [2, 3])
        #expect(document.sections.first?.properties.map(\.hidesKeyLine) == [true])
    }

    @Test("any bytes are read or refused, and never more than that")
    func anything() {
        var generator = SeededGenerator(seed: 3)
        let pieces = [
            "[", "]", "=", ":", "\n", "\r\n", " ", "\t", "#", ";", "a", "profile ", "aws_access_key_id", "\r", "é",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }
            .joined()
            guard let document = try? ConfigDocument(reading: text.utf8.span, as: .config) else { continue }
            for section in document.sections {
                #expect(section.start < section.end && section.end <= text.utf8.count)
                for property in section.properties {
                    #expect(property.range.lowerBound <= property.value.lowerBound)
                    #expect(property.value.upperBound <= property.range.upperBound)
                }
            }
        }
    }
}

@Suite("Changing the AWS files")
struct EditTests {
    @Test("only the ranges of the edits change")
    func application() {
        let text = "0123456789"
        let edits = [
            Edit(8..<10), Edit(0..<0, [.plain("<")]), Edit(3..<5, [.plain("x"), .secret(of: "dev")]),
            Edit(5..<5, [.plain("|")]),
        ]
        let changed = applying(edits, to: text.utf8.span) { SecretBytes(text: "(\($0))") }
        #expect(changed.text() == "<012x(dev)|567")
    }

    @Test("taking back what was put in gives the same bytes")
    func inverse() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<500 {
            let text = generator.text(Int.random(in: 0..<40, using: &generator), of: Array("ab\n="))
            let places = Set((0..<3).map { _ in Int.random(in: 0...text.utf8.count, using: &generator) }).sorted()
            let inserted = applying(places.map { Edit($0..<$0, [.plain("NEW")]) }, to: text.utf8.span) { _ in
                SecretBytes(zeros: 0)
            }
            let back = places.enumerated().map { Edit($1 + 3 * $0..<$1 + 3 * $0 + 3) }
            let restored = inserted.withBytes { applying(back, to: $0) { _ in SecretBytes(zeros: 0) } }
            #expect(restored.text() == text)
        }
    }
}
