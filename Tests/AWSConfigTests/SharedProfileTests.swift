import AWSConfig
import Sealing
import TestSupport
import Testing

@Suite("Each profile of the parser cases that SDKs share", .enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
struct SharedProfileTests {
    struct File: Decodable { let tests: [Case] }
    struct Case: Decodable {
        let name: String
        let input: Input
        let output: Output
    }
    struct Input: Decodable { let configFile, credentialsFile: String? }
    struct Output: Decodable { let config: Config? }
    struct Config: Decodable { let profiles: [String: [String: String]] }

    /// What Python's `configparser.RawConfigParser` refuses of the cases' files; the names are the cases', and one
    /// stands there twice.
    private static let refused = [
        "Profile definitions must end with brackets.", "Properties must be defined in a profile.",
        "Property key cannot be empty.", "Continuations cannot be used outside of a profile.",
        "Continuations cannot be used outside of a property.", "Continuations reset with profile definitions.",
        "Duplicate profiles in the same file merge properties.",
        "Duplicate properties in a profile use the last one defined.",
        "Duplicate properties in duplicate profiles use the last one defined.",
        "Duplicate properties in duplicate profiles use the last one defined (case insensitive).",
        "Invalid sub-property definitions cause an error.",
        "Default profiles with mixed prefixes in the config file ignore the one without prefix when merging.",
        "Default profiles with mixed prefixes merge with credentials", "Invalid continuation",
    ]

    @Test("the files that are refused are those that Python's parser refuses")
    func refusals() throws {
        let refused = try cases().filter { test in
            files(of: test).contains { (try? ConfigDocument(reading: $0.text.utf8.span, as: $0.file)) == nil }
        }
        #expect(refused.map(\.name) == Self.refused)
    }

    @Test("a profile in whose section nothing is unusual has the properties that SDKs give it")
    func profiles() throws {
        var sections = 0
        var properties = 0
        for test in try cases() {
            guard let expected = test.output.config?.profiles else { continue }
            for (file, text) in files(of: test) {
                guard let document = try? ConfigDocument(reading: text.utf8.span, as: file) else { continue }
                for section in document.sections where !section.header.isUnusual && section.header.hasPlainName {
                    let profile = try #require(section.header.profile)
                    // SDKs prefer `[profile default]` to `[default]`; botocore takes the last one.
                    if document.hasUnusualSection(for: profile) { continue }
                    let found = try #require(expected[profile], "\(test.name)")
                    sections += 1
                    for property in section.properties where isUsual(property, in: text) {
                        // What credentials say goes before what config says.
                        if file == .config, test.input.credentialsFile?.contains(property.name) == true { continue }
                        #expect(found[property.name.lowercased()] == value(of: property, in: text), "\(test.name)")
                        properties += 1
                    }
                }
            }
        }
        #expect(sections == 43)
        #expect(properties == 22)
    }

    @Test("no profile of an SDK is overlooked: it is there, or something about it is said to be unusual")
    func completeness() throws {
        for test in try cases() {
            let documents = files(of: test).compactMap { try? ConfigDocument(reading: $0.text.utf8.span, as: $0.file) }
            guard documents.count == files(of: test).count else { continue }
            for profile in test.output.config?.profiles.keys.sorted() ?? [] {
                let isKnown = documents.contains {
                    $0.section(of: profile) != nil || $0.hasUnusualSection(for: profile)
                }
                #expect(isKnown, "\(profile) in \(test.name)")
            }
        }
    }

    private func cases() throws -> [Case] {
        try Vectors.read("profile-parser/smithy-rs_profile-parser-tests.json", as: File.self).tests
    }

    private func files(of test: Case) -> [(file: ConfigDocument.File, text: String)] {
        [(ConfigDocument.File.config, test.input.configFile), (.credentials, test.input.credentialsFile)]
            .compactMap { file, text in text.map { (file, $0) } }
    }

    /// Whether all readers see one value: SDKs other than botocore cut ` #` and ` ;` off and ignore names with spaces.
    private func isUsual(_ property: ConfigDocument.Property, in text: String) -> Bool {
        !property.isContinued && !property.isIndented && !property.hasColon && !property.name.contains(" ")
            && value(of: property, in: text).firstMatch(of: /\s[#;]/) == nil
    }

    private func value(of property: ConfigDocument.Property, in text: String) -> String {
        String(decoding: text.utf8.span.extracting(property.value).array(), as: UTF8.self)
    }
}
