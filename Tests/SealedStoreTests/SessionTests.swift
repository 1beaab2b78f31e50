import DurableFiles
import Glibc
import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("Session files")
struct SessionTests {
    @Test("a session comes back as it was kept, to its own name, store and key only")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let sessions = SessionFolder(folder["sessions"], store: store, dataKey: .counting())
        try sessions.save(sample("admin"), waiting: 0)
        switch sessions.session("admin") {
        case .some(let session): #expect(Seen(session) == Seen(sample("admin")))
        case nil: Issue.record("the session was not found")
        }
        let isElsewhere = [
            sessions.session("dev") != nil,
            SessionFolder(folder["sessions"], store: store.reversed(), dataKey: .counting()).session("admin") != nil,
            SessionFolder(folder["sessions"], store: store, dataKey: .counting(from: 1)).session("admin") != nil,
        ]
        #expect(isElsewhere == [false, false, false])
    }

    @Test("a file that was changed, cut off, renamed or put back under another name is none")
    func tampering() throws {
        let folder = try TemporaryFolder()
        let sessions = SessionFolder(folder["sessions"], store: store, dataKey: .counting())
        try sessions.save(sample("admin"), waiting: 0)
        try sessions.save(sample("dev"), waiting: 0)
        let (path, other) = (file("admin", sessions, folder), file("dev", sessions, folder))
        let whole = try readFile(at: path, atMost: 1 << 20).array()
        func isThere(_ bytes: [UInt8]) throws -> Bool {
            try put(bytes, at: path)
            return sessions.session("admin") != nil
        }
        for size in whole.indices {
            let isCutOffThere = try isThere(Array(whole.prefix(size)))
            #expect(!isCutOffThere, "cut off after \(size) bytes")
        }
        for bit in 0..<whole.count * 8 {
            var changed = whole
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let isChangedThere = try isThere(changed)
            #expect(!isChangedThere, "bit \(bit)")
        }
        let isOthersThere = try isThere(try readFile(at: other, atMost: 1 << 20).array())
        #expect(!isOthersThere)
        let isWholeThere = try isThere(whole)
        #expect(isWholeThere)
    }

    @Test("the bytes within, cut off anywhere or with more behind them, are damage")
    func bytes() throws {
        let whole = sample("admin").encoded().array()
        let read = try Session(reading: SecretBytes(copying: whole.span))
        #expect(Seen(read) == Seen(sample("admin")))
        for wrong in whole.indices.map({ Array(whole.prefix($0)) }) + [whole + [0]] {
            let error = problem { () throws(StoreError) in _ = try Session(reading: SecretBytes(copying: wrong.span)) }
            #expect(error == .damaged(.record), "\(wrong.count) bytes")
        }
    }

    @Test("a session bound anew is the same one, and holds for the AWS files as they are now")
    func bonds() throws {
        let folder = try TemporaryFolder()
        try put("[default]\n", at: folder["config"])
        func files() -> SessionBond.Files { .init(config: folder["config"], credentials: folder["credentials"]) }
        let before = files()
        #expect(before == files() && before != .never)
        try put("[profile dev]\n", at: folder["config"])
        #expect(files() != before)

        var bond = sample("admin").bond
        bond.files = files()
        let (again, was) = (Seen(sample("admin").bound(bond)), Seen(sample("admin")))
        #expect(again.bond == bond && again.texts == was.texts && again.times == was.times)
    }

    @Test("what can't be written, or would be too large to be read, isn't kept")
    func largest() throws {
        let folder = try TemporaryFolder()
        let sessions = SessionFolder(folder["sessions"], store: store, dataKey: .counting())
        let fits = sample("admin", addresses: 65_535).canBeWritten()
        let isTooLong = !sample("admin", addresses: 65_536).canBeWritten()
        #expect(fits && isTooLong)
        let path = file("admin", sessions, folder)
        #expect(throws: FileError("write", path, number: EFBIG)) {
            try sessions.save(sample("admin", addresses: 65_535), waiting: 0)
        }
        try sessions.save(sample("admin", addresses: 60_000), waiting: 0)
        let isThere = sessions.session("admin") != nil
        #expect(isThere)
    }

    @Test("nobody who writes one is disturbed")
    func lock() throws {
        let folder = try TemporaryFolder()
        let sessions = SessionFolder(folder["sessions"], store: store, dataKey: .counting())
        try sessions.save(sample("admin"), waiting: 0)
        let lock = try FileLock(folder["sessions/lock"])
        #expect(throws: FileError("flock", folder["sessions/lock"], number: EWOULDBLOCK)) {
            try sessions.save(sample("dev"), waiting: 0)
        }
        _ = consume lock
        try sessions.save(sample("dev"), waiting: 0)
    }

    @Test("names of files tell nothing, and those that aren't sessions' are left alone")
    func names() throws {
        let folder = try TemporaryFolder()
        let sessions = SessionFolder(folder["sessions"], store: store, dataKey: .counting())
        try sessions.save(sample("admin"), waiting: 0)
        try put(Array("mine".utf8), at: folder["sessions/notes.txt"])
        var seen: [String] = []
        sessions.forEach { seen.append($0.name) }
        #expect(seen == ["admin"])
        #expect(try SessionFolder.removeAll(in: folder["sessions"]) == 1)
        let isLeft = sessions.session("admin") != nil
        #expect(!isLeft)
        #expect(try readFile(at: folder["sessions/notes.txt"], atMost: 16).array() == Array("mine".utf8))
    }

    @Test("what nobody needs any more is swept away with the next session")
    func sweeping() throws {
        let folder = try TemporaryFolder()
        let sessions = SessionFolder(folder["sessions"], store: store, dataKey: .counting())
        try sessions.save(sample("old"), waiting: 0)
        try sessions.save(sample("young"), waiting: 0)
        try setModified(file("old", sessions, folder), secondsAgo: 37 * 3600)
        try setModified(file("young", sessions, folder), secondsAgo: 35 * 3600)
        try sessions.save(sample("admin"), waiting: 0)
        let isThere = ["old", "young", "admin"].map { sessions.session($0) != nil }
        #expect(isThere == [false, true, true])
    }

    private let store: [UInt8] = Array(1...16)

    private func file(_ name: String, _ sessions: borrowing SessionFolder, _ folder: borrowing TemporaryFolder)
        -> String
    {
        folder["sessions/" + hexadecimal(sessions.id(of: name))]
    }

    /// A session in which every part differs from every other.
    /// - Parameter addresses: the size of the services' addresses.
    private func sample(_ name: String, addresses: Int = 3) -> Session {
        Session(
            name: name, accessKeyID: "ASIAEXAMPLE", secretAccessKey: SecretBytes(text: "secretEXAMPLE"),
            sessionToken: SecretBytes(text: "tokenEXAMPLE"), expiration: 2_000_000_000, renewal: 1_999_998_800,
            bond: SessionBond(
                keyProfile: "dev", keyTag: Array(1...16), settings: Array(1...32),
                addresses: String(repeating: "a", count: addresses),
                files: SessionBond.Files(
                    config: FileStamp(device: 1, inode: 2, size: 3, modified: 4, changed: 5),
                    credentials: FileStamp(device: 6, inode: 7, size: 8, modified: 9, changed: 10))))
    }
}

/// All that a session holds, where it can be compared.
private struct Seen: Equatable {
    let texts: [String]
    let times: [Int]
    let bond: SessionBond

    init(_ session: borrowing Session) {
        texts = [session.name, session.accessKeyID, session.secretAccessKey.text(), session.sessionToken.text()]
        times = [session.expiration, session.renewal]
        bond = session.bond
    }
}
