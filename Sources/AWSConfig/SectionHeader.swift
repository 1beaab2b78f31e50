/// What stands between a section's brackets, and which profile it is.
public struct SectionHeader: Sendable, Equatable {
    /// The text between the brackets, as it stands.
    public let text: String
    /// The profile that it is; `nil` if it is none to any SDK.
    public let profile: String?
    /// Whether SDKs disagree about it: some take it for this profile, others for another one or none.
    public let isUnusual: Bool
    /// The profile that it is to botocore and the AWS CLI; `nil` if it is none.
    public let botocoreProfile: String?
    /// Whether all SDKs agree on the name wherever it stands: it has letters, digits and `_.+@%/:-` only.
    public var hasPlainName: Bool { profile.map(Self.isPlain) ?? false }
    /// Python's `[DEFAULT]`, whose properties botocore and the AWS CLI add to every profile.
    public var isInherited: Bool { text == "DEFAULT" }

    /// The longest header that is a profile to us, in bytes.
    private static let longest = 255

    /// Reads a header.
    ///
    /// - Parameters:
    ///   - text: what stands between the brackets.
    ///   - isOdd: whether something unusual stands around them.
    init(_ text: String, in file: ConfigDocument.File, isOdd: Bool) {
        self.text = text
        // Two names may be the same to Unicode and differ in their bytes, which is what SDKs compare, if they accept
        // them at all.
        let isTooLong = text.utf8.count > Self.longest
        let isOdd = isOdd || isTooLong || !text.utf8.allSatisfy { $0 < 0x80 }
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        let trimmed = words.joined(separator: " ")
        let prefixed = words.first == "profile" && words.count > 1
        let name = prefixed ? words.dropFirst().joined(separator: " ") : trimmed
        let unquoted = name.trimming(quotes: ["\"", "'"])
        // One word, as `shlex.split` has it.
        let isWord = unquoted == name ? words.count == 2 : text.hasSuffix(name)
        let isEscaped = unquoted.utf8.contains { "\"'\\".utf8.contains($0) }
        switch file {
        case .credentials:
            botocoreProfile = isTooLong || text == "DEFAULT" ? nil : text
            profile = unquoted
            isUnusual = isOdd || prefixed || text != trimmed || unquoted != name || text.isEmpty
        case .config where prefixed:
            botocoreProfile = text.hasPrefix("profile") && isWord && !isEscaped && !isTooLong ? unquoted : nil
            profile = unquoted
            // Quotes are needed around a name with spaces for some SDKs, and hide it from the others.
            let isExact = text == "profile " + name && (unquoted == name || unquoted.contains(" "))
            isUnusual = isOdd || !isExact || unquoted == "default"
        case .config:
            let known = ["sso-session", "services", "plugins", "preview"]
            let isOther = words.first.map { known.contains(String($0)) } ?? false
            botocoreProfile = text == "default" ? text : nil
            profile = isOther ? nil : unquoted
            isUnusual = isOdd || text != "default" && !isOther
        }
    }

    /// Whether a profile's name is read the same by every SDK.
    public static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= longest
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_.+@%/:-".utf8.contains(byte)
                }
            }
    }
}

extension String {
    /// The text without the pair of quotes around it, if it has one.
    fileprivate func trimming(quotes: [Character]) -> String {
        guard let first, count >= 2, quotes.contains(first), last == first else { return self }
        return String(dropFirst().dropLast())
    }
}
