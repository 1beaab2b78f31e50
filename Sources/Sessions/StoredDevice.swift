public import SealedStore
public import Sealing

/// A device for multi-factor authentication whose seed the store keeps.
public struct StoredDevice: ~Copyable {
    /// Its ARN, as AWS calls it.
    public let serialNumber: String
    /// What its codes are made of.
    public let seed: SecretBytes
    /// The last step of time whose code was given out: AWS takes each code once.
    public let lastStep: UInt64

    /// A device.
    public init(serialNumber: String, seed: consuming SecretBytes, lastStep: UInt64 = 0) {
        self.serialNumber = serialNumber
        self.seed = seed
        self.lastStep = lastStep
    }

    /// What comes of asking for a code.
    public enum Code: Equatable, Sendable {
        /// It may be used now.
        case ready(String)
        /// The one of now was given out already; the next one comes in so many seconds.
        case later(seconds: Int)
    }
}

extension StoredDevice {
    /// The note's bytes; `docs/format.md` has the layout.
    borrowing func encoded() -> SecretBytes {
        var head: [UInt8] = []
        head.append(sized: serialNumber)
        head.append(littleEndian: lastStep)
        var bytes = SecretBuilder()
        bytes.add(head.span)
        seed.withBytes { bytes.add(sized: $0) }
        return bytes.joined()
    }

    /// Reads a note.
    ///
    /// - Throws: ``StoreError/damaged(_:)``.
    public init(reading bytes: borrowing SecretBytes) throws(StoreError) {
        self = try bytes.withBytes { (span) throws(StoreError) in
            var reader = RecordReader()
            let serial = try reader.text(span)
            let last: UInt64 = try reader.number(span)
            let seed = try reader.secret(span)
            try reader.end(span)
            // There are 2^32 steps in four thousand years.
            guard last <= UInt64(UInt32.max) else { throw .damaged(.record) }
            return StoredDevice(serialNumber: serial, seed: seed, lastStep: last)
        }
    }
}

extension StoreDraft {
    /// Whether it has a device's seed.
    public func hasDevice(_ serialNumber: String) throws(StoreError) -> Bool { try note(of: serialNumber) != nil }

    /// Keeps a device's seed, in the place of another one of the same device.
    public mutating func set(_ seed: consuming SecretBytes, of serialNumber: String) throws(StoreError) {
        let id = try note(of: serialNumber)
        var lastStep: UInt64 = 0
        // If it is the same seed once more, its last code stays used.
        if let before = try device(id), seed.withBytes({ before.seed.equals($0) }) { lastStep = before.lastStep }
        let device = StoredDevice(serialNumber: serialNumber, seed: seed, lastStep: lastStep)
        setNote(device.encoded(), .mfa, id: id)
    }

    /// Forgets a device.
    ///
    /// - Returns: whether it was there.
    public mutating func removeDevice(_ serialNumber: String) throws(StoreError) -> Bool {
        guard let id = try note(of: serialNumber) else { return false }
        removeNote(id)
        return true
    }

    /// Takes a device's code, so that nobody else takes the same one.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    /// - Returns: `nil` if there's no such device. The draft is to be written only if a code is ready.
    public mutating func takeCode(of serialNumber: String, now: Int) throws(StoreError) -> StoredDevice.Code? {
        guard let id = try note(of: serialNumber), let device = try device(id) else { return nil }
        let step = UInt64(max(0, now) / OneTimePassword.step)
        // Further ahead than that, it was given out while the clock was wrong, and says nothing of the codes of now.
        guard step > device.lastStep || step + 1 < device.lastStep else {
            let wait = Int(clamping: (device.lastStep + 1) * UInt64(OneTimePassword.step)) - now
            return .later(seconds: wait)
        }
        setNote(
            StoredDevice(serialNumber: serialNumber, seed: device.seed.copy(), lastStep: step).encoded(), .mfa, id: id)
        return .ready(OneTimePassword.code(seed: device.seed, step: step))
    }

    private func device(_ id: [UInt8]?) throws(StoreError) -> StoredDevice? {
        guard let id, let bytes = try note(id, .mfa) else { return nil }
        return try StoredDevice(reading: bytes)
    }

    private func note(of serialNumber: String) throws(StoreError) -> [UInt8]? {
        for id in notes(.mfa) {
            guard let bytes = try note(id, .mfa) else { continue }
            if try StoredDevice(reading: bytes).serialNumber == serialNumber { return id }
        }
        return nil
    }
}

extension OpenStore {
    /// Whether the store keeps a device's seed.
    public func hasDevice(_ serialNumber: String) throws(StoreError) -> Bool {
        var isThere = false
        try forEachNote(.mfa) { (_, bytes) throws(StoreError) in
            if try StoredDevice(reading: bytes).serialNumber == serialNumber { isThere = true }
        }
        return isThere
    }
}
