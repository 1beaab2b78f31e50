import Foundation

extension Process {
    /// A program, looked for in `PATH`, that reads nothing and that nobody hears.
    convenience init(silent words: [String]) {
        self.init()
        executableURL = URL(fileURLWithPath: "/usr/bin/env")
        arguments = words
        standardInput = FileHandle.nullDevice
        standardOutput = FileHandle.nullDevice
        standardError = FileHandle.nullDevice
    }
}
