import AWSConfig
import Sealing
import TestSupport
import Testing

@Suite("The parser cases that SDKs share")
struct SharedVectorTests {
    struct File: Decodable { let tests: [Case] }
    struct Case: Decodable {
        let name: String
        let input: Input
        let output: Output
    }
    struct Input: Decodable { let configFile, credentialsFile: String? }
    struct Output: Decodable { let config: Config? }
    struct Config: Decodable { let profiles: [String: [String: String]] }

    @Test(
        "what every reader reads alike, we read alike", .enabled(if: Vectors.arePresent, "\(Vectors.absence)"))
    func agreement() throws {
        var compared = 0
        let file = try Vectors.read("profile-parser/smithy-rs_profile-parser-tests.json", as: File.self)
        for test in file.tests {
            guard test.input.credentialsFile == nil, let text = test.input.configFile,
                let expected = test.output.config?.profiles,
                let document = try? ConfigDocument(reading: text.utf8.span, as: .config)
            else { continue }
            let isUnusual = document.sections.contains { section in
                section.header.isUnusual || !section.header.hasPlainName && section.header.profile != nil
                    || section.properties.contains {
                        $0.isContinued || $0.isIndented || $0.hasColon || $0.name.contains(" ")
                    }
            }
            // Some SDKs take ` #` and ` ;` for the beginning of a comment; import leaves such values alone.
            guard !isUnusual, text.firstMatch(of: /=.*\s[#;]/) == nil else { continue }
            var found: [String: [String: String]] = [:]
            for section in document.sections {
                guard let profile = section.header.profile else { continue }
                found[profile] = [:]
                for property in section.properties {
                    let value = text.utf8.span.extracting(property.value).array()
                    found[profile]?[property.name.lowercased()] = String(decoding: value, as: UTF8.self)
                }
            }
            #expect(found == expected, "\(test.name)")
            compared += 1
        }
        #expect(compared >= 15)
    }
}
