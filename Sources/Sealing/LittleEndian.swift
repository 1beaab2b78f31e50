// Inlined into their callers: a generic function across modules would be specialised at run time, and cost the fast
// lane more than all of its cryptography.

extension Span<UInt8> {
    /// The little-endian number that starts at `offset`; the caller has checked that it lies within.
    @inlinable @inline(__always)
    public func littleEndian<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number {
        var number: Number = 0
        for byte in 0..<MemoryLayout<Number>.size { number |= Number(self[offset + byte]) << (8 * byte) }
        return number
    }

    /// A copy in an array: for bytes that are no secret.
    @inlinable
    public func array() -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in indices { copy.append(self[index]) }
        return copy
    }
}

extension Array<UInt8> {
    /// Appends a number, its lowest byte first.
    @inlinable @inline(__always)
    public mutating func append(littleEndian number: some FixedWidthInteger) {
        for byte in 0..<number.bitWidth / 8 { append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }
}

extension MutableSpan<UInt8> {
    /// Writes `bytes` from `offset` on; the caller has checked that there is room.
    @inlinable
    public mutating func write(_ bytes: borrowing Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && bytes.count <= count - offset, "there is room")
        unsafe withUnsafeMutableBytes { out in
            unsafe bytes.withUnsafeBytes { bytes in
                guard let from = bytes.baseAddress, let to = out.baseAddress else { return }
                unsafe (to + offset).copyMemory(from: from, byteCount: bytes.count)
            }
        }
    }
}
