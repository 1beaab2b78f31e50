import Foundation
import Sealing
import TestSupport
import Testing

@testable import AWSAPI

private typealias Answer = ScriptedService.Answer

@Suite("Signing in to the console")
struct SignInTests {
    private static let good = Answer.reply(#"{"SigninToken":"VCQgs5qZ_-+/=EXAMPLE"}"#)
    private static let page = "https://console.aws.amazon.com/s3/home?region=eu-west-1&x=a b"

    private func failure(of client: AWSClient) -> AWSError? {
        problem { () throws(AWSError) in
            _ = try client.consoleSignIn(destination: Self.page, with: sessionCredentials())
        }
    }

    @Test("takes a URL with a token that stands for the session")
    func url() throws {
        let service = ScriptedService([Self.good])
        let url = try service.client().consoleSignIn(
            destination: Self.page, issuer: "https://example.com/?a=b&c", duration: 3600, with: sessionCredentials()
        ).text()
        #expect(
            url == "https://signin.aws.amazon.com/federation?Action=login"
                + "&Issuer=https%3A%2F%2Fexample.com%2F%3Fa%3Db%26c"
                + "&Destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Deu-west-1%26x%3Da%20b"
                + "&SigninToken=VCQgs5qZ_-%2B%2F%3DEXAMPLE")
        let sent = try #require(service.sent.first)
        #expect(sent.url == "https://signin.aws.amazon.com/federation")
        #expect(sent.headers.map(\.name) == ["Content-Type"])
        #expect(sent.sessionToken.isEmpty)
        let session =
            #"{"sessionId":"ASIAIOSFODNN7EXAMPLE","sessionKey":"\#(exampleSecret)","sessionToken":"token/EXAMPLE=="}"#
        #expect(
            sent.body == "Action=getSigninToken&SessionType=json&SessionDuration=3600&Session="
                + percentEncoded(session))
    }

    @Test("leaves out what isn't given")
    func plain() throws {
        let service = ScriptedService([Self.good])
        let url = try service.client().consoleSignIn(
            destination: "https://console.aws.amazon.com/", with: sessionCredentials()
        ).text()
        #expect(
            url == "https://signin.aws.amazon.com/federation?Action=login"
                + "&Destination=https%3A%2F%2Fconsole.aws.amazon.com%2F&SigninToken=VCQgs5qZ_-%2B%2F%3DEXAMPLE")
        #expect(service.forms.first?.hasPrefix("Action=getSigninToken&SessionType=json&Session=") == true)
    }

    @Test("gives secrets on as they are, whatever they hold")
    func anySecret() throws {
        let secret = "a\"b\\c\n\u{1}é😀&=%+"
        let service = ScriptedService([Self.good])
        let credentials = AWSCredentials(
            accessKeyID: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: SecretBytes(text: secret),
            sessionToken: SecretBytes(text: secret + secret))
        _ = try service.client().consoleSignIn(destination: "https://example.com/", with: credentials)
        let form = try #require(service.forms.first)
        let json = try #require(form.split(separator: "Session=").last?.removingPercentEncoding)
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(json.utf8)) == [
                "sessionId": "ASIAIOSFODNN7EXAMPLE", "sessionKey": secret, "sessionToken": secret + secret,
            ])
    }

    @Test(
        "is no success without a token",
        arguments: [
            (200, ""), (200, "<html>proxy</html>"), (200, "{}"), (200, "[]"), (200, #"{"SigninToken":""}"#),
            (200, #"{"SigninToken":1}"#), (200, #"{"SigninToken":null}"#),
            (200, #"{"SigninToken":"a","SigninToken":"b"}"#),
            (200, #"{"SigninToken":"a""#), (200, #"{"signintoken":"a"}"#), (400, "<html>Invalid credentials</html>"),
            (400, #"{"SigninToken":"a"}"#), (302, ""),
        ])
    func garbage(status: Int, text: String) throws {
        let service = ScriptedService([.reply(text, status: status)])
        #expect(failure(of: try service.client()) == .garbled(status: status))
        #expect(service.sent.count == 1)
    }

    @Test(
        "is tried again after what may pass",
        arguments: [Answer.reply("busy", status: 503), .failure(mayHaveArrived: true)])
    private func again(answer: Answer) throws {
        let service = ScriptedService([answer, Self.good])
        #expect(failure(of: try service.client()) == nil)
        #expect(service.waits.count == 1)
    }

    @Test("keeps to the time limit")
    func timeLimit() throws {
        let late = ScriptedService([.after(10, .reply("busy", status: 503))])
        #expect(failure(of: try late.client(time: 5)) == .garbled(status: 503))
        #expect(late.sent.map(\.patience) == [5])
    }

    @Test(
        "happens where the partition has it",
        arguments: [
            (nil, "https://signin.aws.amazon.com/federation"),
            ("eu-west-1", "https://signin.aws.amazon.com/federation"),
            ("cn-north-1", "https://signin.amazonaws.cn/federation"),
            ("us-gov-west-1", "https://signin.amazonaws-us-gov.com/federation"), ("us-iso-east-1", nil),
        ] as [(String?, String?)])
    func partitions(region: String?, url: String?) throws {
        #expect(try EndpointSettings(region: region).signIn() == url)
    }

    @Test("isn't possible where no sign-in is known")
    func unknown() throws {
        let service = ScriptedService([])
        let failure = failure(of: try service.client(EndpointSettings(region: "us-iso-east-1")))
        #expect(failure?.mayHaveHappened == false)
    }

    @Test(
        "happens at an endpoint of the caller's own",
        arguments: ["http://127.0.0.1:5000", "http://127.0.0.1:5000/", "https://example.com/a"])
    func own(url: String) throws {
        var settings = EndpointSettings(region: "us-iso-east-1")
        settings.signInURL = url
        let service = ScriptedService([Self.good])
        let made = try service.client(settings).consoleSignIn(destination: "x", with: sessionCredentials()).text()
        let base = url + (url.hasSuffix("/") ? "" : "/") + "federation"
        #expect(service.sent.map(\.url) == [base])
        #expect(made == base + "?Action=login&Destination=x&SigninToken=VCQgs5qZ_-%2B%2F%3DEXAMPLE")
    }

    @Test("never happens over a network in the clear")
    func insecure() {
        for (url, wanted) in [
            ("http://example.com", EndpointError.notSecure("http://example.com")),
            ("example.com", .notAnEndpoint("example.com")), ("https://a/?b", .notAnEndpoint("https://a/?b")),
        ] {
            var settings = EndpointSettings(region: nil)
            settings.signInURL = url
            let found = problem { () throws(EndpointError) in _ = try settings.signIn() }
            #expect(found == wanted)
        }
    }

    @Test("leads to pages of the console")
    func pages() {
        #expect(consoleAddress(region: nil) == "https://console.aws.amazon.com/")
        #expect(consoleAddress(region: "eu-west-1") == "https://console.aws.amazon.com/console/home?region=eu-west-1")
        #expect(consoleAddress(of: "s3", region: nil) == "https://console.aws.amazon.com/s3/home")
        #expect(
            consoleAddress(of: "s3", region: "cn-north-1") == "https://console.amazonaws.cn/s3/home?region=cn-north-1")
        #expect(
            consoleAddress(of: "systems-manager/a b", region: "us-gov-west-1")
                == "https://console.amazonaws-us-gov.com/systems-manager/a%20b/home?region=us-gov-west-1")
        #expect(consoleAddress(region: "us-isob-east-1") == nil)
    }
}
