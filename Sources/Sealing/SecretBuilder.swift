/// Puts bytes together in locked memory, where some of them are secret.
public struct SecretBuilder: ~Copyable {
    private var bytes = SecretBytes(zeros: 512)
    private var count = 0

    /// Nothing yet.
    public init() {}

    /// Adds bytes.
    public mutating func add(_ part: borrowing Span<UInt8>) {
        if count + part.count > bytes.count {
            var larger = SecretBytes(zeros: 2 * (count + part.count))
            bytes.withBytes { old in larger.withMutableBytes { $0.write(old, at: 0) } }
            bytes = larger
        }
        let at = count
        bytes.withMutableBytes { $0.write(part, at: at) }
        count += part.count
    }

    /// Adds text that is no secret.
    public mutating func add(_ text: String) { add(text.utf8.span) }

    /// All that was added.
    public consuming func joined() -> SecretBytes {
        bytes.truncate(to: count)
        return bytes
    }
}
