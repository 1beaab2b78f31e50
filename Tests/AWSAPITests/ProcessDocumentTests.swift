import AWSAPI
import Sealing
import TestSupport
import Testing

@Suite("Documents of credential_process")
struct ProcessDocumentTests {
    /// What was read, for comparing.
    private struct Read: Equatable {
        var id = "ASIAIOSFODNN7EXAMPLE"
        var secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        var token = "token/EXAMPLE=="
        var expiration: Int? = 1_440_938_160
    }

    private static let valid =
        #"{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","#
        + #""SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY","#
        + #""SessionToken":"token/EXAMPLE==","Expiration":"2015-08-30T12:36:00Z"}"#

    private func read(_ document: borrowing SecretBytes) throws(ProcessDocumentError) -> Read {
        let found = try processCredentials(fromDocument: document)
        return Read(
            id: found.credentials.accessKeyID, secret: found.credentials.secretAccessKey.text(),
            token: found.credentials.sessionToken.text(), expiration: found.expiration)
    }

    private func failure(_ text: String) -> ProcessDocumentError? {
        problem { () throws(ProcessDocumentError) in _ = try read(SecretBytes(text: text)) }
    }

    /// The whole document with a member put otherwise.
    private func document(_ member: String, as text: String) -> String {
        Self.valid.replacing(member, with: text)
    }

    @Test("are read")
    func whole() throws {
        #expect(try read(SecretBytes(text: Self.valid)) == Read())
        #expect(try read(SecretBytes(text: " \r\n" + Self.valid.replacing(",", with: " ,\n\t") + "\n\n")) == Read())
        let more = document(#""Version":1"#, as: #""AccountId":"1","ExpiresIn":[{}],"Version":1"#)
        #expect(try read(SecretBytes(text: more)) == Read())
    }

    @Test(
        "may have no token and no end",
        arguments: [#","SessionToken":"token/EXAMPLE==""#, #""token/EXAMPLE==""#],
        [#","Expiration":"2015-08-30T12:36:00Z""#, #""2015-08-30T12:36:00Z""#])
    func longTerm(token: String, end: String) throws {
        func absent(_ member: String) -> String { member.hasPrefix(",") ? "" : "null" }
        let text = Self.valid.replacing(token, with: absent(token)).replacing(end, with: absent(end))
        #expect(try read(SecretBytes(text: text)) == Read(token: "", expiration: nil))
    }

    @Test("may have an empty token")
    func emptyToken() throws {
        #expect(try read(SecretBytes(text: document("token/EXAMPLE==", as: ""))) == Read(token: ""))
    }

    @Test("may have escapes in their texts")
    func escapes() throws {
        let text = document("token/EXAMPLE==", as: #"\u00e9\ud83d\ude00\"\\\/\n"#)
        #expect(try read(SecretBytes(text: text)) == Read(token: "é😀\"\\/\n"))
    }

    @Test(
        "that aren't one object in JSON hold nothing",
        arguments: [
            "", " ", "null", "1", "[]", "x", "<html/>", "{", "{}}", valid + valid, valid + "x", "[" + valid + "]",
            "\u{FEFF}" + valid, valid.replacing("\"", with: "'"), valid.replacing("}", with: ",}"),
            valid.replacing("}", with: #","Version":1}"#), valid.replacing("}", with: #","SecretAccessKey":"a"}"#),
            valid.replacing("EXAMPLE==", with: #"\u0000"#), valid.replacing("EXAMPLE==", with: #"\ud800"#),
            valid.replacing("EXAMPLE==", with: "\n"), valid.replacing("EXAMPLE==", with: "\0"),
            valid.replacing("1,", with: "99999999999999999999,"),
            String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 40_000),
        ])
    func notAnObject(text: String) { #expect(failure(text) == .notAnObject) }

    @Test("aren't large")
    func large() {
        let padding = (1 << 18) - Self.valid.utf8.count
        #expect(failure(Self.valid + String(repeating: " ", count: padding)) == nil)
        #expect(failure(Self.valid + String(repeating: " ", count: padding + 1)) == .notAnObject)
    }

    @Test("are UTF-8")
    func encoding() {
        let bytes = Array(Self.valid.utf8).map { $0 == UInt8(ascii: "/") ? 0xFF : $0 }
        let found = problem { () throws(ProcessDocumentError) in _ = try read(SecretBytes(copying: bytes.span)) }
        #expect(found == .notAnObject)
    }

    @Test(
        "of other versions aren't read",
        arguments: [
            #""Version":2"#, #""Version":"1""#, #""Version":1.0"#, #""Version":true"#, #""Version":null"#,
            #""version":1"#,
        ])
    func version(member: String) {
        #expect(failure(document(#""Version":1"#, as: member)) == .wrongVersion)
    }

    @Test("need an id and a secret", arguments: ["AccessKeyId", "SecretAccessKey"])
    func missing(name: String) {
        #expect(failure(document(name, as: "Other")) == .missing(name))
        let value = name == "AccessKeyId" ? "\"ASIAIOSFODNN7EXAMPLE\"" : "\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\""
        #expect(failure(document(value, as: "\"\"")) == .missing(name))
        #expect(failure(document(value, as: "null")) == .missing(name))
        for odd in ["1", "true", "[]", "{}", "[\"a\"]"] {
            #expect(failure(document(value, as: odd)) == .malformed(name))
        }
    }

    @Test("need texts for token and end", arguments: ["1", "false", "[]", "{}"])
    func malformed(odd: String) {
        #expect(failure(document("\"token/EXAMPLE==\"", as: odd)) == .malformed("SessionToken"))
        #expect(failure(document("\"2015-08-30T12:36:00Z\"", as: odd)) == .malformed("Expiration"))
    }

    @Test("need an end that is a time", arguments: ["", "soon", "2015-08-30T12:36:00", "1440938160"])
    func notATime(text: String) {
        let found = failure(document("2015-08-30T12:36:00Z", as: text))
        #expect(found == (text.isEmpty ? .missing("Expiration") : .malformed("Expiration")))
    }

    @Test("that are cut off or changed anywhere are read or refused")
    func mutations() {
        let whole = Array(Self.valid.utf8)
        for count in whole.indices {
            let start = whole[..<count]
            let found = problem { () throws(ProcessDocumentError) in
                _ = try read(SecretBytes(copying: Array(start).span))
            }
            #expect(found == .notAnObject)
        }
        var generator = SeededGenerator(seed: 1)
        var (good, bad) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(#"{}[]",:\u0"#.utf8.randomElement(using: &generator) ?? 0, at: index)
                }
            }
            let found = problem { () throws(ProcessDocumentError) in
                let read = try read(SecretBytes(copying: bytes.span))
                #expect(!read.id.isEmpty && !read.secret.isEmpty)
            }
            if found == nil { good += 1 } else { bad += 1 }
        }
        #expect(good > 1000 && bad > 1000)
    }
}
