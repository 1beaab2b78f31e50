import Foundation
import Sealing

/// Looks for keys in all that the histories of repositories keep: files of every commit, and messages of commits and
/// tags. What no branch, tag or reflog leads to any more is looked at as well, as long as it is there.
///
/// - Parameters:
///   - paths: files and folders that may lie in a repository.
///   - files: what ``scan(_:isOptional:for:)`` has come upon in them, repositories among it.
///   - environment: a variable's value, for git.
/// - Returns: what is in them; `nil` if there is no repository at all.
public func scanHistories(
    of paths: [String], foundIn files: ScanResult, environment: (String) -> String?, for matcher: Matcher
) -> ScanResult? {
    var result = ScanResult()
    var seen: Set<[UInt8]> = []
    for (path, isFound) in files.repositories.map({ ($0, true) }) + paths.map({ (Array($0.utf8), false) }) {
        do throws(ScanProblem) {
            guard let repository = try Repository(holding: path, isRoot: isFound, environment) else { continue }
            guard seen.insert(repository.store).inserted else { continue }
            var scan = HistoryScan(repository, matcher)
            // What was found before git failed counts.
            defer { result.findings += scan.findings }
            if repository.isShallow { result.unreadable.append(Unreadable(path: path, problem: .shallowRepository)) }
            if try repository.isPartial(environment) {
                result.unreadable.append(Unreadable(path: path, problem: .partialRepository))
            }
            try scan.run(environment)
        } catch {
            result.unreadable.append(Unreadable(path: path, problem: error))
        }
    }
    return seen.isEmpty && result.unreadable.isEmpty ? nil : result
}

extension Repository {
    /// Whether it was cloned with a filter, and has still got objects elsewhere.
    fileprivate func isPartial(_ environment: (String) -> String?) throws(ScanProblem) -> Bool {
        // To ask for what is missing takes long.
        let filtered = ["config", "--get-regexp", #"^(remote\..*\.promisor|extensions\.partialclone)$"#]
        var settings = try GitProcess(filtered, in: folder, environment: environment)
        guard try settings.text(upTo: UInt8(ascii: "\n")) != nil else { return false }
        var objects = try GitProcess(
            ["rev-list", "--objects", "--all", "--reflog", "--missing=print"], in: folder, environment: environment)
        while let object = try objects.text(upTo: UInt8(ascii: "\n")) {
            if object.first == UInt8(ascii: "?") { return true }
        }
        return false
    }
}

/// The history of one repository.
private struct HistoryScan: ~Copyable {
    private(set) var findings: [Finding] = []
    private let repository: Repository
    private let matcher: Matcher
    /// What was found in contents of files, by the object's name.
    private var spots: [String: [Spot]] = [:]

    init(_ repository: consuming Repository, _ matcher: Matcher) {
        self.repository = repository
        self.matcher = matcher
    }

    mutating func run(_ environment: (String) -> String?) throws(ScanProblem) {
        var problem: ScanProblem?
        do throws(ScanProblem) {
            try readObjects(environment)
        } catch {
            problem = error
        }
        if !spots.isEmpty {
            var unseen = spots
            // What git names no commit of, for whatever reason, counts as well.
            defer {
                for (object, spots) in unseen.sorted(by: { $0.key < $1.key }) {
                    add(spots, path: [], commit: nil, object: object)
                }
            }
            try findCommits(of: &unseen, environment)
        }
        if let problem { throw problem }
    }

    /// Looks through all objects, in the order in which git has them at hand.
    private mutating func readObjects(_ environment: (String) -> String?) throws(ScanProblem) {
        var git = try GitProcess(
            ["cat-file", "--batch", "--batch-all-objects", "--unordered", "--buffer"], in: repository.folder,
            environment: environment)
        var scanner = TextScanner(matcher)
        var isWhole = true
        while let header = try git.text(upTo: UInt8(ascii: "\n")) {
            let words = String(decoding: header, as: UTF8.self).split(separator: " ").map(String.init)
            guard words.count == 3, var left = Int(words[2]) else {
                isWhole = false
                continue
            }
            if words[1] != "tree" {
                let found = try unsafe scanner.spots { (bytes) throws(ScanProblem) in
                    guard left > 0 else { return 0 }
                    let got = try unsafe git.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(left)))
                    guard got > 0 else { throw .system(EPIPE) }
                    left -= got
                    return got
                }
                if words[1] == "blob", !found.isEmpty {
                    spots[words[0]] = found
                } else {
                    add(found, path: [], commit: words[1] == "commit" ? words[0] : nil, object: words[0])
                }
            }
            try git.skip(left + 1)
        }
        try git.end()
        if !isWhole { throw .damagedRepository }
    }

    /// Goes through the commits, the oldest first, for those that brought what was found.
    ///
    /// - Parameter unseen: what was found, without what is in a commit in the end.
    private mutating func findCommits(
        of unseen: inout [String: [Spot]], _ environment: (String) -> String?
    ) throws(ScanProblem) {
        var seen: Set<[[UInt8]]> = []
        var commits = try GitProcess(
            ["rev-list", "--all", "--reflog", "--topo-order", "--reverse"], in: repository.folder,
            environment: environment)
        var changes = try GitProcess(
            ["diff-tree", "--stdin", "-r", "-m", "--root", "--no-renames", "--raw", "-z", "--no-abbrev"],
            in: repository.folder, input: commits.outputNumber, environment: environment)
        var commit = ""
        while let word = try changes.text(upTo: 0) {
            guard word.first == UInt8(ascii: ":") else {
                commit = String(decoding: word, as: UTF8.self)
                continue
            }
            let words = String(decoding: word, as: UTF8.self).split(separator: " ").map(String.init)
            guard words.count == 5, let path = try changes.text(upTo: 0) else {
                throw .damagedRepository
            }
            guard let found = spots[words[3]] else { continue }
            unseen[words[3]] = nil
            // A file that is changed elsewhere is a new object with the old key.
            let new = found.filter { seen.insert([path, $0.digest]).inserted }
            add(new, path: joined(repository.root, path), commit: commit, object: words[3])
        }
        try changes.end()
        try commits.end()
    }

    private mutating func add(_ spots: [Spot], path: [UInt8], commit: String?, object: String) {
        let origin = Finding.Origin(repository: repository.root, commit: commit, object: object)
        findings += spots.map { Finding(path: path, spot: $0, origin: origin) }
    }
}
