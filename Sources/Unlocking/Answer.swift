import Sealing

/// What the asker says to those who wait.
enum Answer: ~Copyable {
    case dataKey(SealingKey)
    case failure(SharedFailure)

    private static let dataKeyNumber: UInt8 = 1
    private static let failureNumber: UInt8 = 2

    /// As it is sent: a byte for its kind, then the key, or the failure's parts.
    borrowing func encoded() -> SecretBytes {
        var message = SecretBuilder()
        switch self {
        case .dataKey(let key):
            message.add([Self.dataKeyNumber].span)
            key.withBytes { message.add($0) }
        case .failure(let failure):
            message.add(([Self.failureNumber] + failure.encoded()).span)
        }
        return message.joined()
    }

    /// Reads a message; `nil` if it is none.
    init?(reading message: borrowing SecretBytes) {
        switch message.withBytes({ $0.isEmpty ? 0 : $0[0] }) {
        case Self.dataKeyNumber:
            guard let key = SealingKey(message.withBytes { SecretBytes(copying: $0.extracting(1..<$0.count)) }) else {
                return nil
            }
            self = .dataKey(key)
        case Self.failureNumber:
            guard let failure = SharedFailure(reading: message.withBytes { $0.extracting(1..<$0.count).array() }) else {
                return nil
            }
            self = .failure(failure)
        default: return nil
        }
    }
}
