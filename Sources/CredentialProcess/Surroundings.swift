private import CLinux
private import Glibc

/// A variable of the environment; `nil` if it isn't set or is empty.
public func environmentVariable(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value[0] != 0 else { return nil }
    return unsafe String(cString: value)
}

/// Where the store lies: `AWSKEYS_STORE`, or `awskeys/store` in the XDG data folder.
///
/// https://specifications.freedesktop.org/basedir-spec: a relative `XDG_DATA_HOME` doesn't count.
///
/// - Returns: `nil` where the environment names no home.
public func storePath() -> String? {
    if let path = environmentVariable("AWSKEYS_STORE") { return path }
    if let data = environmentVariable("XDG_DATA_HOME"), data.hasPrefix("/") { return data + "/awskeys/store" }
    return environmentVariable("HOME").map { $0 + "/.local/share/awskeys/store" }
}

/// The arguments that the program was started with, its name first, as bytes; empty where they can't be read.
///
/// They come from `/proc/self/cmdline` (proc(5)), where each ends with a zero. The program that SDKs call leaves out
/// what `CommandLine` needs.
public func programArguments() -> [[UInt8]] {
    let file = unsafe open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
        let got = unsafe read(file, &part, part.count)
        if got <= 0 { break }
        bytes += part[..<got]
    }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { Array($0) }
}

/// The folder that the running program lies in, symbolic links followed.
public func programFolder() -> String? {
    guard let path = linkTarget("/proc/self/exe") else { return nil }
    return path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
}

/// What a symbolic link says; `nil` if it can't be read.
func linkTarget(_ link: String) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
        guard let start = buffer.baseAddress else { return nil }
        let size = unsafe readlink(link, start, buffer.count)
        guard size > 0 else { return nil }
        return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: size), as: UTF8.self)
    }
}

/// What ``harden()`` changed that a program inherits which takes this one's place.
public struct Inherited: Sendable {
    private let coreLimit: rlim_t
    private let mask: mode_t

    fileprivate init(coreLimit: rlim_t, mask: mode_t) {
        self.coreLimit = coreLimit
        self.mask = mask
    }

    /// Gives it back.
    func restore() {
        setCoreLimit(coreLimit)
        _ = umask(mask)
    }
}

/// Whether the program has rights that whoever started it hasn't: set-user-ID, set-group-ID or file capabilities. Then
/// the environment, and with it the store, is somebody else's choice.
public var isPrivileged: Bool { is_privileged() != 0 }

/// What both programs say to that, and the next step.
public let privilegeRefusal = (
    message: "it doesn't run with another user's rights", hint: "`chmod ug-s` the program"
)

/// Keeps what the process will hold out of core dumps, other processes' debuggers, and files with lax permissions; and
/// its words out of the files that it opens, one of which would otherwise get the number of a standard stream that the
/// caller has closed.
@discardableResult
public func harden() -> Inherited {
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
        // It can't be written to, as before.
        _ = unsafe open("/dev/null", O_RDONLY)
    }
    _ = set_dumpable(0)
    let limit = setCoreLimit(0)
    return Inherited(coreLimit: limit, mask: umask(0o077))
}

/// Says how large core dumps may be, in bytes; the limit for that limit stays.
///
/// - Returns: what it was.
@discardableResult
private func setCoreLimit(_ size: rlim_t) -> rlim_t {
    var limit = rlimit()
    _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    let before = limit.rlim_cur
    limit.rlim_cur = size
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    return before
}
