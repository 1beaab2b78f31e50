import AWSAPI
import Foundation
import Sealing
import TestSupport
import Testing

@testable import AWSAPI

@Suite("Signature Version 4")
struct SigV4Tests {
    /// Why a vector says nothing about what is built here.
    private static let inapplicable: [String: String] = [
        "get-relative-relative-unnormalized": "paths aren't normalised for S3 only",
        "get-relative-unnormalized": "paths aren't normalised for S3 only",
        "get-slash-dot-slash-unnormalized": "paths aren't normalised for S3 only",
        "get-slash-pointless-dot-unnormalized": "paths aren't normalised for S3 only",
        "get-slash-unnormalized": "paths aren't normalised for S3 only",
        "get-slashes-unnormalized": "paths aren't normalised for S3 only",
        "get-space-unnormalized": "paths aren't normalised for S3 only",
        "post-sts-header-after": "the session token is always signed here, never added afterwards",
    ]

    @Test(
        "signs each official example as AWS does",
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)))
    func officialExamples() throws {
        let names = try Vectors.names(in: "sigv4")
        #expect(names.count == 38)
        #expect(Self.inapplicable.keys.allSatisfy(names.contains))
        for (name, reason) in Self.inapplicable.sorted(by: { $0.key < $1.key }) {
            print("SigV4 example \(name) doesn't apply: \(reason)")
        }
        for name in names where Self.inapplicable[name] == nil {
            let context = try Vectors.read("sigv4/\(name)/context.json", as: Context.self)
            let text = try Vectors.text("sigv4/\(name)/request.txt")
            var request = try #require(SigV4.Request(reading: text), "\(name)")
            let signer = SigV4(
                region: context.region, service: context.service,
                time: try #require(seconds(ofTimestamp: context.timestamp)))
            request.headers.append(("X-Amz-Date", signer.timestamp))
            if context.sign_body {
                request.headers.append(("x-amz-content-sha256", request.bodyDigest))
            }
            let credentials = AWSCredentials(
                accessKeyID: context.credentials.access_key_id,
                secretAccessKey: SecretBytes(text: context.credentials.secret_access_key),
                sessionToken: SecretBytes(text: context.credentials.token ?? ""))
            let canonical = signer.canonicalRequest(request, sessionToken: credentials.sessionToken)
            let canonicalText = canonical.text()
            #expect(canonicalText == (try Vectors.text("sigv4/\(name)/header-canonical-request.txt")), "\(name)")
            let stringToSign = signer.stringToSign(canonical)
            #expect(stringToSign == (try Vectors.text("sigv4/\(name)/header-string-to-sign.txt")), "\(name)")
            let signature = signer.signature(of: stringToSign, with: credentials.secretAccessKey)
            #expect(signature == (try Vectors.text("sigv4/\(name)/header-signature.txt")), "\(name)")
            let authorization = signer.authorization(for: request, with: credentials)
            let signed = try Vectors.text("sigv4/\(name)/header-signed-request.txt")
            #expect(signed.contains("Authorization:" + authorization), "\(name)")
        }
    }

    @Test("signs the example of AWS's documentation")
    func documentedExample() {
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html and the POST example of
        // the official suite, so that this holds where the vectors aren't at hand.
        let signer = SigV4(region: "us-east-1", service: "service", time: 1_440_938_160)
        let request = SigV4.Request(
            headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")], body: "".utf8.span)
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: SecretBytes(text: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        let authorization = signer.authorization(for: request, with: credentials)
        #expect(
            authorization.hasSuffix(
                "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"))
    }

    private struct Context: Decodable {
        struct Credentials: Decodable {
            let access_key_id: String
            let secret_access_key: String
            let token: String?
        }

        let credentials: Credentials
        let region: String
        let service: String
        let timestamp: String
        let sign_body: Bool
    }
}

extension SigV4.Request {
    /// A request as the examples write it: lines of HTTP/1.1.
    fileprivate init?(reading text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var first = lines.removeFirst()
        guard first.hasSuffix(" HTTP/1.1"), let space = first.firstIndex(of: " ") else { return nil }
        first.removeLast(" HTTP/1.1".count)
        var headers: [(name: String, value: String)] = []
        while let line = lines.first, !line.isEmpty {
            lines.removeFirst()
            if line.hasPrefix(" "), let last = headers.popLast() {
                headers.append((last.name, last.value + "\n" + line))
            } else if let colon = line.firstIndex(of: ":") {
                headers.append((String(line[..<colon]), String(line[line.index(after: colon)...])))
            }
        }
        let body = lines.dropFirst().joined(separator: "\n")
        self.init(
            method: String(first[..<space]), target: String(first[first.index(after: space)...]), headers: headers,
            body: body.utf8.span)
    }
}
