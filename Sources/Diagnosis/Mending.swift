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
    private var (ofConfig, ofCredentials) = (Touched(), Touched())

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
        let isConfig = file == .config
        // Of a file's duplicates, several findings have one fix.
        if edits.allSatisfy((isConfig ? ofConfig : ofCredentials).edits.contains) { return true }
        guard isConfig ? ofConfig.add(edits) : ofCredentials.add(edits) else { return false }
        if isConfig { config += edits } else { credentials += edits }
        return true
    }
}

/// What changes to a file touch, byte by byte: there may be thousands.
private struct Touched: Sendable {
    private(set) var edits: Set<Edit> = []
    /// For each byte: whether it goes or is taken along, and whether something is put before it.
    private var bytes: [(isTaken: Bool, hasBefore: Bool)] = []

    /// Adds changes; not if one meets another that was there before, in the same bytes.
    mutating func add(_ new: [Edit]) -> Bool {
        let ranges = new.flatMap { [$0.range] + $0.copies }
        let size = ranges.reduce(bytes.count) { max($0, $1.upperBound + 1) }
        bytes += Array(repeating: (false, false), count: size - bytes.count)
        let meets = ranges.contains { range in
            range.isEmpty
                ? bytes[range.lowerBound].isTaken : bytes[range].contains { $0.isTaken || $0.hasBefore }
        }
        guard !meets else { return false }
        for range in ranges where range.isEmpty { bytes[range.lowerBound].hasBefore = true }
        for index in ranges.joined() { bytes[index].isTaken = true }
        edits.formUnion(new)
        return true
    }
}

extension Edit {
    fileprivate var copies: [Range<Int>] {
        text.compactMap { if case .copy(let range) = $0 { range } else { nil } }
    }
}
