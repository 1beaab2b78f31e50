private import CLinux
private import Glibc

/// What a use of a profile came to.
public enum UseAnswer: String, Sendable {
    /// The key itself was given out.
    case key
    /// Temporary credentials were.
    case session
    /// Nobody agreed, or the store stayed locked.
    case refused
    /// There was another reason why nothing was given out.
    case failed
}

/// What tells an entry about a use from all others in the journal: its `MESSAGE_ID` (systemd.journal-fields(7)).
public let useLogID = "7f6c2d0b8f3e4c2e9a51d4e0c3b97a16"

/// Writes a use of a profile to the system's journal, in its native protocol: one datagram, with a field a line
/// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
///
/// Whoever asked waits half a second at most if the journal is busy, and is answered also where there is none.
///
/// - Parameter isApart: whether another process is to write it: where this one becomes another program, the journal
///   could find that one's arguments.
public func logUse(of profile: String, by caller: Caller, _ answer: UseAnswer, isApart: Bool = false) {
    var entry: [UInt8] = []
    func add(_ field: String, _ value: String) {
        entry += field.utf8
        entry.append(UInt8(ascii: "="))
        // A line feed would begin another field.
        for byte in value.utf8 { entry.append(byte == UInt8(ascii: "\n") ? UInt8(ascii: "?") : byte) }
        entry.append(UInt8(ascii: "\n"))
    }
    add("MESSAGE", "\(answer.rawValue) of \(profile) for \(caller.name) (pid \(caller.process))")
    add("MESSAGE_ID", useLogID)
    add("PRIORITY", "6")
    add("SYSLOG_IDENTIFIER", "awskeys")
    add("AWSKEYS_PROFILE", profile)
    add("AWSKEYS_ANSWER", answer.rawValue)
    add("AWSKEYS_PROGRAM", caller.name)
    add("AWSKEYS_PROGRAM_PID", String(caller.process))
    if let path = caller.path { add("AWSKEYS_PROGRAM_PATH", path) }
    send(entry, isApart: isApart)
}

/// Where the journal listens.
public let journalSocket = "/run/systemd/journal/socket"

private func send(_ entry: [UInt8], isApart: Bool) {
    let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    var patience = timeval(tv_sec: 0, tv_usec: 500_000)
    _ = unsafe setsockopt(
        socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
        for (index, byte) in journalSocket.utf8.enumerated() { unsafe path[index] = byte }
    }
    unsafe withUnsafePointer(to: &address) { address in
        unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            if isApart {
                unsafe send_apart(socket, entry, entry.count, address, size)
            } else {
                _ = unsafe sendto(socket, entry, entry.count, Int32(MSG_NOSIGNAL), address, size)
            }
        }
    }
}

/// Takes all arguments but the first ones out of what the system shows of this process: the journal keeps the command
/// line of whoever writes to it, and the command of `awskeys exec` may have a secret in it.
///
/// They lie where `/proc/self/stat` says (proc(5), fields 48 and 49), each with a zero at its end.
public func hideArguments(after count: Int) {
    let file = unsafe open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let size = unsafe read(file, &bytes, bytes.count)
    close(file)
    // The name, which comes before in brackets, may have anything in it.
    guard let name = bytes.prefix(max(0, size)).lastIndex(of: UInt8(ascii: ")")) else { return }
    let fields = String(decoding: bytes[name..<size], as: UTF8.self).split { $0 == " " || $0 == "\n" }
    guard fields.count > 47, let start = UInt(fields[46]), let end = UInt(fields[47]), start < end,
        let memory = unsafe UnsafeMutablePointer<UInt8>(bitPattern: start)
    else { return }
    var left = count
    for index in 0..<Int(end - start) {
        if left > 0 {
            if unsafe memory[index] == 0 { left -= 1 }
        } else {
            unsafe memory[index] = 0
        }
    }
}
