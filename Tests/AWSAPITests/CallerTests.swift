import AWSAPI
import Testing

@Suite("Callers")
struct CallerTests {
    @Test(
        "that are users have a name, without their path",
        arguments: [
            ("arn:aws:iam::123456789012:user/JohnDoe", "JohnDoe"),
            ("arn:aws:iam::123456789012:user/division_abc/subdivision_xyz/JaneDoe", "JaneDoe"),
            ("arn:aws:iam::123456789012:user/odd:path/root", "root"),
            ("arn:aws:iam::123456789012:user/a+b=c,d.e@f_g-h", "a+b=c,d.e@f_g-h"),
            ("arn:aws-us-gov:iam::123456789012:user/JohnDoe", "JohnDoe"),
            ("arn:aws-cn:iam::123456789012:user/path/JohnDoe", "JohnDoe"),
        ])
    func users(arn: String, name: String) {
        let identity = CallerIdentity(account: "123456789012", arn: arn)
        #expect(identity.userName == name)
        #expect(!identity.isRoot)
    }

    @Test(
        "that are no users have none",
        arguments: [
            "arn:aws:sts::123456789012:assumed-role/Accounting-Role/user", "arn:aws:iam::123456789012:role/user/x",
            "arn:aws:sts::123456789012:assumed-role/user/root", "arn:aws:sts::123456789012:federated-user/Bob",
            "arn:aws-cn:sts::123456789012:assumed-role/JohnDoe/JohnDoe", "arn:aws:sts::123456789012:user/Bob", "",
        ])
    func others(arn: String) {
        let identity = CallerIdentity(account: "123456789012", arn: arn)
        #expect(identity.userName == nil)
        #expect(!identity.isRoot)
    }

    @Test("may be root, in every partition", arguments: ["aws", "aws-cn", "aws-us-gov"])
    func root(partition: String) {
        let identity = CallerIdentity(account: "123456789012", arn: "arn:\(partition):iam::123456789012:root")
        #expect(identity.isRoot)
        #expect(identity.userName == nil)
    }
}
