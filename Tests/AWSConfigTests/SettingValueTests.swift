import AWSConfig
import Testing

@Suite("Settings that are no secret")
struct SettingValueTests {
    private static let text = """
        [profile dev]
        region = eu-west-1
        services = near
        [services near]
        s3 =
          endpoint_urls = http://wrong
          = no name
          endpoint_url = http://127.0.0.1:9000 # mine
        iam = http://beside
          endpoint_url =
        [services far]
        sts =
          endpoint_url=https://sts.example
        """

    private func value(_ read: (ConfigDocument, borrowing Span<UInt8>) -> String?) throws -> String? {
        let bytes = Self.text.utf8.span
        return read(try ConfigDocument(reading: bytes, as: .config), bytes)
    }

    @Test(
        "are those of the profile that is asked for",
        arguments: [
            ("region", "dev", "eu-west-1"), ("services", "dev", "near"), ("output", "dev", nil), ("region", "ops", nil),
        ])
    func ofProfile(name: String, profile: String, expected: String?) throws {
        #expect(try value { document, bytes in document.setting(name, of: profile, in: bytes) } == expected)
    }

    @Test(
        "of a service stand below its name, in the section of that name",
        arguments: [
            ("s3", "near", "http://127.0.0.1:9000"), ("sts", "far", "https://sts.example"), ("sts", "near", nil),
            ("s3", "nowhere", nil), ("iam", "near", nil),
        ])
    func ofService(service: String, services: String, expected: String?) throws {
        let found = try value { document, bytes in
            document.setting("endpoint_url", of: service, inServices: services, in: bytes)
        }
        #expect(found == expected)
    }
}
