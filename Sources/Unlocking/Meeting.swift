import Glibc
public import Sealing

/// Where the processes of one user meet that need the same thing of a store, such as that somebody unlocks it: one of
/// them acts, the others wait for what comes of it.
///
/// They meet at sockets with abstract names (unix(7)), `awskeys/1/ID/TOPIC/SEAT`. Whoever binds one has the seat,
/// listens, and tells the outcome in the end; the kernel frees the name with the process, however that ends. A process
/// that was stopped keeps its seat, and the others take the next one. They know each other by the user id that the
/// kernel vouches for (`SO_PEERCRED`), so that nobody else listens in or makes an answer up. Where they can't meet,
/// each acts for itself.
public struct Meeting {
    private let store: [UInt8]
    private let topic: Topic
    private let deadline: Deadline
    private let whenWaiting: () -> Void

    /// What is to be done by one for all.
    public struct Topic: Equatable, Sendable {
        let name: String

        /// Unlocking, as far as it needs nobody and ends soon.
        static let unattended = Topic(name: "unattended")
        /// Asking a person to unlock.
        static let person = Topic(name: "person")

        /// Asking a person for a yes.
        ///
        /// - Parameter id: to what, in up to 32 characters.
        static func question(_ id: String) -> Topic { Topic(name: "question/" + id) }

        /// Getting a session.
        ///
        /// - Parameter id: which one, in up to 32 characters.
        public static func session(_ id: String) -> Topic { Topic(name: "session/" + id) }
    }

    /// One for the first; more for when that was stopped, or another user took the name.
    private static let seats = 0..<4
    /// What processes say to each other may change with it.
    private static let version = 1
    /// How long a seat may be in the hands of somebody who doesn't listen: it takes microseconds to begin with it.
    private static let patience = Duration.seconds(1)

    /// - Parameters:
    ///   - store: the store's id, 16 bytes.
    ///   - whenWaiting: is called once if another process takes its time.
    public init(store: [UInt8], about topic: Topic, until deadline: Deadline, whenWaiting: @escaping () -> Void = {}) {
        self.store = store
        self.topic = topic
        self.deadline = deadline
        self.whenWaiting = whenWaiting
    }

    /// What a process has come for.
    public enum Role: ~Copyable {
        /// It acts, and tells those who wait at its seat, if there was one to be had.
        case asker(Seat?)
        /// Another one acted, and said this.
        case told(SecretBytes)
        /// Another one acted, and went without a word.
        case left
        /// Another one was at it until the deadline.
        case late
    }

    /// Waits for whoever acts already, or takes a seat.
    ///
    /// - Parameter sits: whether to take a seat; where nobody acts, it acts without one otherwise.
    public func join(sits: Bool) -> Role {
        let patience = Deadline(in: Self.patience)
        var useless: Set<Int> = []
        while !deadline.hasPassed {
            for number in Self.seats where !useless.contains(number) {
                switch Asker.find(at: name(number)) {
                case .listening(let asker):
                    switch asker.outcome(until: deadline, whenWaiting: whenWaiting) {
                    case .told(let message): return .told(message)
                    case .left: return .left
                    case .late: return .late
                    case .stopped: useless.insert(number)
                    }
                case .nobody: break
                case .crowded: if patience.hasPassed { useless.insert(number) }
                case .useless: useless.insert(number)
                }
            }
            guard sits, let free = Self.seats.first(where: { !useless.contains($0) }) else { return .asker(nil) }
            switch Seat.take(name(free)) {
            case .taken(let seat): return .asker(seat)
            // Somebody was quicker, and is about to listen.
            case .occupied: if patience.hasPassed { useless.insert(free) }
            case .impossible: return .asker(nil)
            }
            usleep(500)
        }
        return .late
    }

    private func name(_ seat: Int) -> String {
        "awskeys/\(Self.version)/\(hexadecimal(store))/\(topic.name)/\(seat)"
    }
}

/// The seat of who acts.
public struct Seat: ~Copyable {
    private let socket: Int32

    fileprivate enum Attempt: ~Copyable {
        case taken(Seat)
        case occupied
        case impossible
    }

    fileprivate static func take(_ name: String) -> Attempt {
        let socket = makeSocket()
        guard socket >= 0 else { return .impossible }
        guard unsafe withAddress(name, { unsafe bind(socket, $0, $1) }) == 0, listen(socket, SOMAXCONN) == 0 else {
            let number = errno
            close(socket)
            return number == EADDRINUSE ? .occupied : .impossible
        }
        return .taken(Seat(socket))
    }

    private init(_ socket: Int32) { self.socket = socket }

    deinit { close(socket) }

    /// Says to everybody who waits what came of it. Who comes later finds the seat free.
    public func tell(_ message: borrowing SecretBytes) {
        // As many as can wait at once, so that nobody who knocks again and again holds it up.
        for _ in 0..<SOMAXCONN {
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

    /// The largest message in bytes.
    private static let largest = 16 * 1024
    /// How often somebody who waits looks whether the asker was stopped, in milliseconds.
    private static let look = 500
    /// How long somebody waits who can't look: `/proc` may be hidden, or show other processes.
    private static let blindPatience = Duration.seconds(10)

    enum Found: ~Copyable {
        case listening(Asker)
        case nobody
        /// So many wait already that no more can.
        case crowded
        /// It is another user's, or can't be reached.
        case useless
    }

    static func find(at name: String) -> Found {
        let socket = makeSocket()
        guard socket >= 0 else { return .useless }
        let isConnected = unsafe withAddress(name) { unsafe connect(socket, $0, $1) } == 0
        let number = errno
        if isConnected, let peer = peer(of: socket), peer.user == geteuid() {
            return .listening(Asker(socket: socket, process: peer.process))
        }
        close(socket)
        if isConnected { return .useless }
        switch number {
        case ECONNREFUSED: return .nobody
        case EAGAIN: return .crowded
        default: return .useless
        }
    }

    private init(socket: Int32, process: pid_t) {
        self.socket = socket
        self.process = process
    }

    deinit { close(socket) }

    enum Outcome: ~Copyable {
        case told(SecretBytes)
        case left
        case stopped
        case late
    }

    borrowing func outcome(until deadline: Deadline, whenWaiting: () -> Void) -> Outcome {
        let blind = Deadline(in: Self.blindPatience)
        var event = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        var looks = 0
        while !deadline.hasPassed {
            if isStopped ?? blind.hasPassed { return .stopped }
            guard unsafe poll(&event, 1, deadline.milliseconds(atMost: Self.look)) > 0 else {
                looks += 1
                if looks == 2 { whenWaiting() }
                continue
            }
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
    /// follows the name in brackets; `nil` where that isn't to be seen.
    private var isStopped: Bool? {
        guard let file = unsafe fopen("/proc/\(process)/stat", "re") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let size = unsafe fread(&bytes, 1, bytes.count, file)
        guard let name = bytes.prefix(size).lastIndex(of: UInt8(ascii: ")")), name + 2 < size else { return nil }
        return bytes[name + 2] == UInt8(ascii: "T") || bytes[name + 2] == UInt8(ascii: "t")
    }
}

/// A socket that keeps messages apart, since a stream could be cut in the middle of one.
func makeSocket() -> Int32 {
    socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
}

/// Lends an abstract socket address: a zero byte and the name, up to the end that the size gives.
func withAddress(_ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
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
