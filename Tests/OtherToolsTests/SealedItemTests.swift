import AWSAPI
import Sealing
import TestSupport
import Testing

@testable import OtherTools

@Suite("Sealed items")
struct SealedItemTests {
    private static let passphrase = "a passphrase EXAMPLE"
    /// Made by jwcrypto 1.5 of an item of the user `dev`, with the documented example key.
    private static let item = """
        eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJjcmVhdGVkIjoiMjAyNi0xMS0yOSAxMDowMDowMCArMDAwMCBVVEMiLCJlbmMi\
        OiJBMjU2R0NNIiwicDJjIjo4MTkyLCJwMnMiOiJ5V3VoT0s5WWhZMVJwbGxRQ2dZOTlRIn0.oLDnZ6TxEyHNDWGbpZl5vhJEIjws\
        9mjYzEZIj5WhHNLHSRRrdgTmIg.TSU8_dc8WNPOMzCG.xj1tE27bf9RPNcxNwPzXLfZDp9mlKsoSE61Lp3-\
        AL8nrrHATwlumD1lIa7jC8638Sd2ukx_pP6XEp0ztR23Ct-\
        z1AxDqzq8QTbq_CozKu1oBj9zeKTKxTw9D0rNYisurxRlus0OtJldRjfuqZJMziXbYtyBt08C7BOR6pxMRJKwuU7-\
        NU4pC_PB3Ra2gCNdFgLItqpWvN9s8QiXe6w-\
        QJxLV6WZ40072ra_8Igr9bFWgw0JPFRFru5lX0TdmrPp8gTdoUyEqaw1PFYZGtEuvNWeH5BYiN_B71I7V7SeGWy4T6BD8rdEGycU\
        mkmFPOLwQV6Fk8rJI3lIvy3yJlf9bytJOS8SVonpHqcI7fzhBRbKBPmejqj3V5-\
        eil9Ml5SAruTp0twzDxX7iplI_1xdhgAWMrSZtHm8JmWAsgUZrrmt7b6v0ta3QeUBxf5c3Y6w4RVOWviicT66wQ4PVSBAnyKFB5t\
        he4LOVR5lqr0-G3OHwf3lITQDI89UweOv23KQ1NyUONV-TAG1fUY0.A5pS0dC8Eg_vZAQla6cbMw
        """

    @Test("RFC 7517, appendix C: the key of a passphrase, and what is wrapped with it")
    func appendixC() throws {
        guard let salt = Base64.urlSafe.bytes(in: Array("2WCTcJZ1Rvd_CJuJripQ1w".utf8).span),
            let key = Gcrypt.key(
                from: SecretBytes(text: "Thus from my lips, by yours, my sin is purged."),
                salt: Array("PBES2-HS256+A128KW".utf8) + [0] + salt, iterations: 4096, size: 16),
            let wrapped = Base64.urlSafe.bytes(
                in: Array("TrqXOwuNUfDV9VPTNbyGvEJ9JMjefAVn-TR1uIxR9p6hsRQh9Tk7BA".utf8).span),
            let content = Gcrypt.unwrap(wrapped, with: key)
        else {
            Issue.record("it can't be unwrapped")
            return
        }
        #expect(key.array() == [110, 171, 169, 92, 129, 92, 109, 117, 233, 242, 116, 233, 170, 14, 24, 75])
        #expect(
            content.array() == [
                111, 27, 25, 52, 66, 29, 20, 78, 92, 176, 56, 240, 65, 208, 82, 112, 161, 131, 36, 55, 202, 236, 185,
                172, 129, 23, 153, 194, 195, 48, 253, 182,
            ])
        switch Gcrypt.unwrap(wrapped.map { $0 ^ 1 }, with: key) {
        case .some: Issue.record("what was altered is unwrapped")
        case nil: break
        }
    }

    @Test("an item that another library sealed is opened, and its key read")
    func open() throws {
        let item = try SealedItem(SecretBytes(text: Self.item))
        guard let plain = try item.open(with: SecretBytes(text: Self.passphrase)) else {
            Issue.record("it isn't opened")
            return
        }
        let key = try #require(try OtherKey("dev", item: plain))
        #expect(key.accessKeyID == "AKIAIOSFODNN7EXAMPLE")
        #expect(key.secretAccessKey.text() == "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        for wrong in ["another EXAMPLE", ""] {
            let isOpened = item.opens(with: SecretBytes(text: wrong))
            #expect(!isOpened)
        }
    }

    @Test("a character changed anywhere is noticed")
    func changed() throws {
        let text = Array(Self.item.utf8)
        for index in text.indices where index % 7 == 0 || text[index] == UInt8(ascii: ".") {
            var changed = text
            changed[index] = text[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            var isOpened = false
            do throws(ItemProblem) {
                let item = try SealedItem(SecretBytes(copying: changed.span))
                switch try item.open(with: SecretBytes(text: Self.passphrase)) {
                case .some: isOpened = true
                case nil: break
                }
            } catch {
                isOpened = false
            }
            #expect(!isOpened, "changed at \(index)")
        }
    }

    private static let header = [
        "alg": "\"PBES2-HS256+A128KW\"", "enc": "\"A256GCM\"", "p2c": "8192", "p2s": "\"AAAA\"",
    ]

    /// An item with sizes that are right.
    private static func item(
        _ changes: [String: String] = [:], sizes: (key: Int, nonce: Int, content: Int, tag: Int) = (40, 12, 9, 16)
    ) -> String {
        let members = header.merging(changes) { $1 }.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }
        let head = "{" + members.joined(separator: ",") + "}"
        let parts =
            [Array(head.utf8)]
            + [sizes.key, sizes.nonce, sizes.content, sizes.tag].map { [UInt8](repeating: 7, count: $0) }
        return parts.map { Base64.urlSafe.text(of: $0.span) }.joined(separator: ".")
    }

    @Test(
        "what isn't sealed as these tools seal is refused before anything is run",
        arguments: [
            ("", .notAnItem), ("{}", .notAnItem), ("a.b.c.d", .notAnItem), ("!.AAAA.AAAA.AAAA.AAAA", .notAnItem),
            ("AAAA.AAAA.AAAA.AAAA.AAAA", .notAnItem), (item() + ".", .notAnItem), (item() + "=", .notAnItem),
            (item(["alg": "\"dir\""]), .otherSealing), (item(["alg": "1"]), .otherSealing),
            (item(["alg": "\"PBES2-HS512+A256KW\""]), .otherSealing), (item(["enc": "\"A128GCM\""]), .otherSealing),
            (item(["zip": "\"DEF\""]), .otherSealing), (item(["crit": "[\"x\"]"]), .otherSealing),
            (item(["p2c": "0"]), .notAnItem), (item(["p2c": "-1"]), .notAnItem), (item(["p2c": "\"1\""]), .notAnItem),
            (item(["p2c": "1300001"]), .tooManyIterations(1_300_001)), (item(["p2s": "\"=\""]), .notAnItem),
            (item(["p2s": "1"]), .notAnItem), (item(sizes: (39, 12, 9, 16)), .notAnItem),
            (item(sizes: (40, 16, 9, 16)), .notAnItem), (item(sizes: (40, 12, 0, 16)), .notAnItem),
            (item(sizes: (40, 12, 9, 12)), .notAnItem),
        ] as [(String, ItemProblem)])
    func refused(text: String, expected: ItemProblem) {
        #expect(throws: expected) { try SealedItem(SecretBytes(text: text)) }
    }

    @Test("with the right passphrase, what was altered is told from what another one opens")
    func altered() throws {
        var parts = Self.item.split(separator: ".").map(String.init)
        parts[4] = String(parts[4].reversed())
        let item = try SealedItem(SecretBytes(text: parts.joined(separator: ".")))
        #expect(throws: ItemProblem.altered) { _ = try item.open(with: SecretBytes(text: Self.passphrase)) }
        let isOpened = item.opens(with: SecretBytes(text: Self.passphrase))
        #expect(isOpened)
    }

    @Test(
        "an item without a key is refused",
        arguments: [
            "", "[]", "{}", #"{"Data":1}"#, #"{"Data":"?"}"#, data("[]"),
            data(#"{"AccessKeyID":"AKIAIOSFODNN7EXAMPLE"}"#),
            key(secret: ""), key(secret: "a b"), key(id: #"dev\n"#),
        ])
    func noKey(item: String) {
        #expect(throws: ItemProblem.notAKey) { try OtherKey("dev", item: SecretBytes(text: item)) }
    }

    @Test("one with temporary credentials gives none", arguments: [key(id: "ASIA7EXAMPLE7EXAMPLE"), key(token: "x")])
    func temporary(item: String) throws {
        let key = try OtherKey("dev", item: SecretBytes(text: item))
        #expect(key == nil)
        var keys = OtherKeys(.file)
        try keys.add("dev", SecretBytes(text: item))
        try keys.add("cli", SecretBytes(text: Self.key()))
        #expect(keys.temporary == 1 && keys.keys.map(\.profile) == ["cli"])
    }

    private static let exampleID = "AKIAIOSFODNN7EXAMPLE"

    private static func key(id: String = exampleID, secret: String = "EXAMPLE", token: String = "") -> String {
        data(#"{"AccessKeyID":"\#(id)","SecretAccessKey":"\#(secret)","SessionToken":"\#(token)"}"#)
    }

    private static func data(_ text: String) -> String {
        "{\"Key\":\"dev\",\"Data\":\"\(Base64.standard.text(of: Array(text.utf8).span))\"}"
    }

    @Test("a key may be given to another profile")
    func renamed() {
        let key = OtherKey("dev", accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: SecretBytes(text: "EXAMPLE"))
        let other = key.renamed("cli")
        #expect(other.profile == "cli" && other.accessKeyID == key.accessKeyID)
        #expect(other.secretAccessKey.text() == "EXAMPLE")
    }
}
