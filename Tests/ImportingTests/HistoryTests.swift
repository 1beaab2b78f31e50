import AWSConfig
import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("Several changes after each other")
struct HistoryTests {
    private let key = "aws_access_key_id = \(exampleID)\naws_secret_access_key = \(exampleSecret)\n"

    private func exampleKey() -> KeyRecord {
        KeyRecord(accessKeyID: exampleID, secretAccessKey: SecretBytes(text: exampleSecret), added: 1, exposed: false)
    }

    private func add(_ profile: String, to sample: borrowing SampleFiles) throws {
        try sample.importer().add(
            exampleKey(), for: profile, config: try sample.config(), credentials: try sample.credentials(), now: 1)
    }

    @Test("two imports are taken back one by one, the latest first")
    func twoImports() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        let between = sample.files()
        let late = try #require(between[1]) + "[late]\n\(key)"
        try put(late, at: sample.folder["credentials"])
        try sample.importAll()
        #expect(try sample.secret(of: "late") == exampleSecret)
        #expect(try sample.importer().undo() == [])
        #expect(sample.files() == [between[0], late])
        #expect(try sample.secret(of: "late") == nil)
        #expect(try sample.secret(of: "dev") == otherSecret)
        try put(try #require(between[1]), at: sample.folder["credentials"])
        #expect(try sample.importer().undo() == [])
        #expect(sample.files() == [configBefore, credentialsBefore])
    }

    @Test("profiles with one key share one record, also with one that was there before")
    func shared() throws {
        let sample = try SampleFiles(config: nil, credentials: "[a]\n\(key)[b]\n\(key)")
        try add("old", to: sample)
        let before = try #require(bytes(at: sample.folder["store"])).count
        try sample.importAll()
        _ = try sample.importer().undo()
        #expect(try sample.secret(of: "old") == exampleSecret)
        #expect(try sample.secret(of: "a") == nil)
        #expect(try #require(bytes(at: sample.folder["store"])).count == before)
    }

    @Test("a key of the store that is imported once more stays in the store when that is taken back")
    func importedAgain() throws {
        let sample = try SampleFiles(config: nil, credentials: nil)
        try add("dev", to: sample)
        try put("[dev]\n\(key)", at: sample.folder["credentials"])
        try sample.importAll()
        #expect(sample.files()[1] == "[dev]\n")
        _ = try sample.importer().undo()
        #expect(sample.files()[1] == "[dev]\n\(key)")
        #expect(try sample.secret(of: "dev") == exampleSecret)
    }

    @Test("a key of the store that is imported once more and then replaced comes back as it is now")
    func replacedAfterImportingAgain() throws {
        let sample = try SampleFiles(config: nil, credentials: nil)
        try add("dev", to: sample)
        try put("[dev]\n\(key)", at: sample.folder["credentials"])
        try sample.importAll()
        try StoreWriter(locking: sample.folder["store"]).update(with: sample.dataKey) { draft in
            draft.set(
                KeyRecord(
                    accessKeyID: otherID, secretAccessKey: SecretBytes(text: otherSecret), added: 2, exposed: false),
                for: "dev")
        }
        _ = try sample.importer().undo()
        #expect(
            sample.files()[1] == "[dev]\naws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n")
        #expect(try sample.secret(of: "dev") == otherSecret)
    }

    @Test("a removed key is in no undo any more, also if it was in the store before the import")
    func removedAfterImportingAgain() throws {
        let sample = try SampleFiles(config: nil, credentials: nil)
        try add("dev", to: sample)
        try put(
            "[dev]\n\(key)[other]\naws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n",
            at: sample.folder["credentials"])
        try sample.importAll()
        try sample.importer().remove(
            "dev", config: try sample.config(), credentials: try sample.credentials(), now: 1_800_000_000)
        let importer = try sample.importer()
        let draft = try importer.read()
        for id in draft.notes(.journal) {
            let isKept = try draft.note(id, .journal).contains(exampleSecret)
            #expect(!isKept)
        }
        _ = try importer.undo()
        #expect(sample.files()[1]?.contains(otherSecret) == true)
        #expect(sample.files()[1]?.contains(exampleSecret) == false)
    }

    @Test("adding writes one line and leaves nothing to undo")
    func adding() throws {
        let sample = try SampleFiles(config: "[default]\nregion = x\n", credentials: nil)
        try add("dev", to: sample)
        #expect(sample.files() == ["[default]\nregion = x\n\n[profile dev]\n\(line.text(for: "dev"))\n", nil])
        #expect(try sample.secret(of: "dev") == exampleSecret)
        #expect(try !sample.isUnfinished())
        let error = problem { () throws(ImportError) in
            do { _ = try sample.importer().undo() } catch let error as ImportError { throw error } catch {}
        }
        #expect(error == .nothingToUndo)
        let before = sample.files()
        try add("dev", to: sample)
        #expect(sample.files() == before)
    }

    @Test("adding doesn't touch a profile that has keys or another source")
    func occupied() throws {
        for (config, expected) in [
            ("[profile dev]\nrole_arn = x\n", ImportError.occupied(profile: "dev", by: .role)),
            ("[profile dev]\nsso_session = x\n", .occupied(profile: "dev", by: .otherSource)),
            ("[profile dev]\n\(key)", .inPlainText(profile: "dev")),
        ] {
            let sample = try SampleFiles(config: config, credentials: nil)
            let error = problem { () throws(ImportError) in
                do { try add("dev", to: sample) } catch let error as ImportError { throw error } catch {}
            }
            #expect(error == expected)
            #expect(sample.files() == [config, nil])
            #expect(try sample.secret(of: "dev") == nil)
        }
    }

    @Test(
        "a file that somebody changed while an import was cut off is left alone, and so is the other",
        arguments: [0, 1])
    func leftAlone(which: Int) throws {
        let sample = try SampleFiles()
        let plan = try sample.plan()
        let importer = try sample.importer()
        try seal(plan, sample, importer)
        let name = ["config", "credentials"][which]
        try put("[mine]\n", at: sample.folder[name])
        #expect(try importer.finish().left == [sample.folder[name]])
        #expect(sample.files()[which] == "[mine]\n")
        if which == 0 { #expect(sample.files()[1] == credentialsBefore) }
        #expect(try !sample.isUnfinished())
        #expect(try importer.finish().left == [])
    }

    /// Seals the keys and the journal of a plan, as far as an import gets before it touches the first file.
    private func seal(
        _ plan: ImportPlan, _ sample: borrowing SampleFiles, _ importer: borrowing Importer
    ) throws {
        let config = try sample.config()
        let credentials = try sample.credentials()
        var draft = try importer.read()
        for profile in plan.imported { draft.set(credentials.key(of: profile.name, added: 1), for: profile.name) }
        let journal = Journal(
            state: .applying, purpose: .importing, isCredentialsFirst: plan.isCredentialsFirst, began: 1,
            profiles: plan.imported.map { .init(name: $0.name, isNew: true) },
            config: config.change(plan.configEdits), credentials: credentials.change(plan.credentialsEdits))
        draft.setNote(journal.encoded(), .journal)
        draft.isUnfinished = true
        try importer.write(draft)
    }
}

extension Optional where Wrapped == SecretBytes {
    fileprivate borrowing func contains(_ text: String) -> Bool {
        switch self {
        case .some(let bytes): bytes.text().contains(text)
        case nil: false
        }
    }
}
