import Sealing

/// The first bytes of a store, in the clear: what it is, and how long its parts are.
///
/// `docs/format.md` gives the byte layout.
struct StoreHeader: Sendable, Equatable {
    static let magic: [UInt8] = Array("AWSKEYS\0".utf8)
    static let major: UInt16 = 1
    static let minor: UInt16 = 3
    /// The size in bytes.
    static let size = 112
    /// The size in bytes that no store exceeds.
    static let largestStore = 16 << 20
    static let mostSlots = 32
    /// What every generation is below, so that there is a next one to count to.
    static let generationEnd = UInt64.max

    var minor = StoreHeader.minor
    let id: [UInt8]
    var generation: UInt64
    let commitment: [UInt8]
    var slotCount: Int
    /// The size of all slots in bytes.
    var slotsSize: Int
    /// The size of the sealed index in bytes, with its tag.
    var indexSize: Int
    /// The size of all records in bytes.
    var recordsSize: Int
    var indexNonce: [UInt8]

    /// Where the sealed index begins; what lies before it is proved by it.
    var indexOffset: Int { Self.size + slotsSize }
    /// Where the records begin.
    var recordsOffset: Int { indexOffset + indexSize }
    /// The size of the whole file in bytes.
    var storeSize: Int { recordsOffset + recordsSize }

    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.size)
        bytes.append(littleEndian: Self.major)
        bytes.append(littleEndian: minor)
        bytes.append(littleEndian: UInt32(slotCount))
        bytes += id
        bytes.append(littleEndian: generation)
        bytes += commitment
        bytes.append(littleEndian: UInt32(slotsSize))
        bytes.append(littleEndian: UInt32(indexSize))
        bytes.append(littleEndian: UInt32(recordsSize))
        bytes.append(littleEndian: UInt32(0))
        bytes += indexNonce
        return bytes
    }
}

extension StoreHeader {
    /// Reads the header that a file begins with.
    ///
    /// - Parameters:
    ///   - bytes: the beginning of the file.
    ///   - fileSize: the size of the whole file in bytes, which must be what the header says.
    init(reading bytes: borrowing Span<UInt8>, fileSize: Int) throws(StoreError) {
        guard bytes.count >= 12, bytes.extracting(0..<8).array() == Self.magic else { throw .notAStore }
        let major: UInt16 = bytes.littleEndian(at: 8)
        let minor: UInt16 = bytes.littleEndian(at: 10)
        // A later minor only adds what an earlier reader may pass over; a slot or field that it may not is marked so.
        guard major == Self.major else { throw .newer(major: major, minor: minor) }
        guard bytes.count >= Self.size, fileSize <= Self.largestStore else { throw .damaged(.header) }
        let slotCount = Int(bytes.littleEndian(at: 12, as: UInt32.self))
        let slotsSize = Int(bytes.littleEndian(at: 72, as: UInt32.self))
        let indexSize = Int(bytes.littleEndian(at: 76, as: UInt32.self))
        let recordsSize = Int(bytes.littleEndian(at: 80, as: UInt32.self))
        let reserved: UInt32 = bytes.littleEndian(at: 84)
        self.init(
            minor: minor, id: bytes.extracting(16..<32).array(), generation: bytes.littleEndian(at: 32),
            commitment: bytes.extracting(40..<72).array(), slotCount: slotCount, slotsSize: slotsSize,
            indexSize: indexSize, recordsSize: recordsSize, indexNonce: bytes.extracting(88..<112).array())
        guard storeSize == fileSize, slotCount <= Self.mostSlots, reserved == 0, indexSize >= Sealed.tagSize,
            generation < Self.generationEnd
        else { throw .damaged(.header) }
    }

    /// The public value that only this store's data key gives.
    static func commitment(of key: borrowing SealingKey, id: [UInt8]) -> [UInt8] {
        key.commitment(context: "storecom", binding: id.span)
    }
}

extension StoreHeader {
    /// Opens the index, which proves everything that lies before it.
    ///
    /// - Parameter bytes: the file from its beginning, up to the first record at least.
    /// - Throws: ``StoreError/wrongKey``, ``StoreError/damaged(_:)``.
    func openIndex(in bytes: borrowing Span<UInt8>, with dataKey: borrowing SealingKey) throws(StoreError) -> StoreIndex
    {
        try openIndex(
            SecretBytes(copying: bytes.extracting(indexOffset..<recordsOffset)),
            after: bytes.extracting(0..<indexOffset), with: dataKey)
    }

    /// Opens the index where it lies: with ten thousand profiles it is the better part of a megabyte, and memory that
    /// the process touches for the first time costs more than the cryptography.
    ///
    /// - Parameters:
    ///   - sealed: the sealed index.
    ///   - head: all that lies before it.
    /// - Throws: ``StoreError/wrongKey``, ``StoreError/damaged(_:)``.
    func openIndex(
        _ sealed: consuming SecretBytes, after head: borrowing Span<UInt8>, with dataKey: borrowing SealingKey
    ) throws(StoreError) -> StoreIndex {
        guard Self.commitment(of: dataKey, id: id) == commitment else { throw .wrongKey }
        let plain: SecretBytes
        do throws(SealingError) {
            plain = try Sealed.open(
                inPlace: sealed, associated: head, nonce: indexNonce.span, with: Self.indexKey(from: dataKey))
        } catch {
            throw .damaged(.index)
        }
        return try StoreIndex(plain)
    }

    /// The key that the index of a store is sealed with.
    static func indexKey(from dataKey: borrowing SealingKey) -> SealingKey { dataKey.derived("storeidx") }
}
