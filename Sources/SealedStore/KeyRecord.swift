public import Sealing

/// An IAM access key as the store keeps it.
public struct KeyRecord: ~Copyable, Sendable {
    /// The access key id; not a secret.
    public let accessKeyID: String
    /// The secret access key.
    public let secretAccessKey: SecretBytes
    /// When it came into the store, in seconds since 1970.
    public let added: UInt64
    /// Whether it ever lay in plain text, so that others must be thought to have seen it.
    public let exposed: Bool
    /// Whether programs get temporary credentials that were got with it, and never the key itself.
    public let isSessionsOnly: Bool
    /// How often a person is asked before a program gets it; `nil` for never.
    public let confirmation: Confirmation?

    /// A key.
    public init(
        accessKeyID: String, secretAccessKey: consuming SecretBytes, added: UInt64, exposed: Bool,
        isSessionsOnly: Bool = false, confirmation: Confirmation? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.added = added
        self.exposed = exposed
        self.isSessionsOnly = isSessionsOnly
        self.confirmation = confirmation
    }
}

extension KeyRecord {
    /// The same key, of which something else is said.
    borrowing func copy(exposed: Bool, isSessionsOnly: Bool, _ confirmation: Confirmation?) -> KeyRecord {
        KeyRecord(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.copy(), added: added, exposed: exposed,
            isSessionsOnly: isSessionsOnly, confirmation: confirmation)
    }

    /// Whether both are one access key, whatever else is known of them.
    public borrowing func isSameKey(as other: borrowing KeyRecord) -> Bool {
        accessKeyID == other.accessKeyID && other.secretAccessKey.withBytes { secretAccessKey.equals($0) }
    }

    /// The number of this kind of record in the index.
    static let kind: UInt16 = 1
    /// Records grow in steps of this many bytes, so that their sizes don't tell keys apart.
    private static let padding = 128

    private enum Field: UInt8 {
        case end = 0
        case accessKeyID, secretAccessKey, added, exposed
        /// It has no value, and is there where it holds. Critical: who doesn't know it would give the key away.
        case sessionsOnly = 0x80
        /// One byte, a ``Confirmation``. Critical: who doesn't know it would ask nobody.
        case confirmation
    }

    /// Marks a field that a reader who doesn't know it must not pass over.
    private static let critical: UInt8 = 0x80
    private static let newer = StoreError.newer(major: StoreHeader.major, minor: StoreHeader.minor)

    /// The plain bytes of the record: fields of number 1, size 2 and value, then zeros.
    borrowing func plain() -> SecretBytes {
        let optional = (isSessionsOnly ? 3 : 0) + (confirmation == nil ? 0 : 3 + 1)
        let fields = 3 + accessKeyID.utf8.count + 3 + secretAccessKey.count + 3 + 8 + 3 + 1 + optional + 1
        var plain = SecretBytes(zeros: (fields + Self.padding - 1) / Self.padding * Self.padding)
        var head: [UInt8] = [Field.accessKeyID.rawValue]
        head.append(littleEndian: UInt16(accessKeyID.utf8.count))
        head += accessKeyID.utf8
        head.append(Field.secretAccessKey.rawValue)
        head.append(littleEndian: UInt16(secretAccessKey.count))
        var tail: [UInt8] = [Field.added.rawValue]
        tail.append(littleEndian: UInt16(8))
        tail.append(littleEndian: added)
        tail.append(Field.exposed.rawValue)
        tail.append(littleEndian: UInt16(1))
        tail.append(exposed ? 1 : 0)
        if isSessionsOnly {
            tail.append(Field.sessionsOnly.rawValue)
            tail.append(littleEndian: UInt16(0))
        }
        if let confirmation {
            tail.append(Field.confirmation.rawValue)
            tail.append(littleEndian: UInt16(1))
            tail.append(confirmation.rawValue)
        }
        let secretOffset = head.count
        let tailOffset = secretOffset + secretAccessKey.count
        plain.withMutableBytes { plain in
            plain.write(head.span, at: 0)
            secretAccessKey.withBytes { plain.write($0, at: secretOffset) }
            plain.write(tail.span, at: tailOffset)
        }
        return plain
    }

    /// Reads the plain bytes of a record.
    init(reading plain: borrowing SecretBytes) throws(StoreError) {
        var accessKeyID: String?
        var secret: Range<Int>?
        var added: UInt64?
        var exposed: Bool?
        var isSessionsOnly = false
        var confirmation: Confirmation?
        try plain.withBytes { (span) throws(StoreError) in
            var offset = 0
            var last: UInt8 = 0
            while offset < span.count, span[offset] != Field.end.rawValue {
                let number = span[offset]
                guard span.count - offset >= 3, number > last else { throw .damaged(.record) }
                let start = offset + 3
                let end = start + Int(span.littleEndian(at: offset + 1, as: UInt16.self))
                guard end <= span.count else { throw .damaged(.record) }
                switch Field(rawValue: number) {
                case .accessKeyID:
                    let id = span.extracting(start..<end).array()
                    guard id.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .damaged(.record) }
                    accessKeyID = String(decoding: id, as: UTF8.self)
                case .secretAccessKey:
                    secret = start..<end
                case .added:
                    added = end - start == 8 ? span.littleEndian(at: start) : nil
                case .exposed:
                    exposed = end - start == 1 && span[start] <= 1 ? span[start] == 1 : nil
                case .sessionsOnly:
                    guard end == start else { throw .damaged(.record) }
                    isSessionsOnly = true
                case .confirmation:
                    guard end - start == 1 else { throw .damaged(.record) }
                    confirmation = Confirmation(rawValue: span[start])
                    guard confirmation != nil else { throw Self.newer }
                case .end, nil:
                    guard number & Self.critical == 0 else { throw Self.newer }
                }
                last = number
                offset = end
            }
            while offset < span.count {
                guard span[offset] == 0 else { throw .damaged(.record) }
                offset += 1
            }
        }
        guard let accessKeyID, let secret, let added, let exposed else { throw .damaged(.record) }
        let secretBytes = plain.withBytes { SecretBytes(copying: $0.extracting(secret)) }
        self.init(
            accessKeyID: accessKeyID, secretAccessKey: secretBytes, added: added, exposed: exposed,
            isSessionsOnly: isSessionsOnly, confirmation: confirmation)
    }
}
