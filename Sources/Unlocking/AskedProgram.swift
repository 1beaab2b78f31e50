private import Glibc
import Sealing

/// A program that is asked for a passphrase over its standard input and output. It ends with this value.
struct AskedProgram: ~Copyable {
    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private let deadline: Deadline
    private var buffer = SecretBytes(zeros: Self.longest)
    /// How many bytes of the buffer have been read and not been handed out.
    private var filled = 0
    /// Whether its end has been waited for, after which its number may be another process's.
    private var hasEnded = false

    /// The longest line that is read, in bytes.
    private static let longest = 4096

    /// Starts it, with this process's environment, and nowhere to complain to.
    ///
    /// - Returns: `nil` if it can't be started.
    static func start(_ path: String, _ arguments: [String] = [], until deadline: Deadline) -> AskedProgram? {
        // A socket, since writing into a pipe that nobody reads from ends the process.
        let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard let input = unsafe pair({ unsafe socketpair(AF_UNIX, stream, 0, $0) }) else { return nil }
        defer { close(input.theirs) }
        guard let output = unsafe pair({ unsafe pipe($0) }) else {
            close(input.ours)
            return nil
        }
        defer { close(output.theirs) }
        _ = fcntl(output.ours, F_SETFD, FD_CLOEXEC)
        _ = fcntl(output.theirs, F_SETFD, FD_CLOEXEC)
        guard let process = spawn(path, arguments, input.theirs, output.theirs) else {
            close(input.ours)
            close(output.ours)
            return nil
        }
        return AskedProgram(process: process, input: input.ours, output: output.ours, deadline: deadline)
    }

    private init(process: pid_t, input: Int32, output: Int32, deadline: Deadline) {
        self.process = process
        self.input = input
        self.output = output
        self.deadline = deadline
    }

    deinit {
        close(input)
        close(output)
        if hasEnded { return }
        // A dialog that is still there goes with it.
        kill(process, SIGKILL)
        _ = waitpid(process, nil, 0)
    }

    /// Writes a line.
    ///
    /// - Returns: whether the program took it.
    func send(_ line: String) -> Bool {
        let bytes = Array((line + "\n").utf8)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(input, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
    }

    /// Reads a line, without its end.
    ///
    /// - Returns: `nil` when the program or the time has ended before it, or the line is longer than can be.
    mutating func line() -> SecretBytes? {
        while true {
            let end = buffer.withBytes { bytes in (0..<filled).first { bytes[$0] == UInt8(ascii: "\n") } }
            if let end { return take(end, and: 1) }
            guard filled < Self.longest, read() else { return nil }
        }
    }

    /// Reads all that is there once the program has closed its output or ended.
    mutating func rest() -> SecretBytes {
        while filled < Self.longest, read() {}
        return take(filled, and: 0)
    }

    /// Waits for the program's end.
    ///
    /// - Returns: whether it ended in time and with status 0.
    mutating func succeeds() -> Bool {
        var status: Int32 = 0
        while !deadline.hasPassed {
            // It has closed its output: it is about to end, or something is wrong with it.
            let ended = unsafe waitpid(process, &status, WNOHANG)
            if ended == process {
                hasEnded = true
                return status == 0
            }
            if ended < 0 { return false }
            _ = poll(nil, 0, 5)
        }
        return false
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

    private static func spawn(_ path: String, _ arguments: [String], _ input: Int32, _ output: Int32) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        _ = unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var process: pid_t = 0
        return unsafe posix_spawn(&process, path, &actions, nil, &words, environ) == 0 ? process : nil
    }
}
