private import CBSD
private import Glibc
public import Sealing

/// The person at the terminal.
public enum Terminal {
    /// The longest line that is read, in bytes.
    private static let longest = 1024

    /// Whether there's a terminal whose foreground this process is in; a background job must not read from it.
    public static var isThere: Bool {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return false }
        defer { close(terminal) }
        return tcgetpgrp(terminal) == getpgrp()
    }

    /// Asks for something that must not be seen. A signal at the prompt gets the terminal back as it was.
    ///
    /// - Returns: what was typed, without the end of line; `nil` if there's no terminal or no answer.
    public static func askSecret(_ prompt: String) -> SecretBytes? { ask(prompt, RPP_REQUIRE_TTY | RPP_ECHO_OFF) }

    /// Asks for something that may be seen.
    public static func ask(_ prompt: String) -> String? {
        ask(prompt, RPP_REQUIRE_TTY | RPP_ECHO_ON)?.withBytes { String(decoding: $0.array(), as: UTF8.self) }
    }

    private static func ask(_ prompt: String, _ flags: Int32) -> SecretBytes? {
        guard isThere else { return nil }
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
}
