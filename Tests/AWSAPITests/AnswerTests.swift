import Sealing
import TestSupport
import Testing

@testable import AWSAPI

@Suite("Answers")
struct AnswerTests {
    private static let folder = "query-protocol/botocore_xml-responses/"

    /// A client whose every call gets one answer.
    private func client(answering text: String, status: Int = 200) throws -> AWSClient {
        try AWSClient(
            EndpointSettings(region: "us-east-1"),
            in: AWSClient.Surroundings(
                transport: { _ in HTTPResponse(status: status, date: nil, body: SecretBytes(text: text)) },
                now: { 0 }, sleep: { _ in }, random: { _ in 0 }))
    }

    private func key() -> AWSCredentials {
        AWSCredentials(accessKeyID: exampleID, secretAccessKey: SecretBytes(text: exampleSecret))
    }

    @Test(
        "list access keys as botocore's examples do",
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)))
    func listAccessKeys() throws {
        let client = try client(answering: Vectors.text(Self.folder + "responses__iam-list-access-keys.xml"))
        #expect(
            try client.listAccessKeys(of: "Bob", with: key()) == [
                ListedKey(id: exampleID, isActive: true, created: nil),
                ListedKey(id: otherID, isActive: false, created: nil),
            ])
    }

    @Test("tell a user", .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)))
    func user() throws {
        let client = try client(answering: Vectors.text(Self.folder + "responses__iam-get-user.xml"))
        #expect(try client.userARN(with: key()) == "arn:aws:iam::123456789012:root")
    }

    @Test("hold a session's credentials", .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)))
    func session() throws {
        let client = try client(answering: Vectors.text(Self.folder + "responses__sts-get-session-token.xml"))
        let made = try client.sessionToken(mfa: nil, duration: 900, with: key()).credentials.copy()
        #expect(made.accessKeyID == exampleID)
        let secret = made.secretAccessKey.text()
        #expect(secret == "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY")
        let wanted = try Vectors.read(Self.folder + "responses__sts-get-session-token.json", as: Session.self)
        let token = made.sessionToken.text()
        #expect(token == wanted.Credentials.SessionToken)
    }

    @Test(
        "with an error keep AWS's code, text and request id",
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)),
        arguments: ["iam-get-user", "sts-get-session-token"])
    func errors(name: String) throws {
        let file = Self.folder + "errors__" + name
        let client = try client(answering: Vectors.text(file + ".xml"), status: 404)
        let wanted = try Vectors.read(file + ".json", as: Problem.self)
        let found = problem { () throws(AWSError) in _ = try client.callerIdentity(with: key()) }
        #expect(
            found
                == .refused(
                    AWSError.Refusal(
                        status: 404, code: wanted.Error.Code, message: wanted.Error.Message ?? "",
                        requestID: wanted.ResponseMetadata.RequestId)))
    }

    @Test(
        "that aren't the call's own are no result",
        arguments: [
            "", "x", "<html/>", "<CreateUserResponse/>", "<!DOCTYPE a [<!ENTITY x 'y'>]><GetCallerIdentityResponse/>",
            "<GetCallerIdentityResponse>", String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40),
            "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>",
        ])
    func garbage(text: String) throws {
        let client = try client(answering: text)
        let found = problem { () throws(AWSError) in _ = try client.callerIdentity(with: key()) }
        #expect(found == .garbled(status: 200))
    }

    private struct Session: Decodable {
        struct Made: Decodable {
            let SessionToken: String
        }

        let Credentials: Made
    }

    private struct Problem: Decodable {
        struct Detail: Decodable {
            let Code: String
            let Message: String?
        }

        struct Metadata: Decodable {
            let RequestId: String
        }

        let Error: Detail
        let ResponseMetadata: Metadata
    }
}
