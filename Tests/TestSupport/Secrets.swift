public import Sealing

/// The access key id of AWS's documentation.
public let exampleID = "AKIAIOSFODNN7EXAMPLE"
/// The secret access key of AWS's documentation.
public let exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
/// Another access key id, which nobody has.
public let otherID = "AKIAI44QH8DHBEXAMPLE"
/// Another secret access key, which nobody has.
public let otherSecret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"

extension SecretBytes {
    /// The bytes of a text.
    public init(text: String) { self.init(copying: text.utf8.span) }

    /// The bytes, for comparing.
    public func array() -> [UInt8] { withBytes { $0.array() } }

    /// The bytes as text, for comparing.
    public func text() -> String { String(decoding: array(), as: UTF8.self) }
}

extension SealingKey {
    /// A key that counts up from `first`.
    public static func counting(from first: UInt8 = 0) -> SealingKey {
        let bytes = (0..<UInt8(size)).map { first &+ $0 }
        guard let key = SealingKey(SecretBytes(copying: bytes.span)) else { fatalError("a key has 32 bytes") }
        return key
    }
}

/// There was nothing where something should be.
public struct Absent: Error {}

/// What must be there, and can't be copied, as `#require` would.
public func present<Value: ~Copyable>(_ value: consuming Value?) throws(Absent) -> Value {
    guard let value else { throw Absent() }
    return value
}

/// Whether there is nothing.
public func isAbsent<Value: ~Copyable>(_ value: consuming Value?) -> Bool {
    if value != nil { return false }
    return true
}

/// The error that `body` throws; `nil` if it throws none.
public func problem<Problem: Error>(_ body: () throws(Problem) -> Void) -> Problem? {
    do throws(Problem) {
        try body()
        return nil
    } catch {
        return error
    }
}
