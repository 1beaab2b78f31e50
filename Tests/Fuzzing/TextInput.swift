import Sealing

@testable import Scanning

/// Looks for keys in text, whole and from a later byte on: they lie within it, apart, and one that is found is found
/// again where nothing but what is near it is there.
func tryText(_ bytes: borrowing Span<UInt8>) {
    let matcher = Matcher(known: ["AKIA000000001EXAMPLE"])
    var end = 0
    for match in matcher.matches(in: bytes) {
        require(match.range.lowerBound >= end && match.range.upperBound <= bytes.count, "keys overlap")
        require(match.range.count >= 20, "a key is longer")
        end = match.range.upperBound
        let from = max(0, match.range.lowerBound - Matcher.reach)
        let to = min(bytes.count, match.range.upperBound + Matcher.reach)
        let near = matcher.matches(in: bytes.extracting(from..<to))
        require(
            near.contains { $0.kind == match.kind && $0.range.lowerBound == match.range.lowerBound - from },
            "a key is found only by what is far away")
    }
}
