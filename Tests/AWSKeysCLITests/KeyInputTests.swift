import SealedStore
import Sealing
import TestSupport
import Testing

@testable import AWSKeysCLI

@Suite("Keys as they are given")
struct KeyInputTests {
    private func csv(_ text: String) throws -> KeyRecord {
        try KeyInput.csv(SecretBytes(text: text), path: "keys.csv", now: 5)
    }

    private func failure(_ body: () throws -> Void) -> Failure? {
        do { try body() } catch let failure as Failure { return failure } catch {}
        return nil
    }

    @Test(
        "the console's file is read in every form that it has had",
        arguments: [
            "Access key ID,Secret access key\n\(exampleID),\(exampleSecret)\n",
            "\u{FEFF}Access key ID,Secret access key\r\n\(exampleID),\(exampleSecret)\r\n",
            "Access key ID,Secret access key\n\(exampleID),\(exampleSecret)",
            "User name,Password,Access key ID,Secret access key,Login\nme,,\(exampleID),\(exampleSecret),x\n",
            "\"Access key ID\",\"Secret access key\"\n\"\(exampleID)\",\"\(exampleSecret)\"\n",
            "Secret access key,Access key ID\n\(exampleSecret),\(exampleID)\n",
            " access KEY id , SECRET access key \n \(exampleID) , \(exampleSecret) \n",
            "Access key ID,Secret access key\n\(exampleID),\(exampleSecret)\n\(otherID),\(otherSecret)\n",
        ])
    func csvForms(text: String) throws {
        let key = try csv(text)
        #expect(key.accessKeyID == exampleID)
        #expect(key.secretAccessKey.text() == exampleSecret)
        #expect(key.added == 5)
        let isExposed = key.exposed
        #expect(isExposed)
    }

    @Test(
        "a file without a key is refused, and the message doesn't say what is in it",
        arguments: [
            "", "\n", "Access key ID,Secret access key\n", "Access key ID\n\(exampleID)\n",
            "\(exampleID),\(exampleSecret)\n", "id;secret\n\(exampleID);\(exampleSecret)\n",
            "Access key ID,Secret access key\n\(exampleID)\n", "Access key ID,Secret access key\n,\(exampleSecret)\n",
            "Access key ID,Secret access key\n\(exampleID),\n",
            "Access key ID,Secret access key\n\(exampleID),a \(exampleSecret)\n",
        ])
    func badFiles(text: String) throws {
        let failure = try #require(failure { _ = try csv(text) })
        #expect(failure.code == .usage)
        #expect(!failure.text.contains(exampleSecret))
    }

    @Test("temporary keys are refused, in whatever way they come")
    func temporary() {
        let id = "ASIAIOSFODNN7EXAMPLE"
        let failures = [
            failure { _ = try csv("Access key ID,Secret access key\n\(id),\(exampleSecret)\n") },
            failure { _ = try KeyInput.lines(SecretBytes(text: "\(id)\n\(exampleSecret)\n"), now: 5) },
        ]
        #expect(failures.map { $0?.message } == [KeyInput.temporary.message, KeyInput.temporary.message])
    }

    @Test(
        "two lines are an id and a secret",
        arguments: [
            "\(exampleID)\n\(exampleSecret)\n", "\(exampleID)\r\n\(exampleSecret)\r\n",
            "\(exampleID)\n\(exampleSecret)",
            "  \(exampleID) \n\t\(exampleSecret)\nmore\n",
        ])
    func lines(text: String) throws {
        let key = try KeyInput.lines(SecretBytes(text: text), now: 5)
        #expect(key.accessKeyID == exampleID)
        #expect(key.secretAccessKey.text() == exampleSecret)
        let isExposed = key.exposed
        #expect(!isExposed)
    }

    @Test("a secret with quotes on its line keeps them, since a secret may have any visible character")
    func quotes() throws {
        let key = try KeyInput.lines(SecretBytes(text: "\(exampleID)\n\"x\"\n"), now: 5)
        #expect(key.secretAccessKey.text() == "\"x\"")
    }

    @Test(
        "lines without a key are refused",
        arguments: ["", "\n", "\n\n", "\(exampleID)", "\(exampleID)\n", "a b\nc\n", "a\nb c\n", "a\né\n"])
    func badLines(text: String) throws {
        let failure = try #require(failure { _ = try KeyInput.lines(SecretBytes(text: text), now: 5) })
        #expect(failure.code == .usage)
    }
}
