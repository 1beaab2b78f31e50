import DurableFiles
import Foundation
import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Importing

/// A folder under the temporary name of a file makes the file system refuse to replace it, for root too.
@Suite("A file system that refuses a change")
struct RefusalTests {
    private func refuse(_ name: String, in sample: borrowing SampleFiles) throws {
        try makeFolder(at: sample.folder[".\(name).awskeys-new/inner"])
    }

    private func accept(_ name: String, in sample: borrowing SampleFiles) throws {
        try FileManager.default.removeItem(atPath: sample.folder[".\(name).awskeys-new"])
    }

    private func refusal(_ body: () throws -> Void) -> FileError? {
        do { try body() } catch ImportError.file(let error) { return error } catch {}
        return nil
    }

    @Test(
        "an import of which one file can't be written leaves both files and the store as they were",
        arguments: ["config", "credentials"])
    func importing(name: String) throws {
        let sample = try SampleFiles()
        try refuse(name, in: sample)
        let error = refusal { try sample.importAll() }
        #expect(error?.path == sample.folder[".\(name).awskeys-new"])
        #expect(sample.files() == [configBefore, credentialsBefore])
        #expect(try sample.secret(of: "dev") == nil)
        #expect(try !sample.isUnfinished())
        try accept(name, in: sample)
        try sample.importAll()
        #expect(try sample.secret(of: "dev") == otherSecret)
        #expect(try sample.importer().undo() == [])
        #expect(sample.files() == [configBefore, credentialsBefore])
    }

    @Test(
        "an undo of which one file can't be written leaves the import as it was",
        arguments: ["config", "credentials"])
    func undoing(name: String) throws {
        let sample = try SampleFiles()
        try sample.importAll()
        let after = sample.files()
        try refuse(name, in: sample)
        let error = refusal { _ = try sample.importer().undo() }
        #expect(error?.path == sample.folder[".\(name).awskeys-new"])
        #expect(sample.files() == after)
        #expect(try sample.secret(of: "dev") == otherSecret)
        #expect(try !sample.isUnfinished())
        try accept(name, in: sample)
        #expect(try sample.importer().undo() == [])
        #expect(sample.files() == [configBefore, credentialsBefore])
    }

    @Test("an import whose keys can't be sealed touches no file")
    func sealing() throws {
        let sample = try SampleFiles()
        let importer = try sample.importer()
        let plan = try sample.plan()
        let config = try sample.config()
        let credentials = try sample.credentials()
        try refuse("store", in: sample)
        let error = problem { () throws(ImportError) in
            try importer.apply(plan, config: config, credentials: credentials, now: 1)
        }
        #expect(error.map { if case .store(.file) = $0 { true } else { false } } == true)
        #expect(sample.files() == [configBefore, credentialsBefore])
        #expect(try sample.secret(of: "dev") == nil)
    }
}
