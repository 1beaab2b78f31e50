import Sealing
import TestSupport

@testable import SealedStore

/// A store put together from parts, which need not fit: what only somebody with the data key could write.
struct RawStore {
    let id = [UInt8](repeating: 7, count: 16)
    var minor: UInt16 = 0
    var slots: [UInt8] = []
    var slotCount = 0
    var records: [SealedRecord] = []
    /// The number of each profile's record.
    var profiles: [String: Int] = [:]
    /// Changes the index's bytes before they are sealed.
    var changeIndex: (inout [UInt8]) -> Void = { _ in }
    /// Changes the entries before they are written.
    var changeEntries: (inout [StoreIndex.Entry]) -> Void = { _ in }

    static var dataKey: SealingKey { .counting() }

    /// Seals a record with these plain bytes.
    mutating func add(_ plain: borrowing SecretBytes, kind: UInt16, recordID: [UInt8]? = nil) {
        records.append(
            SealedRecord(
                sealing: plain, id: recordID ?? randomBytes(16), kind: kind, generation: 1, store: id,
                with: SealedRecord.key(from: Self.dataKey)))
    }

    func bytes() -> [UInt8] {
        var offset = 0
        var entries = records.map { record in
            defer { offset += record.bytes.count }
            return StoreIndex.Entry(
                id: record.id, generation: record.generation, tag: record.tag, offset: offset,
                size: record.bytes.count, kind: record.kind)
        }
        changeEntries(&entries)
        var index = StoreIndex.bytes(entries: entries, profiles: profiles, isUnfinished: false)
        changeIndex(&index)
        let header = StoreHeader(
            minor: minor, id: id, generation: 1, commitment: StoreHeader.commitment(of: Self.dataKey, id: id),
            slotCount: slotCount, slotsSize: slots.count, indexSize: index.count + Sealed.tagSize, recordsSize: offset,
            indexNonce: [UInt8](repeating: 1, count: Sealed.nonceSize))
        let clear = header.bytes + slots
        let sealed = Sealed.seal(
            index.span, associated: clear.span, nonce: header.indexNonce.span,
            with: StoreHeader.indexKey(from: Self.dataKey))
        return clear + sealed + records.flatMap(\.bytes)
    }

    /// Why the store can't be read as a whole; `nil` if it can.
    func problem() -> StoreError? { wholeRead(bytes(), with: Self.dataKey) }
}

/// Why a store can't be read as a whole; `nil` if it can.
func wholeRead(_ bytes: [UInt8], with key: borrowing SealingKey) -> StoreError? {
    do throws(StoreError) {
        _ = try StoreDraft(reading: bytes.span, with: key)
        return nil
    } catch {
        return error
    }
}
