import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Sessions

@Suite("A device whose seed the store keeps")
struct StoredDeviceTests {
    private static let whole = StoredDevice(
        serialNumber: "phone", seed: SecretBytes(text: "12345678901234567890"), lastStep: 7
    ).encoded().array()

    private func read(_ bytes: [UInt8]) throws(StoreError) -> [String] {
        let device = try StoredDevice(reading: SecretBytes(copying: bytes.span))
        return [device.serialNumber, device.seed.text(), String(device.lastStep)]
    }

    @Test("is read as it was sealed; cut off anywhere, or with more behind it, it is damage")
    func bytes() throws {
        #expect(try read(Self.whole) == ["phone", "12345678901234567890", "7"])
        for wrong in Self.whole.indices.map({ Array(Self.whole.prefix($0)) }) + [Self.whole + [0]] {
            let error = problem { () throws(StoreError) in _ = try read(wrong) }
            #expect(error == .damaged(.record), "\(wrong.count) bytes")
        }
    }

    @Test("whose last code is of a time that never comes is damage")
    func endOfTime() {
        var bytes = Self.whole
        // The number after the size of the name, in 2 bytes, and the name.
        let last = 2 + "phone".utf8.count
        bytes.replaceSubrange(last..<last + 8, with: [0, 0, 0, 0, 1, 0, 0, 0])
        #expect(problem { () throws(StoreError) in _ = try read(bytes) } == .damaged(.record))
    }

    @Test("is found by its serial number, and no other")
    func found() throws {
        let folder = try TemporaryFolder()
        var draft = StoreDraft()
        try draft.set(SecretBytes(text: "12345678901234567890"), of: "phone")
        try StoreWriter(locking: folder["store"]).create(draft)
        let dataKey = draft.withDataKey { $0.copy() }
        let store = try ClosedStore(at: folder["store"]).open(with: dataKey)
        #expect(try draft.hasDevice("phone") && !draft.hasDevice("tablet"))
        #expect(try store.hasDevice("phone") && !store.hasDevice("tablet"))
    }
}
