import CredentialProcess
import Foundation
import SealedStore
import Sealing
import TestSupport
import Testing

@Suite("The document that SDKs read")
struct CredentialDocumentTests {
    @Test("it is one line of JSON with exactly four members")
    func document() throws {
        let key = KeyRecord(
            accessKeyID: exampleID, secretAccessKey: SecretBytes(text: exampleSecret), added: 0, exposed: false)
        let text = key.credentialDocument(now: 1_900_000_000).text()
        #expect(
            text == #"{"Version":1,"AccessKeyId":"\#(exampleID)","SecretAccessKey":"\#(exampleSecret)","#
                + #""Expiration":"2030-03-17T18:46:40Z"}"# + "\n")
    }

    @Test("characters that JSON escapes come back as they were")
    func escapes() throws {
        let secret = "a\"b\\c\u{1}\u{1f}d/é"
        let key = KeyRecord(accessKeyID: "I\"D\\", secretAccessKey: SecretBytes(text: secret), added: 0, exposed: false)
        let document = try JSONSerialization.jsonObject(with: Data(key.credentialDocument(now: 0).array()))
        let members = try #require(document as? [String: Any])
        #expect(members["AccessKeyId"] as? String == "I\"D\\")
        #expect(members["SecretAccessKey"] as? String == secret)
        #expect(members["Version"] as? Int == 1)
    }

    @Test("times are those of the calendar, leap years and centuries included")
    func timestamps() {
        let formatter = ISO8601DateFormatter()
        var generator = SeededGenerator(seed: 1)
        let edges = [0, 951_782_399, 951_782_400, 951_868_800, 4_107_542_399, 4_107_542_400, 13_574_563_200]
        for seconds in edges + (0..<2000).map({ _ in Int.random(in: 0..<15_000_000_000, using: &generator) }) {
            #expect(timestamp(seconds) == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))))
        }
    }
}

@Suite("A profile's name in the line")
struct ProfileArgumentTests {
    @Test("any name comes back, and is written in characters that no SDK trips over")
    func roundTrip() {
        var generator = SeededGenerator(seed: 2)
        let alphabet = Array("abcXYZ019 _.+@/:-%#;=\"'\\$~`é\t[]日本")
        for _ in 0..<2000 {
            let name = generator.text(Int.random(in: 1...12, using: &generator), of: alphabet)
            let argument = ProfileArgument.encode(name)
            #expect(ProfileArgument.decode(argument) == name)
            #expect(argument.wholeMatch(of: /[A-Za-z0-9_.+@\/:%][A-Za-z0-9_.+@\/:%-]*/) != nil, "\(argument)")
        }
    }

    @Test("plain names are written as they are", arguments: ["dev", "team/dev@example.com", "a.b+c:d_e-f"])
    func plain(name: String) { #expect(ProfileArgument.encode(name) == name) }

    @Test("what no name was written as is refused", arguments: ["%", "a%2", "a%zz", "%ff", "100%"])
    func malformed(argument: String) { #expect(ProfileArgument.decode(argument) == nil) }
}
