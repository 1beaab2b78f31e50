import AWSConfig
import Sealing

/// A profile that has a role, and assumes it with its own key. Once the key is gone, SDKs take that for a circle. So
/// the key gets a profile of its own, which the first one names as its source.
struct SelfReference {
    /// What the key's profile is called.
    let keyProfile: String
    /// Where the profile names itself as its source: files, and the bytes of the values.
    private let references: [(file: ConfigDocument.File, value: Range<Int>)]

    private static let setting = "source_profile"

    /// - Parameters:
    ///   - profile: the profile with the role.
    ///   - isOther: whether the store has another key under a name.
    /// - Returns: `nil` where the profile is none of these, or a change would be more than exchanging a name.
    init?(
        of profile: String, config: borrowing AWSFile, credentials: borrowing AWSFile, isOther: (String) -> Bool
    ) {
        func has(_ property: String) -> Bool {
            config.text(property, of: profile) != nil || credentials.text(property, of: profile) != nil
        }
        let source = credentials.text(Self.setting, of: profile) ?? config.text(Self.setting, of: profile)
        guard SectionHeader.isPlain(profile), source == profile, has("role_arn"), !has("credential_source"),
            !has("web_identity_token_file"), !has(ProfileLine.property),
            // A new section would get what `[DEFAULT]` has.
            !config.document.sections.contains(where: \.header.isInherited)
        else { return nil }
        var references: [(ConfigDocument.File, Range<Int>)] = []
        guard config.addReferences(to: profile, &references), credentials.addReferences(to: profile, &references) else {
            return nil
        }
        let names = [profile + "-key"] + (2...9).map { "\(profile)-key-\($0)" }
        let taken = Set((config.document.sections + credentials.document.sections).compactMap(\.header.profile))
        guard let free = names.first(where: { !taken.contains($0) && !isOther($0) }) else { return nil }
        keyProfile = free
        self.references = references
    }

    /// Lets the first profile name the key's.
    func edit(_ edits: inout FileEdits, in file: ConfigDocument.File) {
        for reference in references where reference.file == file {
            edits.replace(reference.value, with: keyProfile)
        }
    }
}

extension AWSFile {
    /// A property of a profile that is no secret; `nil` if it isn't there or is empty.
    fileprivate func text(_ property: String, of profile: String) -> String? {
        guard let found = document.section(of: profile)?.property(property), !found.value.isEmpty else { return nil }
        return text(found)
    }

    /// Adds the values of `source_profile` with which a profile names itself.
    ///
    /// - Returns: whether another name can stand in their place, and no other profile builds on this one. Some SDKs
    ///   give that one the key and some the role, which only a profile with both can do.
    fileprivate func addReferences(
        to profile: String, _ references: inout [(ConfigDocument.File, Range<Int>)]
    ) -> Bool {
        for section in document.sections {
            for name in ["source_profile", Role.adoptedPrefix + "source_profile"] {
                guard let property = section.property(name) else { continue }
                // To some SDKs, what follows is a comment.
                let words = text(property).split(whereSeparator: \.isWhitespace)
                guard words.first == profile[...] else { continue }
                let isItsOwn = section.header.profile == profile && name == "source_profile" && words.count == 1
                guard isItsOwn, !property.isIndented, !property.isContinued else { return false }
                references.append((document.file, property.value))
            }
        }
        return true
    }
}

extension Journal {
    /// The profile that had the key lines which a stored profile's key comes from: itself, or the one that it was split
    /// from.
    func origin(of stored: String) throws(ImportError) -> String {
        if try config.hasKey(of: stored, .config) { return stored }
        if try credentials.hasKey(of: stored, .credentials) { return stored }
        if let origin = try config.split(into: stored, .config) { return origin }
        return try credentials.split(into: stored, .credentials) ?? stored
    }
}

extension Optional where Wrapped == Journal.Change {
    fileprivate borrowing func hasKey(of profile: String, _ file: ConfigDocument.File) throws(ImportError) -> Bool {
        switch self {
        case .some(let change):
            AWSFile(change.path, image: change.before.copy(), as: file).keyLines(of: profile) != nil
        case nil: false
        }
    }

    /// The profile that was its own source before the change, and has another one as its source after it.
    fileprivate borrowing func split(
        into keyProfile: String, _ file: ConfigDocument.File
    ) throws(ImportError) -> String? {
        switch self {
        case .some(let change):
            let before = AWSFile(change.path, image: change.before.copy(), as: file)
            let after = AWSFile(change.path, image: change.after.copy(), as: file)
            return before.document.sections.compactMap(\.header.profile).first { profile in
                before.text("source_profile", of: profile) == profile
                    && after.text("source_profile", of: profile) == keyProfile
            }
        case nil: return nil
        }
    }
}
