import AWSConfig
import DurableFiles
import SealedStore
import Sealing
import TestSupport

@testable import Importing

let credentialsBefore = """
    [default]
    aws_access_key_id = \(exampleID)
    aws_secret_access_key = \(exampleSecret)
    # note
    [dev]
    aws_access_key_id = \(otherID)
    aws_secret_access_key = \(otherSecret)

    """
let configBefore = "[profile dev]\nregion = eu-west-1"
let line = {
    guard let line = try? ProfileLine(program: "/usr/bin/awskeys-credential-process") else {
        fatalError("a plain path")
    }
    return line
}()

/// A folder with both AWS files and a store.
struct SampleFiles: ~Copyable {
    let folder: TemporaryFolder
    let dataKey: SealingKey

    init(config: String? = configBefore, credentials: String? = credentialsBefore) throws {
        let folder = try TemporaryFolder()
        if let config { try put(config, at: folder["config"]) }
        if let credentials { try put(credentials, at: folder["credentials"]) }
        let draft = StoreDraft()
        try StoreWriter(locking: folder["store"]).create(draft)
        dataKey = draft.withDataKey { $0.copy() }
        self.folder = folder
    }

    func config() throws(ImportError) -> AWSFile { try AWSFile(folder["config"], as: .config) }
    func credentials() throws(ImportError) -> AWSFile { try AWSFile(folder["credentials"], as: .credentials) }

    func importer() throws(StoreError) -> Importer {
        Importer(try StoreWriter(locking: folder["store"]), dataKey: dataKey, line: line)
    }

    func plan() throws(ImportError) -> ImportPlan {
        ImportPlan(config: try config(), credentials: try credentials(), selection: nil, target: nil, line: line) {
            _, _, _ in false
        }
    }

    /// Whether a plan would do the same with what the files hold now.
    func isStill(
        _ plan: ImportPlan, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile
    ) throws(ImportError) -> Bool {
        let configNow = try self.config()
        let credentialsNow = try self.credentials()
        return plan.isSame(as: try self.plan(), config, credentials, now: configNow, credentialsNow)
    }

    func importAll() throws {
        try importer().apply(try plan(), config: try config(), credentials: try credentials(), now: 1)
    }

    /// Both files as they are.
    func files() -> [String?] { [text(at: folder["config"]), text(at: folder["credentials"])] }

    /// The secret that the store gives for a profile.
    func secret(of profile: String) throws -> String? {
        let store = try ClosedStore(at: folder["store"]).open(with: dataKey)
        return try store.key(of: profile)?.secretAccessKey.text()
    }

    /// The profiles that the store has.
    func profiles() throws -> [String] { try ClosedStore(at: folder["store"]).open(with: dataKey).profiles() }

    /// Whether the store keeps a profile's key back; `nil` if it has none.
    func isSessionsOnly(_ profile: String) throws -> Bool? {
        try ClosedStore(at: folder["store"]).open(with: dataKey).key(of: profile)?.isSessionsOnly
    }

    func isUnfinished() throws -> Bool { try ClosedStore(at: folder["store"]).open(with: dataKey).isUnfinished }
}
