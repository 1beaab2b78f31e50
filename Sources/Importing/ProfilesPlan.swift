public import AWSConfig
import DurableFiles
import Sealing

/// What a template changes in config, and in nothing else. Nothing has been touched yet.
public struct ProfilesPlan: Sendable, Equatable {
    /// What becomes of a profile.
    public enum Action: String, Sendable {
        case add, change, keep, remove
    }

    /// A profile, and what becomes of it.
    public struct Step: Sendable, Equatable {
        /// Its name.
        public let profile: String
        /// What becomes of it.
        public let action: Action
    }

    /// The profiles: those of the template, then those that go.
    public let steps: [Step]
    /// What happens to the file; empty if there's nothing to do.
    public let edits: [Edit]

    /// Plans to write a template's profiles, or to take a template's block out.
    ///
    /// - Parameters:
    ///   - template: the template; `nil` to take its block out.
    ///   - name: what the template is called.
    /// - Throws: ``ProfilesError``.
    public init(
        _ template: ProfileTemplate?, named name: String, config: borrowing AWSFile, credentials: borrowing AWSFile
    ) throws(ProfilesError) {
        let document = config.document
        let blocks = config.withBytes { bytes in Result { () throws(ProfilesError) in try ProfileBlock.all(in: bytes) }
        }
        let block = try blocks.get().first { $0.name == name }
        guard template != nil || block != nil else { throw .noBlock(name) }
        let range = block?.range ?? document.size..<document.size
        let old = document.sections.filter { range.contains($0.start) }
        if let block, !block.isOurs {
            if let adopted = old.first(where: { $0.property(Role.adoptedPrefix + "role_arn") != nil }) {
                throw .adopted(profile: adopted.header.profile ?? "", line: adopted.line)
            }
            throw .edited(lines: block.lines)
        }
        // A setting behind the block is one of its last profile to every SDK.
        if let stray = old.last?.properties.first(where: { $0.range.upperBound > range.upperBound }) {
            throw .strayLine(max(stray.line, (block?.lines.upperBound ?? 0) + 1))
        }
        var texts: [String: String] = [:]
        for section in old {
            texts[section.header.profile ?? ""] = config.lines(section.start..<section.end).dropLast()
                .joined(separator: "\n")
        }
        for profile in template?.profiles ?? [] {
            for (file, sections) in [
                (config.path, document.sections), (credentials.path, credentials.document.sections),
            ] {
                for section in sections where section.header.profile == profile.name {
                    if file == config.path, range.contains(section.start) { continue }
                    throw .occupied(profile: profile.name, path: file, line: section.line)
                }
            }
        }
        let new = template.map(ProfileBlock.lines) ?? []
        var steps: [Step] = []
        for profile in template?.profiles ?? [] {
            let before = texts.removeValue(forKey: profile.name)
            let after = ProfileBlock.lines(of: profile).joined(separator: "\n")
            steps.append(
                Step(profile: profile.name, action: before == nil ? .add : before == after ? .keep : .change))
        }
        steps += texts.keys.sorted().map { Step(profile: $0, action: .remove) }
        self.steps = steps
        guard let block else {
            let gap = document.endsWithLineEnd ? "" : document.lineEnd
            // Where the file ended without a line end, it does so again, and once more when the block has gone.
            let end = document.endsWithLineEnd ? document.lineEnd : ""
            edits = [Edit(range, [.plain(gap + new.joined(separator: document.lineEnd) + end)])]
            return
        }
        let lines = block.ranges.map { config.lines($0).first ?? "" }
        let edits = Self.edits(from: lines, at: block.ranges, to: new, lineEnd: document.lineEnd)
        let isOpen = range.upperBound == document.size && !document.endsWithLineEnd
        guard isOpen, let last = edits.last else {
            self.edits = edits
            return
        }
        let end = template == nil ? config.lineEnd(before: range.lowerBound) : 0
        let changed = Edit(last.range.lowerBound - end..<last.range.upperBound, last.text.map(\.withoutLineEnd))
        self.edits = edits.dropLast() + [changed]
    }

    /// The lines that go and come; those that are the same stay as they are.
    private static func edits(
        from old: [String], at ranges: [Range<Int>], to new: [String], lineEnd: String
    ) -> [Edit] {
        var (removed, inserted): (Set<Int>, Set<Int>) = ([], [])
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var edits: [Edit] = []
        var (from, to) = (0, 0)
        while from < old.count || to < new.count {
            guard removed.contains(from) || inserted.contains(to) else {
                (from, to) = (from + 1, to + 1)
                continue
            }
            let start = from < old.count ? ranges[from].lowerBound : ranges[old.count - 1].upperBound
            var (end, text) = (start, "")
            while removed.contains(from) {
                end = ranges[from].upperBound
                from += 1
            }
            while inserted.contains(to) {
                text += new[to] + lineEnd
                to += 1
            }
            edits.append(Edit(start..<end, text.isEmpty ? [] : [.plain(text)]))
        }
        return edits
    }
}

/// Why a template's profiles can't be written.
public enum ProfilesError: Error, Equatable, Sendable {
    /// A comment of ours without the other one, or twice, or not as we write it.
    case brokenMark(line: Int)
    /// Somebody has changed what is between the comments, which are these lines.
    case edited(lines: ClosedRange<Int>)
    /// A profile between the comments is adopted.
    case adopted(profile: String, line: Int)
    /// A setting behind the block, without a section of its own.
    case strayLine(Int)
    /// A file has a profile of that name elsewhere.
    case occupied(profile: String, path: String, line: Int)
    /// There is no such block.
    case noBlock(String)
}

extension AWSFile {
    /// The file with other lines.
    ///
    /// - Throws: ``ImportError/syntax(_:path:)``.
    public func changed(by edits: [Edit]) throws(ImportError) -> AWSFile {
        let bytes = withBytes { bytes in applying(edits, to: bytes) { _ in SecretBytes(zeros: 0) } }
        return try AWSFile(path, bytes: bytes, as: document.file)
    }

    /// Puts this in the file's place. The caller holds the store's lock.
    ///
    /// - Throws: ``ImportError/file(_:)``.
    public func write() throws(ImportError) {
        try bytes.withBytesOrNone { (bytes) throws(ImportError) in try replaceAWSFile(path, with: bytes) }
    }

    /// The size of the line end before a place, in bytes.
    fileprivate func lineEnd(before place: Int) -> Int {
        withBytes { bytes in
            guard place > 0, bytes[place - 1] == UInt8(ascii: "\n") else { return 0 }
            return place > 1 && bytes[place - 2] == UInt8(ascii: "\r") ? 2 : 1
        }
    }

    /// Lines that hold no secrets, without their ends.
    fileprivate func lines(_ range: Range<Int>) -> [String] {
        withBytes { bytes in
            String(decoding: bytes.extracting(range).array(), as: UTF8.self).split(
                omittingEmptySubsequences: false, whereSeparator: \.isNewline
            ).map(String.init)
        }
    }
}

extension Edit.Text {
    /// A text of ours without the line end that it has at its end.
    fileprivate var withoutLineEnd: Edit.Text {
        guard case .plain(let text) = self, text.last?.isNewline ?? false else { return self }
        return .plain(String(text.dropLast()))
    }
}
