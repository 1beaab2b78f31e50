import Sealing

/// What the asker says to those who wait.
enum Answer: ~Copyable {
    /// The data key, and the highest generation of the store that the keyring knows of.
    case opened(Unlocked)
    case failure(SharedFailure)

    private static let openedNumber: UInt8 = 1
    private static let failureNumber: UInt8 = 2

    /// As it is sent: a byte for its kind, then the generation in 8 bytes and the key, or the failure's parts.
    borrowing func encoded() -> SecretBytes {
        var message = SecretBuilder()
        switch self {
        case .opened(let unlocked):
            var head = [Self.openedNumber]
            head.append(littleEndian: unlocked.generation)
            message.add(head.span)
            unlocked.dataKey.withBytes { message.add($0) }
        case .failure(let failure):
            message.add(([Self.failureNumber] + failure.encoded()).span)
        }
        return message.joined()
    }

    /// Reads a message; `nil` if it is none.
    init?(reading message: borrowing SecretBytes) {
        switch message.withBytes({ $0.isEmpty ? 0 : $0[0] }) {
        case Self.openedNumber where message.count > 9:
            let key = message.withBytes { SealingKey(SecretBytes(copying: $0.extracting(9..<$0.count))) }
            guard let key else { return nil }
            self = .opened(Unlocked(dataKey: key, generation: message.withBytes { $0.littleEndian(at: 1) }))
        case Self.failureNumber:
            guard let failure = SharedFailure(reading: message.withBytes { $0.extracting(1..<$0.count).array() }) else {
                return nil
            }
            self = .failure(failure)
        default: return nil
        }
    }
}
