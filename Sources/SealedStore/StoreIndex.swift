import Sealing

/// The opened index: which record each profile has, and where and what each record is.
///
/// It stays as the bytes that were opened, since looking up one profile is all that most readers want.
struct StoreIndex: ~Copyable {
    /// Where a record lies, and what proves it.
    struct Entry: Sendable, Equatable {
        static let size = 52

        let id: [UInt8]
        /// The store's generation when the record was sealed.
        let generation: UInt64
        let tag: [UInt8]
        /// Where it begins, in bytes after the first record's beginning.
        let offset: Int
        /// Its size in bytes: nonce, ciphertext and tag.
        let size: Int
        let kind: UInt16
        var reserved: UInt16 = 0
    }

    static let mostRecords = 65_536

    /// The size in bytes of what stands before the entries.
    static let headSize = 12
    /// The flag of ``isUnfinished``.
    private static let unfinished: UInt32 = 1

    private let bytes: SecretBytes
    let recordCount: Int
    let profileCount: Int
    /// Whether a change that spans more than this file was begun and not ended, so that a reader with more means than
    /// the fast lane should have a look.
    let isUnfinished: Bool

    /// Checks the sizes only; ``read(recordsSize:)`` checks everything.
    init(_ bytes: consuming SecretBytes) throws(StoreError) {
        let (records, profiles, flags) = bytes.withBytes { span in
            guard span.count >= Self.headSize else { return (-1, -1, UInt32.max) }
            return (
                Int(span.littleEndian(at: 0, as: UInt32.self)), Int(span.littleEndian(at: 4, as: UInt32.self)),
                span.littleEndian(at: 8)
            )
        }
        guard (0...Self.mostRecords).contains(records), (0...Self.mostRecords).contains(profiles),
            flags & ~Self.unfinished == 0, bytes.count >= Self.headSize + records * Entry.size
        else { throw .damaged(.index) }
        self.bytes = bytes
        recordCount = records
        profileCount = profiles
        isUnfinished = flags & Self.unfinished != 0
    }

    /// The number of the record that a profile has.
    func record(of profile: String) throws(StoreError) -> Int? {
        let wanted = profile.utf8.span
        return try bytes.withBytes { (span) throws(StoreError) in
            var offset = Self.headSize + recordCount * Entry.size
            for _ in 0..<profileCount {
                let name = try Self.name(in: span, at: offset)
                if name.count == wanted.count, Self.same(span, at: name.lowerBound, wanted) {
                    return Int(span.littleEndian(at: name.upperBound, as: UInt32.self))
                }
                offset = name.upperBound + 4
            }
            return nil
        }
    }

    /// One record's entry.
    func entry(_ number: Int) throws(StoreError) -> Entry {
        guard (0..<recordCount).contains(number) else { throw .damaged(.index) }
        return bytes.withBytes { span in
            let at = Self.headSize + number * Entry.size
            return Entry(
                id: span.extracting(at..<at + 16).array(), generation: span.littleEndian(at: at + 16),
                tag: span.extracting(at + 24..<at + 40).array(),
                offset: Int(span.littleEndian(at: at + 40, as: UInt32.self)),
                size: Int(span.littleEndian(at: at + 44, as: UInt32.self)), kind: span.littleEndian(at: at + 48),
                reserved: span.littleEndian(at: at + 50))
        }
    }

    /// Everything in it, in the one order and shape that is valid.
    func read(recordsSize: Int) throws(StoreError) -> (entries: [Entry], profiles: [(name: String, record: Int)]) {
        var entries: [Entry] = []
        var end = 0
        for number in 0..<recordCount {
            let entry = try entry(number)
            guard entry.offset == end, entry.size >= Sealed.nonceSize + Sealed.tagSize, entry.reserved == 0 else {
                throw .damaged(.index)
            }
            end += entry.size
            entries.append(entry)
        }
        let profiles = try profiles()
        // Keys belong to profiles, and nothing else does.
        let pointedAt = Set(profiles.map(\.record))
        guard end == recordsSize, Set(entries.map(\.id)).count == entries.count,
            entries.indices.allSatisfy({ pointedAt.contains($0) == (entries[$0].kind == KeyRecord.kind) })
        else { throw .damaged(.index) }
        return (entries, profiles)
    }

    /// Every profile with the number of its record, in the order of the names' bytes.
    func profiles() throws(StoreError) -> [(name: String, record: Int)] {
        try bytes.withBytes { (span) throws(StoreError) in
            var profiles: [(name: String, record: Int)] = []
            var offset = Self.headSize + recordCount * Entry.size
            for _ in 0..<profileCount {
                let range = try Self.name(in: span, at: offset)
                guard let name = String(validating: span.extracting(range).array(), as: UTF8.self), !name.isEmpty,
                    profiles.last.map({ $0.name.utf8.lexicographicallyPrecedes(name.utf8) }) ?? true
                else { throw .damaged(.index) }
                let record = Int(span.littleEndian(at: range.upperBound, as: UInt32.self))
                guard record < recordCount else { throw .damaged(.index) }
                profiles.append((name, record))
                offset = range.upperBound + 4
            }
            guard offset == span.count else { throw .damaged(.index) }
            return profiles
        }
    }

    /// Where the name of the profile lies whose entry begins at `offset`.
    private static func name(in span: borrowing Span<UInt8>, at offset: Int) throws(StoreError) -> Range<Int> {
        guard span.count - offset >= 2 else { throw .damaged(.index) }
        let count = Int(span.littleEndian(at: offset, as: UInt16.self))
        guard span.count - offset >= 2 + count + 4 else { throw .damaged(.index) }
        return offset + 2..<offset + 2 + count
    }

    private static func same(_ span: borrowing Span<UInt8>, at offset: Int, _ wanted: borrowing Span<UInt8>) -> Bool {
        // From the end, since the names of a store have beginnings in common rather than ends.
        var index = wanted.count
        while index > 0 {
            index -= 1
            if span[offset + index] != wanted[index] { return false }
        }
        return true
    }

    /// The bytes of an index.
    ///
    /// - Parameters:
    ///   - entries: the records, in the order in which they lie in the store.
    ///   - profiles: the number of each profile's record.
    ///   - isUnfinished: see ``isUnfinished``.
    static func bytes(entries: [Entry], profiles: [String: Int], isUnfinished: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt32(entries.count))
        bytes.append(littleEndian: UInt32(profiles.count))
        bytes.append(littleEndian: isUnfinished ? unfinished : 0)
        for entry in entries {
            bytes += entry.id
            bytes.append(littleEndian: entry.generation)
            bytes += entry.tag
            bytes.append(littleEndian: UInt32(entry.offset))
            bytes.append(littleEndian: UInt32(entry.size))
            bytes.append(littleEndian: entry.kind)
            bytes.append(littleEndian: UInt16(0))
        }
        for (name, record) in profiles.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            bytes.append(littleEndian: UInt16(name.utf8.count))
            bytes += name.utf8
            bytes.append(littleEndian: UInt32(record))
        }
        return bytes
    }
}
