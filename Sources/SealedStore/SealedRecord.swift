import Sealing

/// A record as it lies in the store: sealed, with what its place in the index says of it.
struct SealedRecord: Sendable {
    /// Its name within the store: 16 random bytes.
    let id: [UInt8]
    let kind: UInt16
    /// The store's generation when it was sealed.
    let generation: UInt64
    /// Nonce, ciphertext and tag.
    let bytes: [UInt8]

    static let idSize = 16

    /// Seals a record.
    init(
        sealing plain: borrowing SecretBytes, id: [UInt8] = randomBytes(SealedRecord.idSize), kind: UInt16,
        generation: UInt64, store: [UInt8], with key: borrowing SealingKey
    ) {
        let nonce = randomBytes(Sealed.nonceSize)
        let associated = Self.associated(store: store, id: id, kind: kind, generation: generation)
        self.id = id
        self.kind = kind
        self.generation = generation
        self.bytes =
            nonce + plain.withBytes { Sealed.seal($0, associated: associated.span, nonce: nonce.span, with: key) }
    }

    /// A record that the index names.
    ///
    /// - Parameter bytes: `entry.size` bytes.
    init(_ entry: StoreIndex.Entry, bytes: [UInt8]) {
        id = entry.id
        kind = entry.kind
        generation = entry.generation
        self.bytes = bytes
    }

    /// The tag that the index repeats, so that no older version of the record can take its place.
    var tag: [UInt8] { Array(bytes.suffix(Sealed.tagSize)) }

    /// Opens the record.
    func open(store: [UInt8], with key: borrowing SealingKey) throws(StoreError) -> SecretBytes {
        let associated = Self.associated(store: store, id: id, kind: kind, generation: generation)
        let span = bytes.span
        guard span.count >= Sealed.nonceSize + Sealed.tagSize else { throw .damaged(.record) }
        do throws(SealingError) {
            return try Sealed.open(
                span.extracting(Sealed.nonceSize...), associated: associated.span,
                nonce: span.extracting(..<Sealed.nonceSize), with: key)
        } catch {
            throw .damaged(.record)
        }
    }

    /// The key that all records of a store are sealed with.
    static func key(from dataKey: borrowing SealingKey) -> SealingKey { dataKey.derived("storerec") }

    private static func associated(store: [UInt8], id: [UInt8], kind: UInt16, generation: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(44)
        bytes.append(littleEndian: StoreHeader.major)
        bytes += store
        bytes += id
        bytes.append(littleEndian: kind)
        bytes.append(littleEndian: generation)
        return bytes
    }
}
