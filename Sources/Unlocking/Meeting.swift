private import Glibc
import Sealing

/// Where the processes of one user meet that find the same store locked: one of them asks, the others wait for what
/// comes of it.
///
/// They meet at sockets with abstract names (unix(7)), `awskeys/1/ID/SEAT`. Whoever binds one has the seat, listens,
/// and tells the outcome in the end; the kernel frees the name with the process, however that ends. A process that was
/// stopped keeps its seat, and the others take the next one. They know each other by the user id that the kernel
/// vouches for (`SO_PEERCRED`), so that nobody else listens in or makes an answer up.
struct Meeting {
    private let store: [UInt8]
    private let deadline: Deadline

    /// One for the first asker; more for when that was stopped, or another user took the name.
    private static let seats = 0..<4
    /// What processes say to each other may change with it.
    private static let version = 1

    /// - Parameter store: the store's id, 16 bytes.
    init(store: [UInt8], until deadline: Deadline) {
        self.store = store
        self.deadline = deadline
    }

    /// What a process has come for.
    enum Role: ~Copyable {
        /// It asks, and tells those who wait at its seat, if there was one to be had.
        case asker(Seat?)
        /// Another one asked, and said this.
        case told(SecretBytes)
        /// Another one asked, and went without a word.
        case left
        /// Another one was asking until the deadline.
        case late
    }

    /// Waits for whoever asks already, or takes a seat.
    func join() -> Role {
        while !deadline.hasPassed {
            var useless: Set<Int> = []
            for number in Self.seats {
                guard let asker = Asker(at: name(number)) else { continue }
                guard asker.isOurs else {
                    useless.insert(number)
                    continue
                }
                switch asker.outcome(until: deadline) {
                case .told(let message): return .told(message)
                case .left: return .left
                case .late: return .late
                case .stopped: useless.insert(number)
                }
            }
            guard let free = Self.seats.first(where: { !useless.contains($0) }) else { return .asker(nil) }
            if let seat = Seat(name(free)) { return .asker(seat) }
            // Somebody was quicker, and is about to listen.
            usleep(500)
        }
        return .late
    }

    private func name(_ seat: Int) -> String { "awskeys/\(Self.version)/\(hexadecimal(store))/\(seat)" }
}

/// The seat of who asks.
struct Seat: ~Copyable {
    private let socket: Int32

    /// Takes a seat; `nil` if it is taken.
    fileprivate init?(_ name: String) {
        let socket = makeSocket()
        guard socket >= 0 else { return nil }
        let isTaken = unsafe withAddress(name) { unsafe bind(socket, $0, $1) } != 0
        guard !isTaken, listen(socket, SOMAXCONN) == 0 else {
            close(socket)
            return nil
        }
        self.socket = socket
    }

    deinit { close(socket) }

    /// Says to everybody who waits what came of it. Who comes later finds the seat free.
    func tell(_ message: borrowing SecretBytes) {
        while true {
            let listener = accept(socket, nil, nil)
            if listener < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            defer { close(listener) }
            guard peer(of: listener)?.user == geteuid() else { continue }
            message.withBytes { bytes in
                unsafe bytes.withUnsafeBytes { bytes in
                    _ = unsafe send(listener, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
            }
        }
    }
}

/// The process at a seat, for those who wait.
private struct Asker: ~Copyable {
    private let socket: Int32
    private let process: pid_t
    /// Whether it is a process of the same user.
    let isOurs: Bool

    /// The largest message in bytes.
    private static let largest = 16 * 1024
    /// How often somebody who waits looks whether the asker was stopped, in milliseconds.
    private static let look = 500

    /// `nil` if nobody has the seat.
    init?(at name: String) {
        let socket = makeSocket()
        guard socket >= 0 else { return nil }
        let isThere = unsafe withAddress(name) { unsafe connect(socket, $0, $1) } == 0
        guard isThere, let peer = peer(of: socket) else {
            close(socket)
            return nil
        }
        self.socket = socket
        process = peer.process
        isOurs = peer.user == geteuid()
    }

    deinit { close(socket) }

    enum Outcome: ~Copyable {
        case told(SecretBytes)
        case left
        case stopped
        case late
    }

    borrowing func outcome(until deadline: Deadline) -> Outcome {
        var event = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while !deadline.hasPassed {
            if isStopped { return .stopped }
            guard unsafe poll(&event, 1, deadline.milliseconds(atMost: Self.look)) > 0 else { continue }
            var message = SecretBytes(zeros: Self.largest)
            let size = message.withMutableBytes { bytes in
                unsafe bytes.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
            }
            guard size > 0 else { return .left }
            message.truncate(to: size)
            return .told(message)
        }
        return .late
    }

    /// Whether it was stopped, as by SIGSTOP, Ctrl-Z or a debugger: the state in `/proc/PID/stat` (proc(5)), which
    /// follows the name in brackets.
    private var isStopped: Bool {
        guard let file = unsafe fopen("/proc/\(process)/stat", "re") else { return false }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let size = unsafe fread(&bytes, 1, bytes.count, file)
        guard let name = bytes.prefix(size).lastIndex(of: UInt8(ascii: ")")), name + 2 < size else { return false }
        return bytes[name + 2] == UInt8(ascii: "T") || bytes[name + 2] == UInt8(ascii: "t")
    }
}

/// A socket that keeps messages apart, since a stream could be cut in the middle of one.
private func makeSocket() -> Int32 {
    socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
}

/// Lends an abstract socket address: a zero byte and the name, up to the end that the size gives.
private func withAddress(_ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    unsafe withUnsafeMutableBytes(of: &address) { bytes in
        for (index, byte) in name.utf8.enumerated() { unsafe bytes[start + 1 + index] = byte }
    }
    let size = socklen_t(start + 1 + name.utf8.count)
    return unsafe withUnsafePointer(to: &address) { address in
        unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, size) }
    }
}

/// Who is at the other end of a socket, as the kernel says.
private func peer(of socket: Int32) -> (process: pid_t, user: uid_t)? {
    // `struct ucred`: process, user and group, 4 bytes each.
    var credentials: [UInt32] = [0, 0, 0]
    var size = socklen_t(3 * MemoryLayout<UInt32>.size)
    guard unsafe getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
    return (pid_t(bitPattern: credentials[0]), credentials[1])
}
