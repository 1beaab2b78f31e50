private import CChild
private import Glibc
public import Sealing

/// A program that is asked for something secret over its standard input and output. It ends with this value, and with
/// this process.
public struct AskedProgram: ~Copyable {
    private let process: pid_t
    /// What it reads from; none where that is what this process reads from.
    private let input: Int32?
    private let output: Int32
    private let deadline: Deadline
    private var buffer: SecretBytes
    /// How many bytes of the buffer have been read and not been handed out.
    private var filled = 0
    /// Whether its end has been waited for, after which its number may be another process's.
    private var hasEnded = false

    /// The longest line that is read, in bytes, of what a program that is spoken to says.
    static let longestLine = 4096
    /// How long a program may take to end after its last word.
    private static let moment = Duration.seconds(5)

    /// Starts a program that is spoken to, with this process's environment, in a process group of its own.
    ///
    /// - Returns: `nil` if it can't be started.
    public static func start(_ path: String, _ arguments: [String] = [], until deadline: Deadline) -> AskedProgram? {
        // A socket, since writing into a pipe that nobody reads from ends the process.
        let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard let input = unsafe pair({ unsafe socketpair(AF_UNIX, stream, 0, $0) }) else { return nil }
        defer { close(input.theirs) }
        guard let program = start([path] + arguments, input, atMost: longestLine, until: deadline) else {
            close(input.ours)
            return nil
        }
        return program
    }

    /// Starts a program that prints something, and that may speak to a person by itself: it has this process's standard
    /// input, and its process group and with it the terminal.
    fileprivate static func start(
        printing words: [String], complains: Bool, atMost longest: Int, until deadline: Deadline
    ) -> AskedProgram? {
        start(words, nil, complains: complains, atMost: longest, until: deadline)
    }

    private static func start(
        _ words: [String], _ input: (ours: Int32, theirs: Int32)?, complains: Bool = false, atMost longest: Int,
        until deadline: Deadline
    ) -> AskedProgram? {
        guard let output = unsafe pair({ unsafe make_pipe($0) }) else { return nil }
        defer { close(output.theirs) }
        guard
            let process = spawn(
                words, input?.theirs ?? STDIN_FILENO, output.theirs, complains ? STDERR_FILENO : -1,
                hasOwnGroup: input != nil)
        else {
            close(output.ours)
            return nil
        }
        return AskedProgram(
            process: process, input: input?.ours, output: output.ours, buffer: SecretBytes(zeros: longest),
            deadline: deadline)
    }

    private init(
        process: pid_t, input: Int32?, output: Int32, buffer: consuming SecretBytes, deadline: Deadline
    ) {
        self.buffer = buffer
        self.process = process
        self.input = input
        self.output = output
        self.deadline = deadline
    }

    deinit {
        if let input { close(input) }
        close(output)
        if hasEnded { return }
        // A dialog that is still there goes with it, and with the programs that a script has started.
        kill(input == nil ? process : -process, SIGKILL)
        _ = waitpid(process, nil, 0)
    }

    /// Writes a line.
    ///
    /// - Returns: whether the program took it.
    func send(_ line: String) -> Bool {
        guard let input else { return false }
        let bytes = Array((line + "\n").utf8)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(input, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
    }

    /// Reads a line, without its end.
    ///
    /// - Returns: `nil` when the program or the time has ended before it, or the line is longer than can be.
    public mutating func line() -> SecretBytes? {
        while true {
            let end = buffer.withBytes { bytes in (0..<filled).first { bytes[$0] == UInt8(ascii: "\n") } }
            if let end { return take(end, and: 1) }
            guard filled < buffer.count, read() else { return nil }
        }
    }

    /// Reads all that is there once the program has closed its output or ended.
    mutating func rest() -> SecretBytes {
        while filled < buffer.count, read() {}
        return take(filled, and: 0)
    }

    /// Waits for the end of a program that has said all that it had to.
    ///
    /// - Returns: whether it ended within a moment, and with status 0.
    mutating func succeeds() -> Bool {
        var status: Int32 = 0
        let moment = Deadline(in: Self.moment)
        while unsafe waitpid(process, &status, WNOHANG) == 0 {
            if moment.hasPassed || deadline.hasPassed { return false }
            _ = poll(nil, 0, 5)
        }
        hasEnded = true
        return status == 0
    }

    /// Takes the first bytes out of the buffer.
    private mutating func take(_ count: Int, and skipped: Int) -> SecretBytes {
        let taken = buffer.withBytes { SecretBytes(copying: $0.extracting(0..<count)) }
        let filled = filled
        buffer.withMutableBytes { bytes in
            for index in 0..<filled {
                let from = index + count + skipped
                bytes[index] = from < filled ? bytes[from] : 0
            }
        }
        self.filled -= count + skipped
        return taken
    }

    /// Waits for output and puts it into the buffer.
    ///
    /// - Returns: whether some came in time.
    private mutating func read() -> Bool {
        var event = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = unsafe poll(&event, 1, deadline.milliseconds())
            if ready == 0 || ready < 0 && errno != EINTR { return false }
            if ready > 0 { break }
        }
        let output = output
        let filled = filled
        let got = buffer.withMutableBytes { bytes in
            unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(output, bytes.baseAddress.map { unsafe $0 + filled }, bytes.count - filled)
            }
        }
        self.filled += max(0, got)
        return got > 0
    }

    private static func pair(_ make: (UnsafeMutablePointer<Int32>) -> Int32) -> (ours: Int32, theirs: Int32)? {
        var ends: [Int32] = [-1, -1]
        let made = unsafe ends.withUnsafeMutableBufferPointer { ends in
            guard let start = ends.baseAddress else { return Int32(-1) }
            return unsafe make(start)
        }
        return made == 0 ? (ends[0], ends[1]) : nil
    }

    private static func spawn(
        _ words: [String], _ input: Int32, _ output: Int32, _ errors: Int32, hasOwnGroup: Bool
    ) -> pid_t? {
        // A parent that ignores it, which is inherited, would let nobody wait for the program's status.
        _ = signal(SIGCHLD, SIG_DFL)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        let process = unsafe start_child(words[0], &arguments, nil, input, output, errors, hasOwnGroup)
        return process > 0 ? process : nil
    }
}

/// What a program prints that was started for it. It may ask a person something, by way of this process's terminal.
///
/// - Parameters:
///   - words: its path, or its name where it is in `PATH`, and its arguments.
///   - complains: whether it may write to this process's standard error.
/// - Returns: up to 64 KiB; `nil` if it can't be started, fails, prints more, or isn't done in time.
public func output(of words: [String], complains: Bool, until deadline: Deadline) -> SecretBytes? {
    let longest = 64 << 10
    let started = AskedProgram.start(printing: words, complains: complains, atMost: longest, until: deadline)
    guard var program = started else { return nil }
    let printed = program.rest()
    guard printed.count < longest, program.succeeds() else { return nil }
    return printed
}
