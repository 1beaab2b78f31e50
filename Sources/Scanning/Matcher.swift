/// Finds access keys in bytes.
///
/// - An id is `AKIA` or `ASIA` and 16 characters of base32, with no letter or digit around it
///   (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
/// - A secret is 40 characters of base64 that don't look like words, a path or a hash, a few lines from an id or behind
///   a name such as `aws_secret_access_key` or `secret_key`. Without either, it could be anything.
public struct Matcher: Sendable {
    private let known: Set<String>

    /// How far a secret may be from an id.
    private static let aroundID = (lines: 5, bytes: 1000)
    /// How far a secret may be behind its name.
    private static let behindName = (lines: 2, bytes: 200)
    /// The longest id that AWS gives (IAM's API: `accessKeyIdType`).
    private static let longestID = 128
    /// What a match depends on lies so near to it, in bytes.
    static let reach = 2048

    /// - Parameter known: ids that count whatever follows `AKIA` or `ASIA`, and are no examples.
    public init(known: Set<String> = []) { self.known = known }

    /// All keys, in the order in which they lie there.
    public func matches(in bytes: borrowing Span<UInt8>) -> [Match] {
        let ids = ids(in: bytes)
        let names = secretNames(in: bytes)
        guard !ids.isEmpty || !names.isEmpty else { return [] }
        let near =
            around(ids, in: bytes)
            + names.map { $0..<bytes.end(of: Self.behindName, after: $0, atMost: bytes.count) }
        let secrets = secrets(in: bytes, near: near.sorted { $0.lowerBound < $1.lowerBound })
        return (ids + secrets).sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    // MARK: - Ids

    private func ids(in bytes: borrowing Span<UInt8>) -> [Match] {
        var ids: [Match] = []
        var at = 0
        // The rarest of its letters, where anything but keys is concerned.
        while let letter = bytes.first(UInt8(ascii: "I"), from: at) {
            at = letter + 1
            guard letter >= 2, at < bytes.count, bytes[letter - 2] == UInt8(ascii: "A"), bytes[at] == UInt8(ascii: "A")
            else { continue }
            let kind: Match.Kind
            switch bytes[letter - 1] {
            case UInt8(ascii: "K"): kind = .accessKeyID
            case UInt8(ascii: "S"): kind = .temporaryAccessKeyID
            default: continue
            }
            let start = letter - 2
            var end = start + 4
            while end < bytes.count, isCapitalOrDigit(bytes[end]), end - start <= Self.longestID { end += 1 }
            guard !bytes.hasLetterOrDigit(before: start), end == bytes.count || !isLetterOrDigit(bytes[end]) else {
                continue
            }
            if let isExample = isExample(bytes, start..<end) {
                ids.append(Match(kind: kind, range: start..<end, isExample: isExample))
            }
        }
        return ids
    }

    /// Whether what looks like an id is an example; `nil` if it is no id.
    private func isExample(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool? {
        let id = bytes.text(range)
        if known.contains(id) { return false }
        // AWS's own examples aren't all base32.
        if range.count == 20, id.hasSuffix("EXAMPLE") { return true }
        guard range.count == 20, range.allSatisfy({ isBase32(bytes[$0]) }) else { return nil }
        // Sixteen characters drawn of 32 are hardly ever fewer than six different ones; `AKIAXXXXXXXXXXXXXXXX` is.
        return Set(id.utf8.dropFirst(4)).count < 6
    }

    // MARK: - Secrets

    /// What is near to ids, from each no further than to the next one: an id on every few bytes of a line is no more
    /// work than one.
    private func around(_ ids: [Match], in bytes: borrowing Span<UInt8>) -> [Range<Int>] {
        var near: [Range<Int>] = []
        for (index, id) in ids.enumerated() {
            let last = index > 0 ? ids[index - 1].range.upperBound : 0
            let next = index + 1 < ids.count ? ids[index + 1].range.lowerBound : bytes.count
            let start = bytes.start(of: Self.aroundID, before: id.range.lowerBound, atLeast: last)
            near.append(start..<bytes.end(of: Self.aroundID, after: id.range.upperBound, atMost: next))
        }
        return near
    }

    /// Where names of secret access keys end: `aws_secret_access_key`, `SecretAccessKey`, `secret_key`.
    private func secretNames(in bytes: borrowing Span<UInt8>) -> [Int] {
        var ends: [Int] = []
        // Again the rarest letter.
        for letter in [UInt8(ascii: "k"), UInt8(ascii: "K")] {
            var at = 0
            while let key = bytes.first(letter, from: at) {
                at = key + 1
                guard bytes.has("key", at: key) else { continue }
                var word = bytes.skippingSeparatorBackwards(key) - 6
                if bytes.has("access", at: word) { word = bytes.skippingSeparatorBackwards(word) - 6 }
                if bytes.has("secret", at: word) { ends.append(key + 3) }
            }
        }
        return ends
    }

    /// - Parameter near: where to look, in order; these may overlap.
    private func secrets(in bytes: borrowing Span<UInt8>, near: [Range<Int>]) -> [Match] {
        var secrets: [Match] = []
        var at = 0
        for range in near {
            at = max(at, range.lowerBound)
            // What begins before it isn't looked at from its middle.
            while at > 0, at < range.upperBound, isSecretCharacter(bytes[at - 1]), isSecretCharacter(bytes[at]) {
                at += 1
            }
            while at < range.upperBound {
                let start = at
                let count = bytes.skipSecretCharacters(from: &at)
                guard count > 0 else {
                    at += 1
                    continue
                }
                let escaped = bytes.escapeEnd(at: start)
                if count - escaped == 40, bytes.standsAlone(start..<at), isRandom(bytes, start + escaped..<at) {
                    let isExample = bytes.contains("EXAMPLE", in: start..<at)
                    secrets.append(
                        Match(kind: .secretAccessKey, range: start + escaped..<at, isExample: isExample))
                }
            }
        }
        return secrets
    }

    /// Whether characters of base64 don't look like words, paths or hashes. Of those that are drawn at random, one in a
    /// thousand doesn't pass.
    private func isRandom(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        var seen: (UInt64, UInt64) = (0, 0)
        var classes: Set<CharacterClass> = []
        var (changes, last): (Int, CharacterClass?) = (0, nil)
        for index in range where bytes[index] != UInt8(ascii: "\\") {
            let byte = bytes[index]
            if byte < 64 { seen.0 |= 1 << UInt64(byte) } else { seen.1 |= 1 << UInt64(byte - 64) }
            let kind = CharacterClass(byte)
            if let last, last != kind { changes += 1 }
            classes.insert(kind)
            last = kind
        }
        // On average 30 different characters, and 27 changes from one kind to another.
        return classes.isSuperset(of: [.capital, .small]) && classes.count > 2 && changes >= 15
            && seen.0.nonzeroBitCount + seen.1.nonzeroBitCount >= 22
    }

    private enum CharacterClass {
        case capital, small, digit, sign

        init(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): self = .capital
            case UInt8(ascii: "a")...UInt8(ascii: "z"): self = .small
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .digit
            default: self = .sign
            }
        }
    }
}
