import AWSConfig
import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Importing

private let ill = "[profile dev]\nregion = a\nregion = b"
private let mended = "[profile dev]\nregion = b"
private let credentialsMended = String(credentialsBefore.dropLast())

@Suite("Mending files")
struct MendingTests {
    private func mendedSample() throws -> SampleFiles {
        let sample = try SampleFiles(config: ill)
        let config = MendedFile(
            sample.folder["config"], before: SecretBytes(text: ill), edits: [Edit(14..<25)])
        let size = credentialsBefore.utf8.count
        let credentials = MendedFile(
            sample.folder["credentials"], before: SecretBytes(text: credentialsBefore), edits: [Edit(size - 1..<size)])
        try sample.importer().mend(config: config, credentials: credentials, now: 1)
        return sample
    }

    @Test("a file that botocore can't read is mended, and its bytes come back")
    func roundTrip() throws {
        let sample = try mendedSample()
        #expect(sample.files() == [mended, credentialsMended])
        try sample.importer().undoMending()
        #expect(sample.files() == [ill, credentialsBefore])
        let error = try problem(undoing: sample)
        #expect(error == .nothingToUndo)
    }

    @Test("what was cut off anywhere is finished by the next command", arguments: 0..<3)
    func cut(filesChanged: Int) throws {
        let sample = try mendedSample()
        try pretend(.applying, in: sample)
        if filesChanged < 2 { try put(credentialsBefore, at: sample.folder["credentials"]) }
        if filesChanged < 1 { try put(ill, at: sample.folder["config"]) }
        #expect(try sample.importer().finish().left == [])
        #expect(sample.files() == [mended, credentialsMended])
        #expect(try !sample.isUnfinished())
    }

    @Test("an undo cut off anywhere is finished by the next command", arguments: 0..<3)
    func cutUndo(filesChanged: Int) throws {
        let sample = try mendedSample()
        try pretend(.undoing, in: sample)
        if filesChanged > 0 { try put(credentialsBefore, at: sample.folder["credentials"]) }
        if filesChanged > 1 { try put(ill, at: sample.folder["config"]) }
        let finished = try sample.importer().finish()
        #expect(finished.hasUnmended && !finished.hasUndone)
        #expect(sample.files() == [ill, credentialsBefore])
        #expect(try !sample.isUnfinished())
    }

    @Test("an undo that was cut off leaves a file alone that somebody changed then, and forgets no byte")
    func changedMeanwhile() throws {
        let sample = try mendedSample()
        try pretend(.undoing, in: sample)
        try put("[new]\n", at: sample.folder["config"])
        _ = try sample.importer().finish()
        #expect(sample.files() == ["[new]\n", credentialsMended])
        #expect(try problem(undoing: sample) == .changedSince(path: sample.folder["config"]))
        try put(mended, at: sample.folder["config"])
        try sample.importer().undoMending()
        #expect(sample.files() == [ill, credentialsBefore])
    }

    private func problem(undoing sample: borrowing SampleFiles) throws -> ImportError? {
        let importer = try sample.importer()
        return TestSupport.problem { () throws(ImportError) in try importer.undoMending() }
    }

    /// Lets the store look as if the command had been killed.
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
