/// The account that an access key id names, in twelve digits; `nil` for an id of another shape, and for keys made
/// before AWS wrote the account into them, whose fifth character is `I` or `J`.
///
/// The 16 characters after the prefix are base32 (RFC 4648): one bit, the account in 40, and what tells keys apart.
public func accountID(ofAccessKey id: String) -> String? {
    let characters = Array(id.utf8.dropFirst(4))
    guard characters.count == 16, characters[0] != UInt8(ascii: "I"), characters[0] != UInt8(ascii: "J") else {
        return nil
    }
    var bits: UInt64 = 0
    for (number, character) in characters.enumerated() {
        let value: UInt8
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
        case UInt8(ascii: "2")...UInt8(ascii: "7"): value = character - UInt8(ascii: "2") + 26
        default: return nil
        }
        // Nine characters are 45 bits: the one before the account, the account, and four behind it.
        if number < 9 { bits = bits << 5 | UInt64(value) }
    }
    let account = String(bits >> 4 & (1 << 40 - 1))
    return account.count <= 12 ? String(repeating: "0", count: 12 - account.count) + account : nil
}
