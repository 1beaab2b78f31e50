import AWSAPI
import Sealing
import TestSupport
import Testing

@Suite("Roles")
struct RoleTests {
    private static let arn = "arn:aws:iam::123456789012:role/path/demo"
    private static let encodedARN = "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpath%2Fdemo"

    private static let everything = RoleRequest(
        arn: arn, sessionName: "Bob@example.com", externalID: "x:/=1", duration: 900, policy: #"{"a":"b c"}"#,
        policyARNs: ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/Other"],
        tags: [SessionTag(key: "team", value: "a&b"), SessionTag(key: "é", value: "")],
        transitiveTagKeys: ["team", "é"], sourceIdentity: "Bob")

    @Test("are assumed with nothing but what is asked for")
    func plain() throws {
        let service = ScriptedService([.session(of: "AssumeRole")])
        let session = try service.client().assumeRole(
            RoleRequest(arn: Self.arn, sessionName: "Bob"), mfa: nil, with: sessionCredentials())
        #expect(session.expiration == ScriptedService.start + 3600)
        #expect(session.credentials.accessKeyID == "ASIAIOSFODNN7EXAMPLE")
        let (secret, token) = (session.credentials.secretAccessKey.text(), session.credentials.sessionToken.text())
        #expect(secret == otherSecret)
        #expect(token == "token/EXAMPLE==")
        let form = "Action=AssumeRole&Version=2011-06-15&RoleArn=\(Self.encodedARN)&RoleSessionName=Bob"
        #expect(service.forms == [form])
        #expect(service.sent.map(\.url) == ["https://sts.eu-west-1.amazonaws.com/"])
        #expect(service.sent.map(\.sessionToken) == ["token/EXAMPLE=="])
        let authorization = try #require(service.sent.first?["Authorization"])
        #expect(authorization.contains("Credential=ASIAIOSFODNN7EXAMPLE/20150830/eu-west-1/sts/aws4_request,"))
        #expect(authorization.contains(";x-amz-security-token,"))
    }

    @Test("are assumed with all that can be asked for")
    func whole() throws {
        let service = ScriptedService([.session(of: "AssumeRole")])
        _ = try service.client().assumeRole(
            Self.everything, mfa: MFACode(serialNumber: "GAHT12345678", code: "012345"), with: longTermKey())
        let wanted = [
            "Action=AssumeRole", "Version=2011-06-15", "RoleArn=\(Self.encodedARN)",
            "RoleSessionName=Bob%40example.com", "DurationSeconds=900",
            "Policy=%7B%22a%22%3A%22b%20c%22%7D",
            "PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess",
            "PolicyArns.member.2.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FOther", "ExternalId=x%3A%2F%3D1",
            "Tags.member.1.Key=team", "Tags.member.1.Value=a%26b", "Tags.member.2.Key=%C3%A9", "Tags.member.2.Value=",
            "TransitiveTagKeys.member.1=team", "TransitiveTagKeys.member.2=%C3%A9", "SourceIdentity=Bob",
            "SerialNumber=GAHT12345678", "TokenCode=012345",
        ]
        #expect(service.forms.first?.split(separator: "&").map(String.init) == wanted)
    }

    @Test("are assumed with a token of an identity provider, which only the body has, and nobody signs")
    func webIdentity() throws {
        let service = ScriptedService([.session(of: "AssumeRoleWithWebIdentity")])
        let token = "eyJh+/=.EXAMPLE_-" + String(repeating: "token", count: 4000)
        let session = try service.client().assumeRole(Self.everything, webIdentityToken: SecretBytes(text: token))
        #expect(session.credentials.accessKeyID == "ASIAIOSFODNN7EXAMPLE")
        let sent = try #require(service.sent.first)
        #expect(sent.url == "https://sts.eu-west-1.amazonaws.com/")
        #expect(sent.headers.map(\.name) == ["Content-Type"])
        #expect(sent.sessionToken.isEmpty)
        let wanted = [
            "Action=AssumeRoleWithWebIdentity", "Version=2011-06-15", "RoleArn=\(Self.encodedARN)",
            "RoleSessionName=Bob%40example.com", "DurationSeconds=900", "Policy=%7B%22a%22%3A%22b%20c%22%7D",
            "PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess",
            "PolicyArns.member.2.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FOther",
            "WebIdentityToken=" + token.replacing("+/=", with: "%2B%2F%3D"),
        ]
        #expect(sent.body.split(separator: "&").map(String.init) == wanted)
    }

    @Test("that aren't given say why")
    func refused() throws {
        let service = ScriptedService([
            .refusal("AccessDenied", status: 403), .refusal("InvalidIdentityToken", status: 400, date: 0),
        ])
        let client = try service.client()
        let denied = problem { () throws(AWSError) in
            _ = try client.assumeRole(Self.everything, mfa: nil, with: longTermKey())
        }
        #expect(denied?.isAccessDenied == true)
        // What isn't signed has no time that could be wrong.
        let invalid = problem { () throws(AWSError) in
            _ = try client.assumeRole(Self.everything, webIdentityToken: SecretBytes(text: "token"))
        }
        #expect(invalid?.code == "InvalidIdentityToken")
        #expect(service.sent.count == 2)
        #expect(client.now == ScriptedService.start)
    }
}
