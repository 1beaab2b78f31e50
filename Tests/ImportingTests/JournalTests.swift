import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Importing

@Suite("Journals")
struct JournalTests {
    private func sample() -> Journal {
        Journal(
            state: .applying, purpose: .importing, isCredentialsFirst: true, began: 7,
            profiles: [.init(name: "a", isNew: true), .init(name: "bé", isNew: false)],
            config: .init(path: "/c", before: nil, after: SecretBytes(text: "new")),
            credentials: .init(path: "/d", before: SecretBytes(text: "old"), after: SecretBytes(zeros: 0)))
    }

    @Test("a journal reads as it was written")
    func roundTrip() throws {
        let journal = try Journal(reading: sample().encoded(.done))
        #expect(journal.state == .done)
        #expect(journal.began == 7)
        #expect(journal.profiles == [.init(name: "a", isNew: true), .init(name: "bé", isNew: false)])
        #expect(journal.config.path == "/c")
        #expect(journal.credentials.path == "/d")
        #expect(journal.encoded(.applying).array() == sample().encoded().array())
    }

    @Test("a journal that was cut off, or goes on, is refused")
    func lengths() {
        let whole = sample().encoded().array()
        for count in 0..<whole.count {
            let part = Array(whole.prefix(count))
            let error = problem { () throws(StoreError) in _ = try Journal(reading: SecretBytes(copying: part.span)) }
            #expect(error == .damaged(.record), "\(count) bytes")
        }
        let longer = whole + [0]
        let error = problem { () throws(StoreError) in _ = try Journal(reading: SecretBytes(copying: longer.span)) }
        #expect(error == .damaged(.record))
    }

    @Test("a state of a later version is told from damage")
    func later() {
        var bytes = sample().encoded().array()
        bytes[0] = 9
        let error = problem { () throws(StoreError) in _ = try Journal(reading: SecretBytes(copying: bytes.span)) }
        #expect(error == .newer(major: 1, minor: 0))
    }
}
