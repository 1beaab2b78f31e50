import Sealing
import TestSupport
import Testing

@testable import AWSAPI

@Suite("Calls")
struct CallTests {
    /// A listed key in XML.
    private func member(_ id: String, _ status: String, created: String = "2015-08-30T12:36:00Z") -> String {
        "<member><UserName>Bob</UserName><AccessKeyId>\(id)</AccessKeyId><Status>\(status)</Status>"
            + "<CreateDate>\(created)</CreateDate></member>"
    }

    @Test("make a key")
    func createAccessKey() throws {
        let service = ScriptedService([
            .result(
                of: "CreateAccessKey",
                "<AccessKey><UserName>Bob</UserName><AccessKeyId>\(otherID)</AccessKeyId><Status>Active</Status>"
                    + "<SecretAccessKey>\(otherSecret)</SecretAccessKey></AccessKey>")
        ])
        let made = try service.client().createAccessKey(of: "Bob", with: longTermKey())
        #expect(made.accessKeyID == otherID)
        let (secret, isTemporary) = (made.secretAccessKey.text(), made.sessionToken.count > 0)
        #expect(secret == otherSecret)
        #expect(!isTemporary)
        #expect(service.forms == ["Action=CreateAccessKey&Version=2010-05-08&UserName=Bob"])
        #expect(service.sent.first?.url == "https://iam.amazonaws.com/")
    }

    @Test("list keys, page by page")
    func listAccessKeys() throws {
        let service = ScriptedService([
            .result(
                of: "ListAccessKeys",
                "<IsTruncated>true</IsTruncated><Marker>a+/=b</Marker><AccessKeyMetadata>"
                    + member(exampleID, "Active") + "</AccessKeyMetadata>"),
            .refusal("Throttling", status: 400),
            .result(
                of: "ListAccessKeys",
                "<AccessKeyMetadata>" + member(otherID, "Inactive", created: "2015-08-30T12:36:00.123Z")
                    + "</AccessKeyMetadata><Marker>not asked for</Marker><IsTruncated>false</IsTruncated>"),
        ])
        #expect(
            try service.client().listAccessKeys(of: "Bob", with: longTermKey()) == [
                ListedKey(id: exampleID, isActive: true, created: ScriptedService.start),
                ListedKey(id: otherID, isActive: false, created: ScriptedService.start),
            ])
        let form = "Action=ListAccessKeys&Version=2010-05-08&UserName=Bob"
        #expect(service.forms == [form, form + "&Marker=a%2B%2F%3Db", form + "&Marker=a%2B%2F%3Db"])
    }

    @Test("list no keys without an end")
    func endless() throws {
        let page = "<IsTruncated>true</IsTruncated><Marker>on</Marker><AccessKeyMetadata/>"
        let service = ScriptedService(Array(repeating: .result(of: "ListAccessKeys", page), count: 11))
        let client = try service.client()
        let failure = problem { () throws(AWSError) in _ = try client.listAccessKeys(of: "Bob", with: longTermKey()) }
        #expect(failure == .garbled(status: 200))
        #expect(service.forms.count == 10)
    }

    @Test("take no new key whose id is none")
    func oddID() throws {
        for id in ["", "AKIA EXAMPLE", String(repeating: "A", count: 129), "AKIÄ"] {
            let content = "<AccessKey><AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>x</SecretAccessKey></AccessKey>"
            let client = try ScriptedService([.result(of: "CreateAccessKey", content)]).client()
            let failure = problem { () throws(AWSError) in
                _ = try client.createAccessKey(of: "Bob", with: longTermKey())
            }
            #expect(failure == .garbled(status: 200), "\(id)")
        }
    }

    @Test("list no keys only if the answer says that there are none")
    func noKeys() throws {
        let none = ScriptedService([
            .result(of: "ListAccessKeys", "<AccessKeyMetadata/><IsTruncated>false</IsTruncated>")
        ])
        #expect(try none.client().listAccessKeys(of: "Bob", with: longTermKey()).isEmpty)
        let truncated = "<AccessKeyMetadata/><IsTruncated>true</IsTruncated>"
        for content in ["", "<AccessKeyMetadata><member/></AccessKeyMetadata>", truncated] {
            let client = try ScriptedService([.result(of: "ListAccessKeys", content)]).client()
            let failure = problem { () throws(AWSError) in _ = try client.listAccessKeys(of: "Bob", with: longTermKey())
            }
            #expect(failure == .garbled(status: 200), "\(content)")
        }
    }

    @Test("let a key be used, or not", arguments: [(true, "Active"), (false, "Inactive")])
    func setAccessKey(isActive: Bool, status: String) throws {
        let service = ScriptedService([.reply("<UpdateAccessKeyResponse/>")])
        try service.client().setAccessKey(otherID, of: "Bob", isActive: isActive, with: longTermKey())
        let form = "Action=UpdateAccessKey&Version=2010-05-08&UserName=Bob&AccessKeyId=\(otherID)&Status=\(status)"
        #expect(service.forms == [form])
        #expect(service.sent.first?.url == "https://iam.amazonaws.com/")
    }

    @Test("delete a key, and say if there is none")
    func deleteAccessKey() throws {
        let service = ScriptedService([
            .reply("<DeleteAccessKeyResponse/>"), .refusal("NoSuchEntity", status: 404),
            .refusal("AccessDenied", status: 403),
        ])
        let client = try service.client()
        try client.deleteAccessKey(otherID, of: "Bob", with: longTermKey())
        let missing = problem { () throws(AWSError) in
            try client.deleteAccessKey(otherID, of: "Bob", with: longTermKey())
        }
        #expect(missing?.code == "NoSuchEntity")
        let failure = problem { () throws(AWSError) in
            try client.deleteAccessKey(otherID, of: "Bob", with: longTermKey())
        }
        #expect(failure?.isAccessDenied == true)
        let form = "Action=DeleteAccessKey&Version=2010-05-08&UserName=Bob&AccessKeyId=\(otherID)"
        #expect(service.forms == [form, form, form])
    }

    @Test("tell when a key was used last")
    func lastUse() throws {
        let service = ScriptedService([
            .result(
                of: "GetAccessKeyLastUsed",
                "<UserName>Bob</UserName><AccessKeyLastUsed><LastUsedDate>2015-08-30T12:36:00Z</LastUsedDate>"
                    + "<ServiceName>s3</ServiceName><Region>eu-west-1</Region></AccessKeyLastUsed>")
        ])
        let use = try service.client().lastUse(of: otherID, with: longTermKey())
        #expect(use == KeyUse(time: ScriptedService.start, service: "s3", region: "eu-west-1"))
        #expect(service.forms == ["Action=GetAccessKeyLastUsed&Version=2010-05-08&AccessKeyId=\(otherID)"])
    }

    @Test(
        "tell of no use where IAM knows of none",
        arguments: ["", "<LastUsedDate>N/A</LastUsedDate>", "<LastUsedDate/>"])
    func unused(date: String) throws {
        let content = "<AccessKeyLastUsed>\(date)<ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>"
        let service = ScriptedService([.result(of: "GetAccessKeyLastUsed", content)])
        #expect(try service.client().lastUse(of: otherID, with: longTermKey()) == nil)
    }

    @Test(
        "don't take for unused what IAM says nothing clear about",
        arguments: ["", "<AccessKeyLastUsed><LastUsedDate>yesterday</LastUsedDate></AccessKeyLastUsed>"])
    func unclearUse(content: String) throws {
        let client = try ScriptedService([.result(of: "GetAccessKeyLastUsed", content)]).client()
        let failure = problem { () throws(AWSError) in _ = try client.lastUse(of: otherID, with: longTermKey()) }
        #expect(failure == .garbled(status: 200))
    }

    @Test("tell the caller's ARN, as IAM and as STS have it")
    func caller() throws {
        let user = "<User><UserName>Bob</UserName><Arn>arn:aws:iam::123456789012:user/Bob</Arn></User>"
        let service = ScriptedService([.result(of: "GetUser", user), .identity])
        let client = try service.client()
        #expect(try client.userARN(with: longTermKey()) == "arn:aws:iam::123456789012:user/Bob")
        let identity = CallerIdentity(account: "123456789012", arn: "arn:aws:iam::123456789012:user/Bob")
        #expect(try client.callerIdentity(with: longTermKey()) == identity)
        #expect(
            service.forms == ["Action=GetUser&Version=2010-05-08", "Action=GetCallerIdentity&Version=2011-06-15"])
        #expect(service.sent.map(\.url) == ["https://iam.amazonaws.com/", "https://sts.eu-west-1.amazonaws.com/"])
    }

    @Test("begin a session")
    func sessionToken() throws {
        let service = ScriptedService([
            .result(
                of: "GetSessionToken",
                "<Credentials><SessionToken>token/EXAMPLE==</SessionToken><SecretAccessKey>\(otherSecret)"
                    + "</SecretAccessKey><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>"
                    + "<Expiration>2015-08-30T13:36:00Z</Expiration></Credentials>")
        ])
        let session = try service.client().sessionToken(
            mfa: MFACode(serialNumber: "arn:aws:iam::123456789012:mfa/Bob", code: "012345"), duration: 3600,
            with: longTermKey())
        #expect(session.expiration == ScriptedService.start + 3600)
        let made = session.credentials.copy()
        #expect(made.accessKeyID == "ASIAIOSFODNN7EXAMPLE")
        let (secret, token, isTemporary) = (
            made.secretAccessKey.text(), made.sessionToken.text(), made.sessionToken.count > 0
        )
        #expect(secret == otherSecret)
        #expect(token == "token/EXAMPLE==")
        #expect(isTemporary)
        let form =
            "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=3600"
            + "&SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2FBob&TokenCode=012345"
        #expect(service.forms == [form])
        #expect(service.sent.first?.url == "https://sts.eu-west-1.amazonaws.com/")
    }

    @Test(
        "begin a session only with all of its credentials and its end",
        arguments: ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"], ["", "<%/>", "<%>soon</%>"])
    func incompleteSession(odd: String, content: String) throws {
        guard odd == "Expiration" || !content.contains("soon") else { return }
        let whole =
            ["AccessKeyId", "SecretAccessKey", "SessionToken"].map { "<\($0)>EXAMPLE</\($0)>" }
            + ["<Expiration>2015-08-30T13:36:00Z</Expiration>"]
        let parts = whole.map { $0.hasPrefix("<\(odd)>") ? content.replacing("%", with: odd) : $0 }
        for action in ["GetSessionToken", "AssumeRole", "AssumeRoleWithWebIdentity"] {
            let answer = "<Credentials>\(parts.joined())</Credentials>"
            let client = try ScriptedService([.result(of: action, answer)]).client()
            let role = RoleRequest(arn: "arn:aws:iam::123456789012:role/demo", sessionName: "Bob")
            let failure = problem { () throws(AWSError) in
                switch action {
                case "GetSessionToken": _ = try client.sessionToken(mfa: nil, duration: 900, with: longTermKey())
                case "AssumeRole": _ = try client.assumeRole(role, mfa: nil, with: longTermKey())
                default: _ = try client.assumeRole(role, webIdentityToken: SecretBytes(text: "token"))
                }
            }
            #expect(failure == .garbled(status: 200), "\(action)")
        }
    }
}
