import AWSAPI
import Testing

@Suite struct AccountIDTests {
    @Test(
        "An access key id names its account",
        arguments: [
            ("ASIAQNZGKIQY56JQ7WML", "029608264753"), ("AKIAAAAAAAAAAAAAAAAA", "000000000000"),
            ("AKIAQAAAAAAAAAAAAAAA", "000000000000"), ("AKIAAAAAAAAAQEXAMPLE", "000000000001"),
        ])
    func named(id: String, account: String) { #expect(accountID(ofAccessKey: id) == account) }

    @Test(
        "Ids of older keys and of other shapes name none",
        arguments: [
            "AKIAIOSFODNN7EXAMPLE", "AKIAJOSFODNN7EXAMPLE", "", "AKIA", "AKIAQNZGKIQY56JQ7WM", "AKIAQNZGKIQY56JQ7WMLA",
            "AKIAQNZGKIQY56JQ7wml", "AKIAQNZGKIQY56JQ7W1L", "ASIA777777777777777E",
        ])
    func unnamed(id: String) { #expect(accountID(ofAccessKey: id) == nil) }
}
