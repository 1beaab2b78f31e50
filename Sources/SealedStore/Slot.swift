public import Sealing

/// One way in: the data key, wrapped under a key that a keyring keeps or that a passphrase gives.
public struct Slot: Sendable, Equatable {
    /// What opens a slot.
    public enum Kind: Sendable, Equatable {
        /// 32 random bytes that the desktop's keyring keeps.
        case keyring
        /// A passphrase that a person or a machine knows.
        case passphrase(salt: [UInt8], cost: PassphraseCost)
        /// A printed code of 128 random bits, used as a passphrase is.
        case recovery(salt: [UInt8], cost: PassphraseCost)
        /// A kind of a later version, which may be kept but not opened: its number and its parameters.
        case unknown(UInt8, parameters: [UInt8])
    }

    /// The size of an id in bytes.
    public static let idSize = 8

    /// What a trial of its passphrase or code costs; `nil` if neither opens it.
    public var cost: PassphraseCost? {
        switch kind {
        case .passphrase(_, let cost), .recovery(_, let cost): cost
        case .keyring, .unknown: nil
        }
    }

    /// What opens it.
    public let kind: Kind
    /// Its name within the store: ``idSize`` random bytes.
    public let id: [UInt8]
    /// When it was made, in seconds since 1970.
    public let created: UInt64
    /// What only the right key gives; compared before the wrap is opened.
    let commitment: [UInt8]
    let nonce: [UInt8]
    /// The data key, sealed.
    let wrapped: [UInt8]

    private static let wrappedSize = SealingKey.size + Sealed.tagSize
    private static let sealSize = SealingKey.commitmentSize + Sealed.nonceSize + wrappedSize

    /// Wraps a data key.
    ///
    /// - Parameters:
    ///   - dataKey: what is to be wrapped.
    ///   - kind: what opens the slot.
    ///   - key: the key that the keyring keeps or the passphrase gives.
    ///   - id: ``idSize`` random bytes.
    ///   - store: the store's id.
    ///   - created: the time, in seconds since 1970.
    public init(
        wrapping dataKey: borrowing SealingKey, kind: Kind, under key: borrowing SealingKey,
        id: [UInt8] = randomBytes(Slot.idSize), store: [UInt8], created: UInt64
    ) {
        let bound = Self.prefix(kind: kind, id: id, created: created) + store
        let nonce = randomBytes(Sealed.nonceSize)
        let wrapKey = key.derived("slotwrap")
        self.kind = kind
        self.id = id
        self.created = created
        self.commitment = key.commitment(context: "slotcomm", binding: bound.span)
        self.nonce = nonce
        self.wrapped = dataKey.withBytes {
            Sealed.seal($0, associated: bound.span, nonce: nonce.span, with: wrapKey)
        }
    }

    /// Opens the slot.
    ///
    /// - Returns: the store's data key; `nil` if `key` isn't the one.
    public func unwrap(with key: borrowing SealingKey, store: [UInt8]) -> SealingKey? {
        let bound = Self.prefix(kind: kind, id: id, created: created) + store
        guard key.commitment(context: "slotcomm", binding: bound.span) == commitment else { return nil }
        do throws(SealingError) {
            let opened = try Sealed.open(
                wrapped.span, associated: bound.span, nonce: nonce.span, with: key.derived("slotwrap"))
            return SealingKey(opened)
        } catch {
            return nil
        }
    }
}

extension Slot {
    /// Marks a kind that a reader who doesn't know it must not pass over.
    private static let critical: UInt8 = 0x80

    /// The slot as it stands in the store.
    var bytes: [UInt8] { Self.prefix(kind: kind, id: id, created: created) + commitment + nonce + wrapped }

    private static func prefix(kind: Kind, id: [UInt8], created: UInt64) -> [UInt8] {
        let (number, parameters) = numbered(kind)
        var bytes: [UInt8] = [number, 0]
        bytes.append(littleEndian: UInt16(parameters.count))
        bytes += id
        bytes.append(littleEndian: created)
        return bytes + parameters
    }

    private static func numbered(_ kind: Kind) -> (UInt8, parameters: [UInt8]) {
        switch kind {
        case .keyring: (1, [])
        case .passphrase(let salt, let cost): (2, encoded(salt, cost))
        case .recovery(let salt, let cost): (3, encoded(salt, cost))
        case .unknown(let number, let parameters): (number, parameters)
        }
    }

    private static func encoded(_ salt: [UInt8], _ cost: PassphraseCost) -> [UInt8] {
        var bytes = salt
        bytes.append(littleEndian: cost.passes)
        bytes.append(littleEndian: cost.memory)
        return bytes
    }

    /// Reads `count` slots that fill `bytes` to the last one.
    static func read(_ bytes: borrowing Span<UInt8>, count: Int, minor: UInt16) throws(StoreError) -> [Slot] {
        var slots: [Slot] = []
        var offset = 0
        for _ in 0..<count {
            let fixed = 4 + idSize + 8
            guard bytes.count - offset >= fixed + sealSize else { throw .damaged(.slots) }
            let parametersSize = Int(bytes.littleEndian(at: offset + 2, as: UInt16.self))
            let size = fixed + parametersSize + sealSize
            guard bytes.count - offset >= size, bytes[offset + 1] == 0 else { throw .damaged(.slots) }
            let parameters = bytes.extracting(offset + fixed..<offset + fixed + parametersSize)
            let seal = bytes.extracting(offset + fixed + parametersSize..<offset + size)
            slots.append(
                Slot(
                    kind: try kind(bytes[offset], parameters, minor: minor),
                    id: bytes.extracting(offset + 4..<offset + 4 + idSize).array(),
                    created: bytes.littleEndian(at: offset + 4 + idSize),
                    commitment: seal.extracting(0..<32).array(), nonce: seal.extracting(32..<56).array(),
                    wrapped: seal.extracting(56..<sealSize).array()))
            offset += size
        }
        guard offset == bytes.count else { throw .damaged(.slots) }
        return slots
    }

    private static func kind(
        _ number: UInt8, _ parameters: borrowing Span<UInt8>, minor: UInt16
    ) throws(StoreError) -> Kind {
        switch number {
        case 1:
            guard parameters.isEmpty else { throw .damaged(.slots) }
            return .keyring
        case 2, 3:
            guard parameters.count == SealingKey.saltSize + 8 else { throw .damaged(.slots) }
            let salt = parameters.extracting(0..<SealingKey.saltSize).array()
            do throws(SealingError) {
                let cost = try PassphraseCost(
                    passes: parameters.littleEndian(at: SealingKey.saltSize),
                    memory: parameters.littleEndian(at: SealingKey.saltSize + 4))
                return number == 2 ? .passphrase(salt: salt, cost: cost) : .recovery(salt: salt, cost: cost)
            } catch {
                throw .damaged(.slots)
            }
        default:
            guard number & critical == 0, number != 0 else { throw .newer(major: StoreHeader.major, minor: minor) }
            return .unknown(number, parameters: parameters.array())
        }
    }

    private init(
        kind: Kind, id: [UInt8], created: UInt64, commitment: [UInt8], nonce: [UInt8], wrapped: [UInt8]
    ) {
        self.kind = kind
        self.id = id
        self.created = created
        self.commitment = commitment
        self.nonce = nonce
        self.wrapped = wrapped
    }
}
