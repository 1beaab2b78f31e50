import AWSAPI
import TestSupport
import Testing

@Suite("Endpoints")
struct EndpointTests {
    @Test(
        "are those of AWS's own rules, in every partition",
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)), arguments: [AWSService.sts, .iam])
    func officialRules(service: AWSService) throws {
        let cases = try Vectors.read("endpoints/botocore_\(service.rawValue)_endpoint-tests-1.json", as: Rules.self)
        var checked = 0
        for rule in cases.testCases {
            // The global endpoint for old regions is a choice that isn't offered; no region means the global one here.
            guard let parameters = rule.params, parameters.UseGlobalEndpoint != true else { continue }
            var settings = EndpointSettings(region: parameters.Region)
            settings.usesFIPS = parameters.UseFIPS ?? false
            settings.usesDualStack = parameters.UseDualStack ?? false
            if let url = parameters.Endpoint { settings.urls[service] = url }
            let found = try? settings.endpoint(of: service)
            #expect(found?.url == rule.expect.endpoint?.url, "\(parameters)")
            if let region = rule.expect.endpoint?.properties?.authSchemes.first?.signingRegion {
                #expect(found?.region == region, "\(parameters)")
            }
            checked += 1
        }
        #expect(checked == (service == .sts ? 50 : 25))
    }

    @Test(
        "that are configured are found where botocore finds them",
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.absence)))
    func configured() throws {
        let path = "endpoints/botocore_configured-endpoint-urls_profile-tests.json"
        let suite = try #require(try Vectors.read(path, as: Configured.self).testSuites.first)
        var checked = 0
        // A client's own configuration is code, which there is none of here.
        for test in suite.endpointUrlTests where test.client_config == "default" {
            let environment = suite.environments[test.environment] ?? [:]
            let profile = suite.profiles[test.profile] ?? [:]
            let services = profile["services"].flatMap { suite.services[$0] } ?? [:]
            let found = configuredEndpoint(
                of: test.service, environment: { environment[$0] }, setting: { profile[$0] },
                serviceSetting: { services[test.service]?[$0] })
            // Where nothing is configured, the examples have the service's own endpoint.
            let wanted = test.output.endpointUrl.flatMap { $0.hasSuffix(".amazonaws.com") ? nil : $0 }
            #expect(found == wanted, "\(test.name)")
            checked += 1
        }
        #expect(checked > 15)
    }

    @Test("have no plain HTTP across a network")
    func plainHTTP() {
        for url in [
            "http://example.com", "http://localhost.example.com", "http://127.example.com", "ftp://127.0.0.1",
            "http://127.1", "http://10.0.0.1",
        ] {
            var settings = EndpointSettings(region: "eu-west-1")
            settings.urls[.iam] = url
            #expect(throws: EndpointError.notSecure(url)) { try settings.endpoint(of: .iam) }
        }
        for url in [
            "http://localhost:x@example.com", "http://127.0.0.1:5000@10.0.0.1/", "https://example.com?x", "https://",
            "example.com", "https://exämple.com", "https://a b.com", "https://example.com#x",
        ] {
            var settings = EndpointSettings(region: "eu-west-1")
            settings.urls[.iam] = url
            #expect(throws: EndpointError.notAnEndpoint(url)) { try settings.endpoint(of: .iam) }
        }
        for url in ["http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:2", "https://example.com"] {
            var settings = EndpointSettings(region: "eu-west-1")
            settings.urls[.iam] = url
            #expect((try? settings.endpoint(of: .iam))?.url == url)
        }
    }

    @Test("need a region that can be part of a host's name", arguments: ["", "eu west", "a.b", "evil.example/", "EU"])
    func oddRegion(region: String) {
        #expect(throws: EndpointError.notARegion(region)) { try EndpointSettings(region: region).endpoint(of: .sts) }
    }

    private struct Rules: Decodable {
        struct Parameters: Decodable {
            let Region: String?
            let UseFIPS: Bool?
            let UseDualStack: Bool?
            let Endpoint: String?
            let UseGlobalEndpoint: Bool?
        }

        struct Scheme: Decodable {
            let signingRegion: String?
        }

        struct Properties: Decodable {
            let authSchemes: [Scheme]
        }

        struct Wanted: Decodable {
            let url: String
            let properties: Properties?
        }

        struct Expectation: Decodable {
            let endpoint: Wanted?
        }

        struct Case: Decodable {
            let params: Parameters?
            let expect: Expectation
        }

        let testCases: [Case]
    }

    private struct Configured: Decodable {
        struct Output: Decodable {
            let endpointUrl: String?
        }

        struct Case: Decodable {
            let name: String
            let profile: String
            let client_config: String
            let environment: String
            let service: String
            let output: Output
        }

        struct Suite: Decodable {
            let profiles: [String: [String: String]]
            let services: [String: [String: [String: String]]]
            let environments: [String: [String: String]]
            let endpointUrlTests: [Case]
        }

        let testSuites: [Suite]
    }
}
