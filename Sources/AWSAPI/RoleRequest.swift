/// A device for multi-factor authentication, and what it shows.
public struct MFACode: Sendable {
    /// The device's ARN or serial number.
    public let serialNumber: String
    /// Six digits.
    public let code: String

    /// What a person read off.
    public init(serialNumber: String, code: String) {
        self.serialNumber = serialNumber
        self.code = code
    }

    var parameters: [(name: String, value: String)] { [("SerialNumber", serialNumber), ("TokenCode", code)] }
}

/// A tag of a session, which policies can look at.
public struct SessionTag: Equatable, Sendable {
    /// Its name.
    public let key: String
    /// Its value.
    public let value: String

    /// A tag.
    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// A role, and how it is to be assumed.
///
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
public struct RoleRequest: Equatable, Sendable {
    /// The role's ARN.
    public var arn: String
    /// The session's name, as CloudTrail and the role's owner see it: 2 to 64 of `\w+=,.@-`.
    public var sessionName: String
    /// What the role's owner demands of third parties.
    public var externalID: String?
    /// 900 to 43,200 seconds; `nil` stands for STS's own, which is an hour.
    public var duration: Int?
    /// A policy in JSON that the session's permissions are cut down to.
    public var policy: String?
    /// ARNs of managed policies that the session's permissions are cut down to.
    public var policyARNs: [String]
    /// The session's tags.
    public var tags: [SessionTag]
    /// The tags that go on to roles assumed with the session.
    public var transitiveTagKeys: [String]
    /// Who acts, kept through all roles that follow.
    public var sourceIdentity: String?

    /// A role.
    public init(
        arn: String, sessionName: String, externalID: String? = nil, duration: Int? = nil, policy: String? = nil,
        policyARNs: [String] = [], tags: [SessionTag] = [], transitiveTagKeys: [String] = [],
        sourceIdentity: String? = nil
    ) {
        self.arn = arn
        self.sessionName = sessionName
        self.externalID = externalID
        self.duration = duration
        self.policy = policy
        self.policyARNs = policyARNs
        self.tags = tags
        self.transitiveTagKeys = transitiveTagKeys
        self.sourceIdentity = sourceIdentity
    }
}

extension RoleRequest {
    /// What every way to a role takes.
    var parameters: [(name: String, value: String)] {
        var all = [(name: "RoleArn", value: arn), (name: "RoleSessionName", value: sessionName)]
        if let duration { all.append(("DurationSeconds", String(duration))) }
        if let policy { all.append(("Policy", policy)) }
        for (index, arn) in policyARNs.enumerated() { all.append(("PolicyArns.member.\(index + 1).arn", arn)) }
        return all
    }

    /// What only `AssumeRole` takes.
    var trustParameters: [(name: String, value: String)] {
        var all: [(name: String, value: String)] = []
        if let externalID { all.append(("ExternalId", externalID)) }
        for (index, tag) in tags.enumerated() {
            all.append(("Tags.member.\(index + 1).Key", tag.key))
            all.append(("Tags.member.\(index + 1).Value", tag.value))
        }
        for (index, key) in transitiveTagKeys.enumerated() {
            all.append(("TransitiveTagKeys.member.\(index + 1)", key))
        }
        if let sourceIdentity { all.append(("SourceIdentity", sourceIdentity)) }
        return all
    }
}
