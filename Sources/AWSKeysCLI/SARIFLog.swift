import ArgumentParser
import Scanning

/// A scan's findings as SARIF 2.1.0 has them
/// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
struct SARIFLog: Encodable {
    let schema = "https://json.schemastore.org/sarif-2.1.0.json"
    let version = "2.1.0"
    let runs: [Run]

    enum CodingKeys: String, CodingKey {
        case version, runs
        case schema = "$schema"
    }

    init(_ report: ScanReport) { runs = [Run(report)] }

    struct Text: Encodable {
        let text: String
    }

    struct Run: Encodable {
        let tool = Tool(driver: Driver())
        let columnKind = "unicodeCodePoints"
        let results: [Result]
        let invocations: [Invocation]

        init(_ report: ScanReport) {
            results = report.findings.map { Result($0, report.what($0)) }
            let notes = report.unreadable.map { Notification(message: Text(text: $0.words)) }
            invocations = [Invocation(executionSuccessful: notes.isEmpty, toolExecutionNotifications: notes)]
        }
    }

    struct Tool: Encodable {
        let driver: Driver
    }

    struct Driver: Encodable {
        let name = "awskeys"
        let version = AWSKeys.configuration.version
        let rules = Match.Kind.allCases.map { Rule(id: $0.rawValue, shortDescription: Text(text: $0.words)) }
    }

    struct Rule: Encodable {
        let id: String
        let shortDescription: Text
    }

    struct Invocation: Encodable {
        let executionSuccessful: Bool
        let toolExecutionNotifications: [Notification]
    }

    struct Notification: Encodable {
        let level = "error"
        let message: Text
    }

    struct Result: Encodable {
        let ruleId: String
        let level: String
        let message: Text
        let locations: [Location]

        init(_ finding: Finding, _ what: String) {
            ruleId = finding.spot.kind.rawValue
            level = finding.spot.isExample ? "note" : finding.spot.kind == .temporaryAccessKeyID ? "warning" : "error"
            message = Text(text: what)
            locations = [Location(finding)]
        }
    }

    struct Location: Encodable {
        let physicalLocation: PhysicalLocation
        /// What of a history, where no file has it.
        let logicalLocations: [LogicalLocation]?

        init(_ finding: Finding) {
            let isFile = !finding.path.isEmpty
            let path = isFile ? finding.path : finding.origin?.repository ?? []
            physicalLocation = PhysicalLocation(
                artifactLocation: ArtifactLocation(uri: SARIFLog.uri(path)),
                region: isFile ? Region(finding.spot) : nil)
            logicalLocations = isFile ? nil : finding.origin.map { [LogicalLocation(name: $0.object)] }
        }
    }

    struct LogicalLocation: Encodable {
        let name: String
    }

    struct PhysicalLocation: Encodable {
        let artifactLocation: ArtifactLocation
        let region: Region?
    }

    struct ArtifactLocation: Encodable {
        let uri: String
    }

    struct Region: Encodable {
        let startLine: Int
        let startColumn: Int
        let endColumn: Int

        init(_ spot: Spot) {
            startLine = spot.line
            startColumn = spot.column
            endColumn = spot.column + spot.length
        }
    }

    /// RFC 3986, RFC 8089: a path's bytes, escaped.
    private static func uri(_ path: [UInt8]) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        let relative = path.starts(with: Array("./".utf8)) ? Array(path.dropFirst(2)) : path
        let escaped = relative.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return (path.first == UInt8(ascii: "/") ? "file://" : "") + escaped.joined()
    }
}
