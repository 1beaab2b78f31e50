import Sealing
import TestSupport

@testable import SealedStore

private let dataKey = SealingKey.counting()

/// Reads a whole store whose index and records lie in it unsealed, as a fuzzer can't seal anything: they are sealed
/// first. What can be read must be what is read once it has been written again.
func tryStore(_ bytes: borrowing Span<UInt8>) {
    let store = sealed(bytes.array())
    guard let draft = try? StoreDraft(reading: store.span, with: dataKey), draft.generation < StoreHeader.generationEnd
    else { return }
    guard let written = try? draft.encoded(), let again = try? StoreDraft(reading: written.span, with: dataKey) else {
        fatalError("a store that was read can't be written and read")
    }
    require(again.profiles == draft.profiles && again.isUnfinished == draft.isUnfinished, "another index")
    require(again.slots.map(\.bytes) == draft.slots.map(\.bytes), "other slots")
    for profile in draft.profiles {
        guard let key = try? draft.key(of: profile), let other = try? again.key(of: profile) else {
            fatalError("a profile of a store that was read has no key")
        }
        require(key.isSameKey(as: other) && key.isSessionsOnly == other.isSessionsOnly, "another key")
        require(key.confirmation == other.confirmation, "other questions")
    }
}

/// The same store with its commitment, and with index and records sealed, as far as they are where they should be.
private func sealed(_ plain: [UInt8]) -> [UInt8] {
    // Room for the tag is in the size that the header gives.
    guard let header = try? StoreHeader(reading: plain.span, fileSize: plain.count),
        var index = plain.part(header.indexOffset, header.indexSize - Sealed.tagSize)
    else { return plain }
    var store = plain
    if let read = try? StoreIndex(SecretBytes(copying: index.span)) {
        for number in 0..<min(read.recordCount, 100) {
            guard let entry = try? read.entry(number),
                let record = sealed(entry, in: plain, header)
            else { continue }
            let offset = header.recordsOffset + entry.offset
            store.replaceSubrange(offset..<offset + entry.size, with: record)
            let tag = StoreIndex.headSize + number * StoreIndex.Entry.size + 24
            index.replaceSubrange(tag..<tag + Sealed.tagSize, with: record.suffix(Sealed.tagSize))
        }
    }
    store.replaceSubrange(40..<72, with: StoreHeader.commitment(of: dataKey, id: header.id))
    let head = Array(store[..<header.indexOffset])
    let sealedIndex = Sealed.seal(
        index.span, associated: head.span, nonce: header.indexNonce.span, with: StoreHeader.indexKey(from: dataKey))
    store.replaceSubrange(header.indexOffset..<header.recordsOffset, with: sealedIndex)
    return store
}

/// A record whose plain bytes lie between the places of its nonce and its tag.
private func sealed(_ entry: StoreIndex.Entry, in plain: [UInt8], _ header: StoreHeader) -> [UInt8]? {
    let around = Sealed.nonceSize + Sealed.tagSize
    guard entry.size >= around,
        let content = plain.part(header.recordsOffset + entry.offset + Sealed.nonceSize, entry.size - around),
        plain.part(header.recordsOffset + entry.offset, entry.size) != nil
    else { return nil }
    return SealedRecord(
        sealing: SecretBytes(copying: content.span), id: entry.id, kind: entry.kind, generation: entry.generation,
        store: header.id, with: SealedRecord.key(from: dataKey)
    ).bytes
}

extension Array<UInt8> {
    /// Some of the bytes; `nil` where there aren't as many.
    fileprivate func part(_ offset: Int, _ size: Int) -> [UInt8]? {
        guard offset >= 0, size >= 0, offset <= count, size <= count - offset else { return nil }
        return Array(self[offset..<offset + size])
    }
}
