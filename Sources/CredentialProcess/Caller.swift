private import Glibc

/// The program that has started this one.
public struct Caller: Sendable {
    /// Its process; 0 where it isn't to be seen, as from within a container.
    public let process: Int32
    /// What the kernel calls it; empty where it isn't to be seen.
    public let name: String

    /// As `/proc` shows it (proc(5)): the name has up to 15 bytes, and the program may have chosen it.
    public init() {
        process = getppid()
        var bytes = [UInt8](repeating: 0, count: 64)
        let file = unsafe open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        let size = file < 0 ? 0 : unsafe read(file, &bytes, bytes.count)
        if file >= 0 { close(file) }
        // The kernel ends it with a line feed, and it may have others in it.
        name = String(decoding: bytes[..<max(0, size - 1)], as: UTF8.self)
    }

    /// The file that it runs; `nil` where it isn't to be seen.
    public var path: String? { linkTarget("/proc/\(process)/exe") }
}

/// A text with `?` in the place of what a terminal or a dialog wouldn't show as it is: control characters, those that
/// turn the direction of writing or take no room, and quotation marks, which stand around it.
///
/// - Parameter kept: characters that stay: quotation marks, where none stand around it.
public func harmless(_ text: String, keeping kept: String = "") -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
        let isShown =
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: scalar != "\""
            }
        shown.unicodeScalars.append(isShown || kept.unicodeScalars.contains(scalar) ? scalar : "?")
    }
    return shown
}
