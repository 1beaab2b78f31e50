import DurableFiles
import Foundation
import Sealing

/// Unit files of systemd's, in the user's own manager.
struct UserUnits {
    private let folder: String

    /// Finds the folder that they lie in; systemd.unit(5).
    init(in context: Context) throws {
        guard let config = context.configFolder() else {
            throw Failure(.config, "HOME is not set", hint: "set HOME")
        }
        folder = config + "/systemd/user"
    }

    /// Writes a unit file, in the place of the one there, and says so.
    func write(_ text: String, as name: String) throws {
        let path = "\(folder)/\(name)"
        do throws(FileError) {
            try makeFolder(at: folder)
            try replaceFile(at: path, with: text.utf8.span, attributes: .secret)
        } catch {
            throw Failure(error)
        }
        Console.say("wrote \(path)")
    }

    /// Stops units, the first of which is the one that was enabled, and takes their files away.
    func remove(_ names: [String]) throws {
        Self.tell("disable", "--now", names[0])
        do throws(FileError) {
            for name in names { try removeFile(at: "\(folder)/\(name)") }
        } catch {
            throw Failure(error)
        }
        Self.tell("daemon-reload")
    }

    /// `awskeys` itself, as `ExecStart=` has it.
    static func program(in context: Context) throws -> String {
        guard let programs = context.programFolder(), !programs.contains(where: \.isWhitespace) else {
            throw Failure(
                .config, "systemd cannot start awskeys from a folder with spaces",
                hint: "install it under another path")
        }
        return programs.replacing("%", with: "%%") + "/awskeys"
    }

    /// https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting, with `%` doubled.
    static func quoted(_ text: String) -> String {
        "\""
            + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("%", with: "%%")
            .replacing("\n", with: "\\n") + "\""
    }

    /// Tells the user's manager, if there is one.
    ///
    /// - Returns: whether it did what it was told.
    @discardableResult
    static func tell(_ arguments: String...) -> Bool {
        let process = Process(silent: ["systemctl", "--user"] + arguments)
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
