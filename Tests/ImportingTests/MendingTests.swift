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
        let size = credentialsBefore.utf8.count
        return try sampleMended(credentials: credentialsBefore, edit: size - 1..<size)
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

    @Test("a profile that is removed has no key any more in what an undo would write back")
    func removed() throws {
        let twice = "[x]\nregion = a\nregion = b\n"
        let keys = "[dev]\naws_access_key_id = \(otherID)\naws_secret_access_key = \(otherSecret)\n"
        let sample = try sampleMended(credentials: twice + keys, edit: 4..<15)
        try sample.importAll()
        try sample.importer().remove("dev", config: sample.config(), credentials: sample.credentials(), now: 2)
        #expect(try writtenBack(in: sample) == [ill, twice + "[dev]\n"])
    }

    @Test("what mended nothing but the key of a profile that is removed has nothing to undo")
    func removedWithTheMistake() throws {
        let start = "[dev]\naws_access_key_id = \(otherID)\n"
        let twice = start + "aws_secret_access_key = \(exampleSecret)\n"
        let sample = try sampleMended(
            config: nil, credentials: twice + "aws_secret_access_key = \(otherSecret)\n",
            edit: start.utf8.count..<twice.utf8.count)
        try sample.importAll()
        try sample.importer().remove("dev", config: sample.config(), credentials: sample.credentials(), now: 2)
        #expect(try writtenBack(in: sample) == nil)
        #expect(try problem(undoing: sample) == .nothingToUndo)
    }

    /// Files of which a part was taken out; of config, the setting that stands twice.
    private func sampleMended(config: String? = ill, credentials: String, edit: Range<Int>) throws -> SampleFiles {
        let sample = try SampleFiles(config: config ?? configBefore, credentials: credentials)
        let configFile = MendedFile(
            sample.folder["config"], before: SecretBytes(text: config ?? configBefore),
            edits: config == nil ? [] : [Edit(14..<25)])
        let credentialsFile = MendedFile(
            sample.folder["credentials"], before: SecretBytes(text: credentials), edits: [Edit(edit)])
        try sample.importer().mend(config: configFile, credentials: credentialsFile, now: 1)
        return sample
    }

    /// What an undo of the mending would write into both files; `nil` if the store has none.
    private func writtenBack(in sample: borrowing SampleFiles) throws -> [String?]? {
        let draft = try sample.importer().read()
        for id in draft.notes(.journal) {
            let journal = try Importer.journal(id, in: draft)
            guard journal.purpose == .mending else { continue }
            return [text(before: journal.config), text(before: journal.credentials)]
        }
        return nil
    }

    private func text(before change: borrowing Journal.Change?) -> String? {
        switch change {
        case .some(let change): change.before.withBytesOrNone { String(decoding: $0.array(), as: UTF8.self) }
        case nil: nil
        }
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
