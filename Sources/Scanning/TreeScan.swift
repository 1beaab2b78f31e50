private import Dispatch
import Foundation

/// Looks for keys in files, and in all files of folders.
///
/// Symbolic links are followed where they are named, and nowhere else. What Git keeps in `.git` is left to
/// ``scanHistories(of:foundIn:environment:for:)``, but for what people write there: its configuration, where addresses
/// have keys, and hooks. That files are ignored by Git is no reason to pass over them, since `.env` usually is.
///
/// - Parameters:
///   - paths: files and folders.
///   - isOptional: whether they needn't be there.
public func scan(_ paths: [String], isOptional: Bool = false, for matcher: Matcher) -> ScanResult {
    let crew = Crew(paths.map { .named(Array($0.utf8)) }, passesOverMissing: isOptional)
    // Each has a window of memory of its own. A third one would wait for the other two's disk.
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
        var worker = Worker(matcher)
        while let task = crew.next() {
            worker.perform(task, for: crew)
            crew.finish()
        }
        crew.add(worker.result)
    }
    return crew.sorted()
}

/// A folder that is open as long as something in it is still to be looked at, so that no path is ever too long for the
/// system, and no link in it is followed.
private final class Folder: Sendable {
    let descriptor: Descriptor
    let path: [UInt8]

    init(_ descriptor: consuming Descriptor, path: [UInt8]) {
        self.descriptor = descriptor
        self.path = path
    }
}

private enum Task {
    case named([UInt8])
    case folder([UInt8], in: Folder)
}

/// What is still to be done, and who does it.
private final class Crew: @unchecked Sendable {
    let passesOverMissing: Bool
    private let condition = NSCondition()
    private var tasks: [Task]
    private var working = 0
    private var result = ScanResult()

    init(_ tasks: [Task], passesOverMissing: Bool) {
        self.tasks = tasks.reversed()
        self.passesOverMissing = passesOverMissing
    }

    /// What to do next; `nil` once nothing is left, and nobody is at something of which more may come.
    func next() -> Task? {
        condition.withLock {
            while tasks.isEmpty, working > 0 { condition.wait() }
            guard let task = tasks.popLast() else { return nil }
            working += 1
            return task
        }
    }

    func finish() {
        condition.withLock {
            working -= 1
            if working == 0 { condition.broadcast() }
        }
    }

    func add(_ more: [Task]) {
        guard !more.isEmpty else { return }
        condition.withLock {
            tasks += more
            condition.broadcast()
        }
    }

    func add(_ result: ScanResult) { condition.withLock { self.result.add(result) } }

    func sorted() -> ScanResult {
        var result = result
        result.findings.sort {
            ($0.path == $1.path)
                ? ($0.spot.line, $0.spot.column) < ($1.spot.line, $1.spot.column)
                : $0.path.lexicographicallyPrecedes($1.path)
        }
        result.unreadable.sort { $0.path.lexicographicallyPrecedes($1.path) }
        result.repositories.sort { $0.lexicographicallyPrecedes($1) }
        return result
    }
}

private struct Worker: ~Copyable {
    var result = ScanResult()
    private var scanner: TextScanner

    init(_ matcher: Matcher) { scanner = TextScanner(matcher) }

    mutating func perform(_ task: Task, for crew: Crew) {
        switch task {
        case .named(let path):
            attempt(path, missingIsFine: crew.passesOverMissing) { (worker) throws(ScanProblem) in
                let descriptor = try Descriptor(path, in: AT_FDCWD, 0)
                switch Entry.Kind(try descriptor.status()) {
                case .folder: try worker.look(into: Folder(descriptor, path: path), for: crew)
                case .file: try worker.look(at: descriptor, path)
                case .other: throw ScanProblem.system(EINVAL)
                }
            }
        case .folder(let name, let parent):
            let path = joined(parent.path, name)
            attempt(path) { (worker) throws(ScanProblem) in
                let descriptor = try Descriptor(name, in: parent.descriptor.number, O_DIRECTORY | O_NOFOLLOW)
                let isGit = name == Array(".git".utf8)
                try worker.look(into: Folder(descriptor, path: path), isGit: isGit, for: crew)
            }
        }
    }

    private mutating func look(into folder: Folder, isGit: Bool = false, for crew: Crew) throws(ScanProblem) {
        var entries = try folder.descriptor.entries()
        if isGit { entries = entries.filter(isWrittenByPeople) }
        if isRepository(entries) { result.repositories.append(folder.path) }
        crew.add(entries.filter { $0.kind == .folder }.map { .folder($0.name, in: folder) })
        for entry in entries where entry.kind == .file {
            let path = joined(folder.path, entry.name)
            attempt(path) { (worker) throws(ScanProblem) in
                try worker.look(at: Descriptor(entry.name, in: folder.descriptor.number, O_NOFOLLOW), path)
            }
        }
    }

    private mutating func look(at file: borrowing Descriptor, _ path: [UInt8]) throws(ScanProblem) {
        let status = try file.status()
        guard Entry.Kind(status) == .file else { return }
        var left = Int(status.st_size)
        let spots = try unsafe scanner.spots { (bytes) throws(ScanProblem) in
            // What is written meanwhile at its end is for the next time.
            guard left > 0 else { return 0 }
            let got = try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(left)))
            left -= got
            return got
        }
        result.findings += spots.map { Finding(path: path, spot: $0, origin: nil) }
    }

    /// Notes what can't be looked at; what went meanwhile, or became a link, is none of it.
    private mutating func attempt(
        _ path: [UInt8], missingIsFine: Bool = true, _ body: (inout Worker) throws(ScanProblem) -> Void
    ) {
        do throws(ScanProblem) {
            try body(&self)
        } catch {
            let isGone = [ENOENT, ENOTDIR, ELOOP].contains { error == .system($0) }
            if isGone, missingIsFine { return }
            result.unreadable.append(Unreadable(path: path, problem: error))
        }
    }
}

/// Whether it is one of the things in `.git` that Git leaves to people.
private func isWrittenByPeople(_ entry: Entry) -> Bool {
    switch entry.kind {
    case .file: ["config", "config.worktree"].contains { entry.name == Array($0.utf8) }
    case .folder: entry.name == Array("hooks".utf8)
    case .other: false
    }
}

/// Whether a folder has a repository, or is one.
private func isRepository(_ entries: [Entry]) -> Bool {
    let names = Set(entries.map(\.name))
    return names.contains(Array(".git".utf8))
        || ["HEAD", "objects", "refs"].allSatisfy { names.contains(Array($0.utf8)) }
}

func joined(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
    folder.last == UInt8(ascii: "/") ? folder + name : folder + [UInt8(ascii: "/")] + name
}
