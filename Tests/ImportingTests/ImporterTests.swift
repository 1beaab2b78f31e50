import AWSConfig
import DurableFiles
import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("Importing and undoing")
struct ImporterTests {
    private let before: [String?] = [configBefore, credentialsBefore]

    @Test("an import seals the keys and changes nothing but their lines; an undo gives every byte back")
    func roundTrip() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        #expect(
            sample.files()[0] == configBefore
                + "\n\(line.text(for: "dev"))\n\n[default]\n\(line.text(for: "default"))\n"
        )
        #expect(sample.files()[1] == "[default]\n# note\n[dev]\n")
        #expect(try sample.secret(of: "default") == exampleSecret)
        #expect(try sample.secret(of: "dev") == otherSecret)
        #expect(try sample.importer().undo() == [])
        #expect(sample.files() == before)
        #expect(try sample.secret(of: "dev") == nil)
        let error = problem { () throws(ImportError) in
            do { _ = try sample.importer().undo() } catch let error as ImportError { throw error } catch {}
        }
        #expect(error == .nothingToUndo)
    }

    @Test("a file that an import made is gone after the undo")
    func madeFile() throws {
        let sample = try SampleFiles(config: nil)
        try sample.importAll()
        #expect(sample.files()[0] != nil)
        _ = try sample.importer().undo()
        #expect(sample.files() == [nil, credentialsBefore])
    }

    @Test("an import cut off anywhere is finished by the next command", arguments: 0..<3)
    func cut(filesChanged: Int) throws {
        let sample = try SampleFiles()
        try sample.importAll()
        let after = sample.files()
        try pretend(.applying, in: sample)
        if filesChanged < 2 { try put(credentialsBefore, at: sample.folder["credentials"]) }
        if filesChanged < 1 { try put(configBefore, at: sample.folder["config"]) }
        #expect(try sample.isUnfinished())
        #expect(try sample.importer().finish().left == [])
        #expect(sample.files() == after)
        #expect(try !sample.isUnfinished())
        _ = try sample.importer().undo()
        #expect(sample.files() == before)
    }

    @Test("an undo cut off anywhere is finished by the next command", arguments: 0..<3)
    func cutUndo(filesChanged: Int) throws {
        let sample = try SampleFiles()
        try sample.importAll()
        try pretend(.undoing, in: sample)
        if filesChanged > 0 { try put(credentialsBefore, at: sample.folder["credentials"]) }
        if filesChanged > 1 { try put(configBefore, at: sample.folder["config"]) }
        #expect(try sample.importer().finish().hasUndone)
        #expect(sample.files() == before)
        #expect(try !sample.isUnfinished())
        #expect(try sample.secret(of: "default") == nil)
    }

    @Test("a file that somebody changed since the plan stays as it is, and nothing is sealed")
    func changedMeanwhile() throws {
        let sample = try SampleFiles()
        let plan = try sample.plan()
        let config = try sample.config()
        let credentials = try sample.credentials()
        try put(credentialsBefore + "[new]\n", at: sample.folder["credentials"])
        let importer = try sample.importer()
        let error = problem { () throws(ImportError) in
            try importer.apply(plan, config: config, credentials: credentials, now: 1)
        }
        #expect(error == .changedMeanwhile(path: sample.folder["credentials"]))
        #expect(sample.files() == [configBefore, credentialsBefore + "[new]\n"])
        #expect(try sample.secret(of: "dev") == nil)
    }

    @Test("a plan of newer bytes takes the place of one that does the same, and of no other")
    func plansAnew() throws {
        let sample = try SampleFiles()
        let plan = try sample.plan()
        let config = try sample.config()
        let credentials = try sample.credentials()
        #expect(try sample.isStill(plan, config, credentials))
        try put(credentialsBefore + "[new]\nregion = eu-west-1\n", at: sample.folder["credentials"])
        #expect(try sample.isStill(plan, config, credentials))
        // Another secret under the same id, a profile that has gone, and one that has come.
        let last = "aws_secret_access_key = \(otherSecret)\n"
        for changed in [
            credentialsBefore.dropLast(last.count) + "aws_secret_access_key = EXAMPLE\n", "",
            credentialsBefore + "[new]\naws_access_key_id = \(otherID)\n" + last,
        ] {
            try put(changed, at: sample.folder["credentials"])
            #expect(try !sample.isStill(plan, config, credentials))
        }
    }

    @Test("after an import, an undo keeps what was written into the files since")
    func changedSince() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        let changed = try #require(sample.files()[1]) + "[late]\nregion = eu-west-1\n"
        try put(changed, at: sample.folder["credentials"])
        #expect(try sample.importer().undo() == [])
        #expect(
            sample.files()[1] == """
                [default]
                aws_access_key_id = \(exampleID)
                aws_secret_access_key = \(exampleSecret)
                # note
                [dev]
                aws_access_key_id = \(otherID)
                aws_secret_access_key = \(otherSecret)
                [late]
                region = eu-west-1

                """)
        #expect(sample.files()[0] == configBefore)
    }

    @Test("an undo writes the key that the store has now")
    func replacedKey() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        try StoreWriter(locking: sample.folder["store"]).update(with: sample.dataKey) { draft in
            draft.set(
                KeyRecord(
                    accessKeyID: "AKIANEWEXAMPLE", secretAccessKey: SecretBytes(text: "newEXAMPLE"), added: 2,
                    exposed: false),
                for: "dev")
        }
        #expect(try sample.importer().undo() == [])
        #expect(
            sample.files()[1]
                == credentialsBefore.replacing(otherID, with: "AKIANEWEXAMPLE").replacing(
                    otherSecret, with: "newEXAMPLE"))
    }

    @Test("a profile that is removed is in no undo any more")
    func removed() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        try sample.importer().remove(
            "dev", config: try sample.config(), credentials: try sample.credentials(), now: 1_800_000_000)
        #expect(try sample.secret(of: "dev") == nil)
        #expect(sample.files()[0]?.contains("dev]") == true)
        #expect(sample.files()[0]?.contains("awskeys-credential-process dev") == false)
        #expect(try sample.importer().undo() == [])
        #expect(sample.files()[1]?.contains(exampleSecret) == true)
        #expect(sample.files()[1]?.contains(otherSecret) == false)
    }

    @Test("a profile whose line can't be taken out of both files keeps it in both, and its key")
    func refusedRemoval() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        try put("[dev]\n\(line.text(for: "dev"))\n", at: sample.folder["credentials"])
        let before = sample.files()
        try makeFolder(at: sample.folder[".credentials.awskeys-new/inner"])
        let importer = try sample.importer()
        let error = problem { () throws(ImportError) in
            try importer.remove("dev", config: sample.config(), credentials: sample.credentials(), now: 1_800_000_000)
        }
        guard case .file = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(sample.files() == before)
        #expect(try sample.secret(of: "dev") == otherSecret)
    }

    @Test("a profile that was imported twice is in no undo any more either")
    func removedAfterTwoImports() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        try put(configBefore, at: sample.folder["config"])
        try put(credentialsBefore, at: sample.folder["credentials"])
        try sample.importAll()
        try sample.importer().remove(
            "dev", config: try sample.config(), credentials: try sample.credentials(), now: 1_800_000_000)
        for _ in 0..<2 {
            _ = try sample.importer().undo()
            #expect(sample.files()[1]?.contains(otherSecret) == false)
        }
    }

    @Test("a key that was to be replaced stays when config can't be written")
    func refusedReplacement() throws {
        let sample = try SampleFiles()
        try sample.importAll()
        let new = KeyRecord(
            accessKeyID: "AKIANEWEXAMPLE", secretAccessKey: SecretBytes(text: "newEXAMPLE"), added: 2, exposed: false)
        let config = try AWSFile("/proc/nowhere/config", as: .config)
        let credentials = try AWSFile("/proc/nowhere/credentials", as: .credentials)
        let importer = try sample.importer()
        for profile in ["dev", "new"] {
            let error = problem { () throws(ImportError) in
                try importer.add(
                    new, for: profile, config: config, credentials: credentials, now: 2, isReplacing: true)
            }
            guard case .file = error else {
                Issue.record("\(profile): \(String(describing: error))")
                continue
            }
        }
        #expect(try sample.secret(of: "dev") == otherSecret)
        #expect(try sample.secret(of: "new") == nil)
        #expect(try !sample.isUnfinished())
    }

    @Test("a key that came into the store since the plan or the question isn't written over")
    func cameMeanwhile() throws {
        let sample = try SampleFiles()
        let plan = try sample.plan()
        try StoreWriter(locking: sample.folder["store"]).update(with: sample.dataKey) { draft in
            draft.set(
                KeyRecord(
                    accessKeyID: "AKIANEWEXAMPLE", secretAccessKey: SecretBytes(text: "newEXAMPLE"), added: 2,
                    exposed: false), for: "dev")
        }
        let config = try sample.config()
        let credentials = try sample.credentials()
        let importer = try sample.importer()
        let error = problem { () throws(ImportError) in
            try importer.apply(plan, config: config, credentials: credentials, now: 1)
        }
        #expect(error == .occupied(profile: "dev", by: .inStore))
        #expect(try sample.secret(of: "dev") == "newEXAMPLE")
        #expect(sample.files() == before)
    }

    @Test("credentials goes first where it gets the line for keys in config")
    func credentialsFirst() throws {
        let sample = try SampleFiles(
            config: "[profile dev]\naws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n",
            credentials: nil)
        let config = try sample.config()
        let plan = ImportPlan(
            config: config, credentials: try sample.credentials(), selection: nil, target: [.credentials], line: line
        ) { _, _, _ in false }
        #expect(plan.isCredentialsFirst)
        // Config can't be replaced: if it went first, the line would never come to credentials.
        try makeFolder(at: sample.folder[".config.awskeys-new/inner"])
        let importer = try sample.importer()
        let error = problem { () throws(ImportError) in
            try importer.apply(plan, config: config, credentials: sample.credentials(), now: 1)
        }
        guard case .file = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // And it was put back with everything else.
        #expect(sample.files()[1] == nil)
        #expect(try sample.secret(of: "dev") == nil)
        #expect(
            sample.files()[0]
                == "[profile dev]\naws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n")
    }

    /// Makes the latest journal say that its change is under way.
    private func pretend(_ state: Journal.State, in sample: borrowing SampleFiles) throws {
        let importer = try sample.importer()
        var draft = try importer.read()
        let id = try #require(draft.notes(.journal).last)
        let journal = try Importer.journal(id, in: draft)
        draft.setNote(journal.encoded(state), .journal, id: id)
        draft.isUnfinished = true
        try importer.write(draft)
    }
}
