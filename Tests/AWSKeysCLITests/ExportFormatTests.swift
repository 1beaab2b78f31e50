import Foundation
import CredentialProcess
import Sealing
import TestSupport
import Testing

@testable import AWSKeysCLI

@Suite("Keys as they are exported")
struct ExportFormatTests {
    private func text(_ format: ExportFormat, secret: String = exampleSecret) -> String {
        let key = ProfileCredentials(accessKeyID: exampleID, secretAccessKey: SecretBytes(text: secret))
        return format.text(of: key).text()
    }

    @Test("each format is written as the AWS CLI writes it")
    func formats() {
        let (id, secret) = (exampleID, exampleSecret)
        #expect(text(.env) == "export AWS_ACCESS_KEY_ID='\(id)'\nexport AWS_SECRET_ACCESS_KEY='\(secret)'\n")
        #expect(text(.envNoExport) == "AWS_ACCESS_KEY_ID=\(id)\nAWS_SECRET_ACCESS_KEY=\(secret)\n")
        #expect(text(.fish) == "set -gx AWS_ACCESS_KEY_ID '\(id)'\nset -gx AWS_SECRET_ACCESS_KEY '\(secret)'\n")
        #expect(text(.powershell) == "$Env:AWS_ACCESS_KEY_ID='\(id)'\n$Env:AWS_SECRET_ACCESS_KEY='\(secret)'\n")
        #expect(text(.windowsCmd) == "set AWS_ACCESS_KEY_ID=\(id)\nset AWS_SECRET_ACCESS_KEY=\(secret)\n")
        #expect(text(.json) == "{\"AccessKeyId\":\"\(id)\",\"SecretAccessKey\":\"\(secret)\"}\n")
    }

    @Test("JSON gives back any secret")
    func json() throws {
        let secret = "a\"b\\c'd/e"
        let object = try JSONSerialization.jsonObject(with: Data(text(.json, secret: secret).utf8))
        #expect((object as? [String: String]) == ["AccessKeyId": exampleID, "SecretAccessKey": secret])
    }

    @Test(
        "a shell that reads the export has the very secret",
        arguments: ["a'b\"c$d`e\\f", "'", "!x;y&z|#", exampleSecret])
    func shell(secret: String) throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", text(.env, secret: secret) + "printf %s \"$AWS_SECRET_ACCESS_KEY\""]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        shell.waitUntilExit()
        #expect(String(decoding: printed, as: UTF8.self) == secret)
    }

    @Test("quotes end no string in fish and PowerShell")
    func quotes() {
        #expect(text(.fish, secret: "a'b\\").contains("'a\\'b\\\\'"))
        #expect(text(.powershell, secret: "a'b\\").contains("'a''b\\'"))
    }
}
