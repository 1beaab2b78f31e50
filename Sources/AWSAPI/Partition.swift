/// A part of AWS with accounts, endpoints and names of its own.
///
/// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
struct Partition: Sendable {
    /// As ARNs name it.
    let name: String
    /// What its regions begin with.
    let regionPrefixes: [String]
    /// The region that its global services sign for.
    let home: String
    let suffix: String
    /// `nil` where there are no dual-stack endpoints.
    let dualStackSuffix: String?
    /// IAM's hosts: plain, FIPS, dual stack, both.
    let iamHosts: [String]

    /// The partition of a region; unknown ones belong to the largest.
    static func of(_ region: String) -> Partition {
        all.first { partition in partition.regionPrefixes.contains { region.hasPrefix($0) } } ?? all[0]
    }

    func iam(fips: Bool, dualStack: Bool) -> String { iamHosts[(fips ? 1 : 0) + (dualStack ? 2 : 0)] }

    func sts(_ region: String, fips: Bool, dualStack: Bool) -> String {
        // The plain endpoints of GovCloud are FIPS endpoints.
        let label = fips && (name != "aws-us-gov" || dualStack) ? "sts-fips" : "sts"
        return "\(label).\(region).\(dualStack ? dualStackSuffix ?? suffix : suffix)"
    }

    /// The host of the console's sign-in, where it is known.
    ///
    /// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
    var signIn: String? { consoleDomain.map { "signin." + $0 } }

    /// The console's host, where it is known.
    var console: String? { consoleDomain.map { "console." + $0 } }

    private var consoleDomain: String? {
        switch name {
        case "aws": "aws.amazon.com"
        case "aws-cn": "amazonaws.cn"
        case "aws-us-gov": "amazonaws-us-gov.com"
        default: nil
        }
    }

    private init(
        _ name: String, _ regionPrefixes: [String], home: String, suffix: String, dualStackSuffix: String? = nil,
        iam: [String]
    ) {
        self.name = name
        self.regionPrefixes = regionPrefixes
        self.home = home
        self.suffix = suffix
        self.dualStackSuffix = dualStackSuffix
        iamHosts = iam
    }

    private static let all: [Partition] = [
        Partition(
            "aws", [], home: "us-east-1", suffix: "amazonaws.com", dualStackSuffix: "api.aws",
            iam: ["iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws", "iam-fips.global.api.aws"]),
        Partition(
            "aws-cn", ["cn-"], home: "cn-north-1", suffix: "amazonaws.com.cn",
            dualStackSuffix: "api.amazonwebservices.com.cn",
            iam: [
                "iam.cn-north-1.amazonaws.com.cn", "iam-fips.amazonaws.com.cn",
                "iam.global.api.amazonwebservices.com.cn", "iam-fips.api.amazonwebservices.com.cn",
            ]),
        Partition(
            "aws-us-gov", ["us-gov-"], home: "us-gov-west-1", suffix: "amazonaws.com", dualStackSuffix: "api.aws",
            iam: ["iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws", "iam.us-gov.api.aws"]),
        Partition(
            "aws-eusc", ["eusc-"], home: "eusc-de-east-1", suffix: "amazonaws.eu",
            iam: ["iam.eusc-de-east-1.amazonaws.eu", "iam-fips.amazonaws.eu"]),
        Partition(
            "aws-iso", ["us-iso-"], home: "us-iso-east-1", suffix: "c2s.ic.gov",
            iam: ["iam.us-iso-east-1.c2s.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov"]),
        Partition(
            "aws-iso-b", ["us-isob-"], home: "us-isob-east-1", suffix: "sc2s.sgov.gov",
            iam: ["iam.us-isob-east-1.sc2s.sgov.gov", "iam-fips.us-isob-east-1.sc2s.sgov.gov"]),
        Partition(
            "aws-iso-e", ["eu-isoe-"], home: "eu-isoe-west-1", suffix: "cloud.adc-e.uk",
            iam: ["iam.eu-isoe-west-1.cloud.adc-e.uk", "iam-fips.cloud.adc-e.uk"]),
        Partition(
            "aws-iso-f", ["us-isof-"], home: "us-isof-south-1", suffix: "csp.hci.ic.gov",
            iam: ["iam.us-isof-south-1.csp.hci.ic.gov", "iam-fips.csp.hci.ic.gov"]),
    ]
}
