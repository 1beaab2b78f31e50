public import Sealing

/// A change to a file: a range of its bytes, and what takes their place. No other byte changes.
public struct Edit: Sendable, Hashable {
    /// What stands in the new text.
    public enum Text: Sendable, Hashable {
        /// Text that is no secret.
        case plain(String)
        /// The secret access key of a profile.
        case secret(of: String)
        /// Bytes of the file itself, which may be secret.
        case copy(Range<Int>)
    }

    /// The bytes that go; empty where something is only added.
    public let range: Range<Int>
    /// What comes in their place.
    public let text: [Text]

    /// A change.
    public init(_ range: Range<Int>, _ text: [Text] = []) {
        self.range = range
        self.text = text
    }
}

/// A file's bytes after some changes.
///
/// - Parameters:
///   - edits: their ranges don't overlap; those that add at the same place add in the order given.
///   - bytes: the file.
///   - secret: the secret access key of a profile.
public func applying(
    _ edits: [Edit], to bytes: borrowing Span<UInt8>, secret: (String) -> SecretBytes
) -> SecretBytes {
    let ordered = edits.inOrder
    let size = ordered.reduce(bytes.count) { size, edit in
        edit.text.reduce(size - edit.range.count) { size, text in
            switch text {
            case .plain(let text): size + text.utf8.count
            case .secret(let profile): size + secret(profile).count
            case .copy(let range): size + range.count
            }
        }
    }
    var result = SecretBytes(zeros: size)
    result.withMutableBytes { out in
        var from = 0
        var at = 0
        for edit in ordered {
            precondition(edit.range.lowerBound >= from, "edits overlap")
            out.write(bytes.extracting(from..<edit.range.lowerBound), at: at)
            at += edit.range.lowerBound - from
            for text in edit.text {
                switch text {
                case .plain(let text):
                    out.write(text.utf8.span, at: at)
                    at += text.utf8.count
                case .secret(let profile):
                    let secret = secret(profile)
                    secret.withBytes { out.write($0, at: at) }
                    at += secret.count
                case .copy(let range):
                    out.write(bytes.extracting(range), at: at)
                    at += range.count
                }
            }
            from = edit.range.upperBound
        }
        out.write(bytes.extracting(from..<bytes.count), at: at)
    }
    return result
}

extension [Edit] {
    /// The changes in the order of their places; those at the same place stay in theirs.
    public var inOrder: [Edit] {
        enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }.map(\.element)
    }
}
