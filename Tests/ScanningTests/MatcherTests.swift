import Scanning
import Sealing
import TestSupport
import Testing

private let id = "AKIAEXAMPLE5WVX7CL2D"
private let secret = "exampleWq/3mNc7pLx+0bYdHs5JgFe2RuA9iOw4Q"

@Suite("The matcher")
struct MatcherTests {
    private func found(_ text: String, known: Set<String> = []) -> [String] {
        let bytes = SecretBytes(text: text)
        let matches = bytes.withBytes { Matcher(known: known).matches(in: $0) }
        return matches.map { match in
            let piece = bytes.withBytes { String(decoding: $0.extracting(match.range).array(), as: UTF8.self) }
            return match.kind.rawValue + ":" + piece + (match.isExample ? ":example" : "")
        }
    }

    private let theID = "access-key-id:" + id
    private let theSecret = "secret-access-key:" + secret

    @Test(
        "finds ids by their shape",
        arguments: [
            id, "key=\(id)", "\"\(id)\"", "_\(id)_", "AWSAccessKeyId=\(id)&Expires=1", "x%3D\(id)%2F20260101",
            "\\n\(id)\\n",
            "(\(id)).", "é\(id)é",
        ])
    func ids(text: String) { #expect(found(text) == [theID]) }

    @Test(
        "finds no ids in what has another shape",
        arguments: [
            "AKIA", "A" + id, "x" + id, "9" + id, id + "A", id + "a", id + "9", String(id.dropLast()), id.lowercased(),
            "AKIA1234567890ABCDEF", "AIDAEXAMPLE5WVX7CL2D", "IA", "AKI", "KIAEXAMPLE5WVX7CL2D", "",
        ])
    func noIDs(text: String) { #expect(found(text) == []) }

    @Test("tells the id of a session's key") func temporary() {
        #expect(found("ASIAEXAMPLE5WVX7CL2D") == ["temporary-access-key-id:ASIAEXAMPLE5WVX7CL2D"])
    }

    @Test("takes documented and made-up ids for examples", arguments: [exampleID, otherID, "AKIAXXXXXXXXXXXXXXXX"])
    func examples(id: String) { #expect(found(id) == ["access-key-id:\(id):example"]) }

    @Test("takes no known id for an example, whatever its shape", arguments: [exampleID, "AKIA000000001EXAMPLE"])
    func known(id: String) { #expect(found("see \(id)", known: [id]) == ["access-key-id:\(id)"]) }

    @Test(
        "finds secrets behind their name",
        arguments: [
            "aws_secret_access_key = \(secret)", "AWS_SECRET_ACCESS_KEY=\(secret)",
            "\"SecretAccessKey\": \"\(secret)\"",
            "secretAccessKey: '\(secret)'", "<SecretAccessKey>\(secret)</SecretAccessKey>",
            "aws-secret-access-key \(secret)",
            "Secret access key\r\n\(secret)\r\n",
            "export AWS_SECRET_ACCESS_KEY=\"\(secret)\"", "--aws-secret-access-key=\(secret)",
            "secret.access.key=\(secret)",
            "\"source\": [\"aws_secret_access_key = \\\"\(secret)\\\"\\n\"]", "aws_secret_access_key%3D\(secret)%0A",
            "SecretAccessKey:\\n\(secret)\\n", "AWS_SECRET_KEY=\(secret)", "aws.secretKey=\(secret)",
            "secret_key = \"\(secret)\"",
        ])
    func secrets(text: String) { #expect(found(text) == [theSecret]) }

    @Test("finds a secret whose slash JSON escapes") func escapedSlash() {
        let escaped = secret.replacing("/", with: "\\/")
        #expect(found("{\"SecretAccessKey\":\"\(escaped)\"}") == ["secret-access-key:" + escaped])
    }

    @Test(
        "finds secrets a few lines from an id",
        arguments: ["\(id):\(secret)", "\(id)\n\(secret)\n", "a = \(id)\nb = x\nc = y\nd = z\ne = w\nf = \(secret)"])
    func besideIDs(text: String) { #expect(found(text) == [theID, theSecret]) }

    @Test("finds a secret before its id") func before() {
        #expect(found("secret_key = \(secret)\naccess_key = \(id)\n") == [theSecret, theID])
    }

    @Test(
        "doesn't take for secrets what stands alone or far away",
        arguments: [
            secret, "key = \(secret)", "aws_secret = \(secret)", "access_key = \(secret)", "secret access: \(secret)",
            "client_secret=\(secret)", "aws_secret_access_key\n\n\n\(secret)",
            "aws_secret_access_key" + String(repeating: " ", count: 300) + secret,
        ])
    func alone(text: String) { #expect(found(text) == []) }

    @Test("doesn't take for secrets what is six lines from an id") func farFromID() {
        #expect(found(id + "\n\n\n\n\n\n" + secret) == [theID])
        #expect(found(secret + "\n\n\n\n\n\n" + id) == [theID])
    }

    @Test(
        "doesn't take other things for secrets",
        arguments: [
            "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12",
            "Sources/AWSKeysCLI/Commands/ScanCommand2", "CustomOptionAsListWithSingleDefaultValue",
            "thisIsAnIdentifierOfFortyCharactersExactl",
            String(secret.dropLast()), secret + "a", secret + "=", "_" + secret, "-" + secret, secret + "-x",
            secret + ".swift",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "aAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaA",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "0123456789012345678901234567890123456789",
            "YOUR/SECRET/ACCESS/KEY/GOES/HERE/PLEASE/", "${AWS_SECRET_ACCESS_KEY}",
        ])
    func otherThings(text: String) {
        #expect(found("aws_secret_access_key = \(text)\n") == [])
        #expect(found("\(id) \(text)\n") == [theID])
    }

    @Test("takes the documented secrets for examples", arguments: [exampleSecret, otherSecret])
    func exampleSecrets(secret: String) {
        #expect(found("aws_secret_access_key=\(secret)") == ["secret-access-key:\(secret):example"])
    }

    @Test("finds nearly all secrets that are drawn, and nearly nothing in blobs without a name") func drawn() {
        var source = SeededGenerator(seed: 1)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var (missed, count) = (0, 2000)
        for _ in 0..<count where found("SecretAccessKey=" + source.text(40, of: alphabet)).isEmpty { missed += 1 }
        #expect(missed <= 6)
        for _ in 0..<count {
            let blob = source.text(400, of: alphabet)
            if !found("data:image/png;base64," + blob).isEmpty { count += 1 }
        }
        #expect(count == 2000)
    }

    // Seconds; many minutes if all that follows was looked at for each.
    @Test("takes a line of many ids in its stride", .timeLimit(.minutes(2))) func manyIDs() {
        let count = 500_000
        let line = Array(String(repeating: id + " ", count: count).utf8)
        #expect(Matcher().matches(in: line.span).count == count)
    }

    @Test("finds each key once, however many names are near") func once() {
        let text = "aws_secret_access_key aws_secret_access_key = \(secret) \(id) \(id)"
        #expect(found(text) == [theSecret, theID, theID])
    }
}
