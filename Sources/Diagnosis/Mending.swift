public import AWSConfig
public import Glibc

/// The fixes of some findings that go together.
public struct Mending: Sendable {
    /// The findings that it mends.
    public private(set) var findings: [Finding] = []
    /// What happens to config.
    public private(set) var config: [Edit] = []
    /// What happens to credentials.
    public private(set) var credentials: [Edit] = []
    /// Other permissions, by path.
    public private(set) var modes: [String: mode_t] = [:]

    /// Collects the fixes.
    ///
    /// Where two change the same bytes, the first one goes first, and the other is found again afterwards.
    ///
    /// - Parameter rules: those whose findings are mended; none for all.
    public init(_ findings: [Finding], rules: Set<Rule>) {
        for finding in findings where rules.isEmpty || rules.contains(finding.problem.rule) {
            switch finding.fix {
            case .edits(let edits): if !add(edits, to: finding.file) { continue }
            case .mode(let path, let mode): modes[path] = (modes[path] ?? mode) & mode
            case nil: continue
            }
            self.findings.append(finding)
        }
    }

    /// The changes to one file.
    public func edits(of file: ConfigDocument.File) -> [Edit] { file == .config ? config : credentials }

    private mutating func add(_ edits: [Edit], to file: ConfigDocument.File?) -> Bool {
        var all = file == .config ? config : credentials
        // Of a file's duplicates, several findings have one fix.
        if edits.allSatisfy(all.contains) { return true }
        guard !edits.contains(where: { edit in all.contains { $0.meets(edit) } }) else { return false }
        all += edits
        if file == .config { config = all } else { credentials = all }
        return true
    }
}

extension Edit {
    /// Whether both change, or take along, the same bytes.
    fileprivate func meets(_ other: Edit) -> Bool {
        let (mine, others) = ([range] + copies, [other.range] + other.copies)
        return mine.contains { one in
            others.contains { two in
                one.overlaps(two) || two.contains(one.lowerBound) || one.contains(two.lowerBound)
            }
        }
    }

    private var copies: [Range<Int>] {
        text.compactMap { if case .copy(let range) = $0 { range } else { nil } }
    }
}
