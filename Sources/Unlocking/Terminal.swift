private import CBSD
private import Glibc
public import Sealing

/// The person at the terminal.
public enum Terminal {
    /// The longest line that is read, in bytes.
    private static let longest = 1024

    /// Signals that would end the process at a prompt and leave the terminal without echo: `readpassphrase` puts it
    /// back at those of the keyboard, and at SIGHUP, SIGTERM and SIGPIPE, but not at these.
    private static let unheeded = [SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGPOLL, SIGPWR, SIGXCPU, SIGXFSZ, SIGSTKFLT]

    /// Whether there's a terminal whose foreground this process is in; a background job must not read from it.
    public static var isThere: Bool {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return false }
        defer { close(terminal) }
        return tcgetpgrp(terminal) == getpgrp()
    }

    /// Asks for something that must not be seen. A signal at the prompt gets the terminal back as it was.
    ///
    /// - Parameter time: how long the person has for it; `nil` for as long as it takes.
    /// - Returns: what was typed, without the end of line; `nil` if there's no terminal or no answer.
    public static func askSecret(_ prompt: String, within time: Duration? = nil) -> SecretBytes? {
        ask(prompt, RPP_REQUIRE_TTY | RPP_ECHO_OFF, time)
    }

    /// Asks for something that may be seen.
    ///
    /// - Parameter time: how long the person has for it; `nil` for as long as it takes.
    public static func ask(_ prompt: String, within time: Duration? = nil) -> String? {
        ask(prompt, RPP_REQUIRE_TTY | RPP_ECHO_ON, time)?.withBytes { String(decoding: $0.array(), as: UTF8.self) }
    }

    private static func ask(_ prompt: String, _ flags: Int32, _ time: Duration?) -> SecretBytes? {
        guard isThere else { return nil }
        // At SIGALRM, `readpassphrase` gives up, puts the terminal back, and hands the signal on to whoever had it.
        let heeded = (unheeded + [SIGALRM]).map { ($0, signal($0, SIG_IGN)) }
        defer { for (number, handler) in heeded { _ = signal(number, handler) } }
        if let time { setAlarm(time) }
        defer { setAlarm(nil) }
        var typed = SecretBytes(zeros: longest)
        let count = typed.withMutableBytes { bytes -> Int? in
            unsafe bytes.withUnsafeMutableBytes { buffer -> Int? in
                guard let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
                guard unsafe readpassphrase(prompt, start, buffer.count, flags) != nil else { return nil }
                return unsafe strlen(start)
            }
        }
        guard let count, count > 0 else { return nil }
        typed.truncate(to: count)
        return typed
    }

    /// Asks for a yes; no answer is a no.
    public static func agrees(to question: String, within time: Duration? = nil) -> Bool {
        ["y", "yes"].contains(ask(question + " [y/N] ", within: time)?.lowercased() ?? "")
    }

    /// Has SIGALRM come after a time, or not at all.
    private static func setAlarm(_ time: Duration?) {
        let (seconds, attoseconds) = (time ?? .zero).components
        // Nothing at all would switch it off.
        let microseconds = max(time == nil ? 0 : 1, Int(attoseconds / 1_000_000_000_000))
        // Again and again, since the first one may come before `readpassphrase` listens, or while it is stopped.
        let again = timeval(tv_sec: 0, tv_usec: time == nil ? 0 : 500_000)
        var timer = itimerval(it_interval: again, it_value: timeval(tv_sec: Int(seconds), tv_usec: microseconds))
        _ = unsafe setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    }
}
