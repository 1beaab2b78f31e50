private import CChild
import Foundation
import Sealing

/// A run of git whose output is read, in memory that is wiped.
///
/// Nothing that a repository says is started or fetched: only plumbing runs, which knows neither hooks, pagers, filters
/// nor signatures; transports are switched off. The environment has what finds the user's own configuration
/// (`safe.directory`), and none of the variables that would lead to another repository, as hooks have them.
///
/// It ends with this value, and with this process: a repository may have a FIFO in the place of a file, from which git
/// would read for ever.
struct GitProcess: ~Copyable {
    private let process: pid_t
    private let output: Descriptor
    private let patience: Duration
    private var buffer = SecretBytes(zeros: 64 << 10)
    private var filled: Range<Int> = 0..<0
    private var hasEnded = false

    /// How long git may say nothing. What takes it longest is to walk all commits before it names the first: some ten
    /// seconds for a million of them.
    static let patience = Duration.seconds(120)
    private static let inherited = [
        "HOME", "PATH", "XDG_CONFIG_HOME", "SUDO_UID", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
    ]
    private static let own = [
        "LC_ALL=C", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0",
        "GIT_NO_REPLACE_OBJECTS=1",
    ]

    /// Starts git in a folder.
    ///
    /// - Parameters:
    ///   - input: what it reads from; `nil` for nothing.
    ///   - patience: how long it may say nothing.
    ///   - environment: a variable's value.
    init(
        _ arguments: [String], in folder: [UInt8], input: Int32? = nil, patience: Duration = Self.patience,
        environment: (String) -> String?
    ) throws(ScanProblem) {
        var ends: [Int32] = [-1, -1]
        let made = unsafe ends.withUnsafeMutableBufferPointer { ends in
            unsafe ends.baseAddress.map { unsafe pipe($0) } ?? -1
        }
        guard made == 0 else { throw ScanProblem.system(errno) }
        let mine = Descriptor(ends[0])
        let its = Descriptor(ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let nothing = try Descriptor(Array("/dev/null".utf8), in: AT_FDCWD, 0)
        let options = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
        let words = [Array("git".utf8), Array("-C".utf8), folder] + (options + arguments).map { Array($0.utf8) }
        let variables = Self.inherited.compactMap { name in environment(name).map { name + "=" + $0 } } + Self.own
        process = try spawn(words, variables.map { Array($0.utf8) }, input ?? nothing.number, its.number)
        output = mine
        self.patience = patience
    }

    deinit {
        if hasEnded { return }
        kill(process, SIGKILL)
        _ = waitpid(process, nil, 0)
    }

    /// Waits for its end, after all its output has been read.
    ///
    /// - Throws: ``ScanProblem/git(_:)``, unless it ended well.
    mutating func end() throws(ScanProblem) {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 { guard errno == EINTR else { break } }
        hasEnded = true
        let signal = status & 0x7F
        guard status == 0 else { throw .git(signal == 0 ? status >> 8 & 0xFF : 128 + signal) }
    }

    /// What its output is read from, for another process.
    var outputNumber: Int32 { output.number }

    /// Reads up to a byte, which isn't part of it; `nil` at the end. For what is no secret.
    mutating func text(upTo end: UInt8) throws(ScanProblem) -> [UInt8]? {
        var text: [UInt8] = []
        while true {
            if filled.isEmpty, try !fill() { return text.isEmpty ? nil : text }
            let (from, to) = (filled.lowerBound, filled.upperBound)
            let found = buffer.withBytes { $0.extracting(0..<to).first(end, from: from) }
            buffer.withBytes { bytes in text += bytes.extracting(from..<(found ?? to)).array() }
            filled = (found.map { $0 + 1 } ?? to)..<to
            if found != nil { return text }
        }
    }

    /// Reads what comes next, at most as much as there is room for; 0 at the end.
    mutating func read(into bytes: UnsafeMutableRawBufferPointer) throws(ScanProblem) -> Int {
        if filled.isEmpty, try !fill() { return 0 }
        let count = min(bytes.count, filled.count)
        let from = filled.lowerBound
        buffer.withBytes { buffer in
            unsafe buffer.withUnsafeBytes { unsafe bytes.copyMemory(from: .init(rebasing: $0[from..<from + count])) }
        }
        filled = from + count..<filled.upperBound
        return count
    }

    /// Passes over some bytes.
    mutating func skip(_ count: Int) throws(ScanProblem) {
        var left = count
        while left > 0 {
            if filled.isEmpty, try !fill() { throw ScanProblem.system(EPIPE) }
            let passed = min(left, filled.count)
            filled = filled.lowerBound + passed..<filled.upperBound
            left -= passed
        }
    }

    /// - Throws: ``ScanProblem/silentGit``, when it says nothing for too long.
    private mutating func fill() throws(ScanProblem) -> Bool {
        try awaitOutput()
        let got = try buffer.withMutableBytes { [output = output.number] (bytes) throws(ScanProblem) in
            try unsafe bytes.withUnsafeMutableBytes { (bytes) throws(ScanProblem) in
                try unsafe readSome(output, into: bytes)
            }
        }
        filled = 0..<got
        return got > 0
    }

    private func awaitOutput() throws(ScanProblem) {
        let end = ContinuousClock.now + patience
        var event = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: end))
            let ready = unsafe poll(&event, 1, Int32(clamping: Int(left / .milliseconds(1)) + 1))
            if ready > 0 { return }
            guard ready < 0 else { throw .silentGit }
            guard errno == EINTR else { throw .system(errno) }
        }
    }
}

private func spawn(
    _ words: [[UInt8]], _ variables: [[UInt8]], _ input: Int32, _ output: Int32
) throws(ScanProblem) -> pid_t {
    var arguments = unsafe words.map { unsafe copy($0) } + [nil]
    var environment = unsafe variables.map { unsafe copy($0) } + [nil]
    defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
    // A parent that ignores it, which is inherited, would let nobody wait for the program's status.
    _ = signal(SIGCHLD, SIG_DFL)
    let process = unsafe start_child("git", &arguments, &environment, input, output, -1, false)
    guard process > 0 else { throw errno == ENOENT ? .noGit : .system(errno) }
    return process
}

private func copy(_ text: [UInt8]) -> UnsafeMutablePointer<CChar>? {
    unsafe withCName(text) { unsafe strdup($0) }
}
