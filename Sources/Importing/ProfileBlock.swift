import AWSConfig
import Sealing

/// The lines of config that ``ProfileTemplate``s have made: each template's stand between two comments, of which the
/// second one has a checksum of what is between them. So a line that somebody wrote there isn't taken for one of ours.
///
///     # awskeys profiles: begin team
///     [profile prod-admin]
///     ...
///     # awskeys profiles: end team 0123456789abcdef
struct ProfileBlock {
    static let begin = "# awskeys profiles: begin "
    static let end = "# awskeys profiles: end "
    private static let mark = "# awskeys profiles:"

    let name: String
    /// The number of its first line, from 1.
    let firstLine: Int
    /// The bytes of its lines, both comments and their ends included.
    private(set) var ranges: [Range<Int>]
    /// Whether the checksum is right.
    private(set) var isOurs = false

    /// The numbers of its lines.
    var lines: ClosedRange<Int> { firstLine...firstLine + ranges.count - 1 }

    var range: Range<Int> { (ranges.first?.lowerBound ?? 0)..<(ranges.last?.upperBound ?? 0) }

    /// The blocks of a file.
    ///
    /// - Throws: ``ProfilesError/brokenMark(line:)``.
    static func all(in bytes: borrowing Span<UInt8>) throws(ProfilesError) -> [ProfileBlock] {
        var blocks: [ProfileBlock] = []
        var open: ProfileBlock?
        var (start, line) = (0, 0)
        while start < bytes.count {
            line += 1
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            let next = min(end + 1, bytes.count)
            defer { start = next }
            open?.ranges.append(start..<next)
            guard bytes.begins(with: mark, at: start) else { continue }
            if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            let text = String(decoding: bytes.extracting(start..<end).array(), as: UTF8.self)
            if text.hasPrefix(begin), open == nil {
                let name = String(text.dropFirst(begin.count))
                guard SectionHeader.isPlain(name), !blocks.contains(where: { $0.name == name }) else {
                    throw .brokenMark(line: line)
                }
                open = ProfileBlock(name: name, firstLine: line, ranges: [start..<next])
            } else if text.hasPrefix(Self.end), var block = open,
                text.dropFirst(Self.end.count).hasPrefix(block.name + " ")
            {
                let sum = text.dropFirst(Self.end.count + block.name.count + 1)
                block.isOurs = sum == checksum(bytes, block.ranges.dropFirst().dropLast())
                blocks.append(block)
                open = nil
            } else {
                throw .brokenMark(line: line)
            }
        }
        if let open { throw .brokenMark(line: open.firstLine) }
        return blocks
    }

    /// The lines of a template's block, without their ends.
    static func lines(of template: ProfileTemplate) -> [String] {
        var lines = ["# made of a template: change that, and run `awskeys profiles apply` again"]
        for profile in template.profiles {
            if lines.count > 1 { lines.append("") }
            lines += self.lines(of: profile)
        }
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        let sum = checksum(bytes.span, [0..<bytes.count])
        return [begin + template.name] + lines + [end + template.name + " " + sum]
    }

    /// The lines of a profile, without their ends.
    static func lines(of profile: ProfileTemplate.Profile) -> [String] {
        [profile.name == "default" ? "[default]" : "[profile \(profile.name)]"]
            + profile.settings.map { "\($0.name) = \($0.value)" }
    }

    /// Of lines, whatever their ends are: 16 hexadecimal digits.
    private static func checksum(_ bytes: borrowing Span<UInt8>, _ ranges: some Sequence<Range<Int>>) -> String {
        // Somebody may have put a secret there.
        var text = SecretBytes(zeros: bytes.count)
        var count = 0
        text.withMutableBytes { text in
            for range in ranges {
                for index in range where bytes[index] != UInt8(ascii: "\r") {
                    text[count] = bytes[index]
                    count += 1
                }
            }
        }
        return text.withBytes { hexadecimal(Array(sha256($0.extracting(0..<count)).prefix(8))) }
    }
}

extension Span<UInt8> {
    fileprivate func begins(with text: String, at start: Int) -> Bool {
        guard start + text.utf8.count <= count else { return false }
        for (index, byte) in text.utf8.enumerated() where self[start + index] != byte { return false }
        return true
    }
}
