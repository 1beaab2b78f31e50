import AWSAPI
import Sealing
import TestSupport
import Testing

@testable import AWSAPI

@Suite("Requests")
struct RequestTests {
    /// Why one of botocore's examples says nothing about the calls made here, by its id or its operation.
    private static let inapplicable: [String: String] = [
        "AwsQueryEndpointTrait": "no call changes the host",
        "AwsQueryEndpointTraitWithHostLabel": "no call changes the host",
        "AwsQuerySupportsInfinityFloatInputs": "no call sends a fraction",
        "AwsQuerySupportsNaNFloatInputs": "no call sends a fraction",
        "AwsQuerySupportsNegativeInfinityFloatInputs": "no call sends a fraction",
        "NestedStructures": "no call sends a structure",
        "PutWithContentEncoding": "no form is compressed",
        "QueryLists": "no call sends a list",
        "QueryMaps": "no call sends a map",
        "QueryProtocolIdempotencyTokenAutoFill": "no call has an idempotency token",
        "QuerySimpleInputParamsBlob": "no call sends bytes",
        "QuerySimpleInputParamsFloat": "no call sends a fraction",
        "QuerySimpleInputParamsStringAndBooleanTrue": "no call sends a truth value",
        "QuerySimpleInputParamsStringsAndBooleanFalse": "no call sends a truth value",
        "QueryTimestamps": "no call sends a time",
    ]

    @Test(
        "are written as botocore's examples are",
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)))
    func officialExamples() throws {
        var checked = 0
        var unused = Set(Self.inapplicable.keys)
        for suite in try Vectors.read("query-protocol/botocore_input_query.json", as: [Examples].self) {
            for example in suite.cases {
                if let key = [example.id, example.given.name].first(where: { Self.inapplicable[$0] != nil }) {
                    print("example \(example.id) doesn't apply: \(Self.inapplicable[key] ?? "")")
                    unused.remove(key)
                    continue
                }
                var settings = EndpointSettings(region: nil)
                settings.urls[.iam] = suite.clientEndpoint ?? "https://example.com"
                let service = ScriptedService([.result(of: example.given.name)])
                _ = try service.client(settings).call(
                    .iam, example.given.name, example.params.map { ($0.key, $0.value.text) }, with: longTermKey())
                let wanted = try #require(example.serialized.body).replacing("2020-01-08", with: "2010-05-08")
                let sent = try #require(service.sent.first)
                // The examples' parameters are in no order.
                #expect(
                    sent.body.split(separator: "&").sorted() == wanted.split(separator: "&").sorted(), "\(example.id)")
                #expect(sent.url == "https://example.com" + example.serialized.uri, "\(example.id)")
                if let kind = example.serialized.headers?["Content-Type"] {
                    #expect(sent["Content-Type"] == kind + "; charset=utf-8")
                }
                checked += 1
            }
        }
        #expect(checked == 9)
        #expect(unused.isEmpty)
    }

    @Test(
        "carry any text, as UTF-8",
        arguments: [
            ("a b", "a%20b"), ("a+b/c=d", "a%2Bb%2Fc%3Dd"), ("a&Action=DeleteUser", "a%26Action%3DDeleteUser"),
            ("100%", "100%25"), ("é😀", "%C3%A9%F0%9F%98%80"), ("-_.~azAZ09", "-_.~azAZ09"),
            ("!*'()", "%21%2A%27%28%29"),
            ("\r\n\0", "%0D%0A%00"), ("", ""),
        ])
    func encoding(name: String, encoded: String) throws {
        let service = ScriptedService([.reply("<DeleteAccessKeyResponse/>")])
        try service.client().deleteAccessKey(exampleID, of: name, with: longTermKey())
        let form = "Action=DeleteAccessKey&Version=2010-05-08&UserName=\(encoded)&AccessKeyId=\(exampleID)"
        #expect(service.forms == [form])
    }

    @Test("have a session token beside their headers, and sign it")
    func token() throws {
        let service = ScriptedService([.identity, .identity])
        let client = try service.client()
        let credentials = AWSCredentials(
            accessKeyID: exampleID, secretAccessKey: SecretBytes(text: exampleSecret),
            sessionToken: SecretBytes(text: "token/EXAMPLE=="))
        _ = try client.callerIdentity(with: credentials)
        _ = try client.callerIdentity(with: longTermKey())
        #expect(service.sent.map(\.sessionToken) == ["token/EXAMPLE==", ""])
        for sent in service.sent {
            #expect(sent.headers.map(\.name) == ["Content-Type", "X-Amz-Date", "Authorization"])
            let texts = sent.headers.map(\.value) + [sent.url, sent.body]
            #expect(!texts.contains { $0.contains("token/EXAMPLE") || $0.contains(exampleSecret) })
        }
        let authorizations = service.sent.compactMap { $0["Authorization"] }
        #expect(authorizations.first?.contains("=content-type;host;x-amz-date;x-amz-security-token,") == true)
        #expect(authorizations.last?.contains("=content-type;host;x-amz-date,") == true)
        #expect(Set(authorizations.map { $0.split(separator: "=").last }).count == 2)
    }

    @Test(
        "are signed for the host and the path that they go to",
        arguments: [
            ("https://example.com", "example.com", "/"), ("https://example.com/", "example.com", "/"),
            ("https://example.com:443", "example.com", "/"), ("https://example.com:80", "example.com:80", "/"),
            ("https://example.com:8443/a/b%20c/", "example.com:8443", "/a/b%20c/"),
            ("http://127.0.0.1:80/iam", "127.0.0.1", "/iam/"), ("http://127.0.0.1:443", "127.0.0.1:443", "/"),
            ("http://localhost:5000", "localhost:5000", "/"), ("http://[::1]:5000/x", "[::1]:5000", "/x/"),
            ("http://[::1]", "[::1]", "/"),
        ])
    func endpoints(url: String, host: String, target: String) throws {
        var settings = EndpointSettings(region: "eu-west-1")
        settings.urls = [.sts: url, .iam: url]
        let user = "<User><Arn>arn:aws:iam::123456789012:user/Bob</Arn></User>"
        let service = ScriptedService([.identity, .result(of: "GetUser", user)])
        let client = try service.client(settings)
        _ = try client.callerIdentity(with: longTermKey())
        _ = try client.userARN(with: longTermKey())
        for (sent, signer) in zip(
            service.sent,
            [
                SigV4(region: "eu-west-1", service: "sts", time: ScriptedService.start),
                SigV4(region: "us-east-1", service: "iam", time: ScriptedService.start),
            ])
        {
            #expect(sent.url == url + (url.hasSuffix("/") ? "" : "/"))
            let request = SigV4.Request(
                target: target,
                headers: [
                    ("Host", host), ("X-Amz-Date", "20150830T123600Z"),
                    ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
                ], body: sent.body.utf8.span)
            #expect(sent["Authorization"] == signer.authorization(for: request, with: longTermKey()))
        }
        #expect(service.sent.count == 2)
    }
}

/// What botocore's examples of requests say.
private struct Examples: Decodable {
    let clientEndpoint: String?
    let cases: [Example]

    struct Example: Decodable {
        let id: String
        let given: Operation
        let params: [String: Value]
        let serialized: Request
    }

    struct Operation: Decodable {
        let name: String
    }

    struct Request: Decodable {
        let uri: String
        let body: String?
        let headers: [String: String]?
    }

    /// A parameter, where it is a text or a number.
    struct Value: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = (try? container.decode(String.self)) ?? (try? container.decode(Int.self)).map(String.init) ?? ""
        }
    }
}
