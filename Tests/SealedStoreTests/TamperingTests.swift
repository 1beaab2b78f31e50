import Sealing
import TestSupport
import Testing

@testable import SealedStore

@Suite("A store that somebody changed")
struct TamperingTests {
    @Test("no bit can change without the whole read refusing it")
    func everyBit() throws {
        let sample = try SampleStore()
        let file = try sample.file()
        for bit in 0..<file.count * 8 {
            var changed = file
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(wholeRead(changed, with: sample.dataKey) != nil, "bit \(bit)")
        }
    }

    @Test("reading one profile notices every bit that its answer depends on")
    func everyBitOfOneAnswer() throws {
        let sample = try SampleStore()
        let file = try sample.file()
        let header = try StoreHeader(reading: file.span, fileSize: file.count)
        let index = try header.openIndex(in: file.span, with: sample.dataKey)
        let number = try #require(try index.record(of: "dev"))
        let entry = try index.entry(number)
        let own = header.recordsOffset + entry.offset..<header.recordsOffset + entry.offset + entry.size
        for byte in 0..<file.count {
            var changed = file
            changed[byte] ^= 0x40
            try put(changed, at: sample.path)
            let matters = byte < header.recordsOffset || own.contains(byte)
            let error = problem { () throws(StoreError) in
                let found = try secret(of: "dev", in: sample.path, with: sample.dataKey)
                #expect(found == "secret2EXAMPLE")
            }
            #expect((error != nil) == matters, "byte \(byte)")
        }
    }

    @Test("no end can be cut off and nothing added")
    func everyLength() throws {
        let sample = try SampleStore()
        let file = try sample.file()
        for count in 0..<file.count {
            try put(Array(file.prefix(count)), at: sample.path)
            let error = problem { () throws(StoreError) in
                _ = try secret(of: "dev", in: sample.path, with: sample.dataKey)
            }
            #expect(error == (count < 12 ? .notAStore : .damaged(.header)), "\(count) bytes")
        }
        #expect(wholeRead(file + [0], with: sample.dataKey) == .damaged(.header))
    }

    @Test("sizes that lie are refused before anything is made of them")
    func sizes() throws {
        let sample = try SampleStore()
        let file = try sample.file()
        for offset in [12, 72, 76, 80, 84] {
            for value: UInt32 in [0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF] {
                var changed = file
                for byte in 0..<4 { changed[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
                if changed == file { continue }
                #expect(wholeRead(changed, with: sample.dataKey) != nil, "\(value) at \(offset)")
            }
        }
    }

    @Test("another key, a later version and a foreign file are told apart")
    func reasons() throws {
        let sample = try SampleStore()
        var file = try sample.file()
        #expect(wholeRead(file, with: .counting()) == .wrongKey)
        file[8] = 2
        #expect(wholeRead(file, with: sample.dataKey) == .newer(major: 2, minor: 3))
        file[0] = 0
        #expect(wholeRead(file, with: sample.dataKey) == .notAStore)
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: sample.folder["none"]) } == .missing)
        try put(try sample.file(), at: sample.path, mode: 0o640)
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: sample.path) } == .exposed(mode: 0o640))
        #expect(problem { () throws(StoreError) in _ = try ClosedStore(at: sample.folder.path) } == .notAStore)
    }
}
