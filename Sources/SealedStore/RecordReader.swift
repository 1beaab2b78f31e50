public import Sealing

/// Reads what a note is made of, one piece after the other: numbers, texts with their size, secrets with theirs.
public struct RecordReader {
    /// How much has been read, in bytes.
    public private(set) var offset = 0

    /// At the beginning.
    public init() {}

    private mutating func range(_ span: borrowing Span<UInt8>, count: Int) throws(StoreError) -> Range<Int> {
        guard count <= span.count - offset else { throw .damaged(.record) }
        defer { offset += count }
        return offset..<offset + count
    }

    /// One byte.
    public mutating func byte(_ span: borrowing Span<UInt8>) throws(StoreError) -> UInt8 { try number(span) }

    /// A byte that is 0 or 1.
    public mutating func flag(_ span: borrowing Span<UInt8>) throws(StoreError) -> Bool {
        let byte = try byte(span)
        guard byte <= 1 else { throw .damaged(.record) }
        return byte == 1
    }

    /// A little-endian number.
    public mutating func number<Number: FixedWidthInteger>(
        _ span: borrowing Span<UInt8>
    ) throws(StoreError) -> Number {
        span.littleEndian(at: try range(span, count: MemoryLayout<Number>.size).lowerBound)
    }

    /// Bytes that are no secret, and whose number is known.
    public mutating func bytes(_ span: borrowing Span<UInt8>, count: Int) throws(StoreError) -> [UInt8] {
        span.extracting(try range(span, count: count)).array()
    }

    /// A text: its size in 2 bytes, then UTF-8.
    public mutating func text(_ span: borrowing Span<UInt8>) throws(StoreError) -> String {
        let size: UInt16 = try number(span)
        let bytes = span.extracting(try range(span, count: Int(size))).array()
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .damaged(.record) }
        return text
    }

    /// Secret bytes: their size in 4 bytes, then they.
    public mutating func secret(_ span: borrowing Span<UInt8>) throws(StoreError) -> SecretBytes {
        let size: UInt32 = try number(span)
        return SecretBytes(copying: span.extracting(try range(span, count: Int(size))))
    }

    /// Makes sure that nothing follows.
    public func end(_ span: borrowing Span<UInt8>) throws(StoreError) {
        guard offset == span.count else { throw .damaged(.record) }
    }
}

extension SecretBuilder {
    /// Adds bytes with their size before them, in 4 bytes.
    public mutating func add(sized part: borrowing Span<UInt8>) {
        var size: [UInt8] = []
        size.append(littleEndian: UInt32(part.count))
        add(size.span)
        add(part)
    }
}

extension Array<UInt8> {
    /// Appends a text with its size before it, in 2 bytes; names and paths are far shorter than 64 KiB.
    public mutating func append(sized text: String) {
        append(littleEndian: UInt16(text.utf8.count))
        self += text.utf8
    }
}
