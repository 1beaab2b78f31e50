import Sealing

/// The bytes that hexadecimal digits stand for.
public func bytes(hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.utf8.compactMap(hexadecimalDigit)
    precondition(digits.count == hexadecimal.utf8.count && digits.count.isMultiple(of: 2), "no bytes: \(hexadecimal)")
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
