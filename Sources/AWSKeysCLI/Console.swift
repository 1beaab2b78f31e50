import CredentialProcess
import Foundation
import Sealing
import Unlocking

/// What is said to people and programs.
enum Console {
    /// A line on standard output.
    static func say(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// A line on standard error: what goes along with the output and isn't part of it.
    static func note(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// What went wrong, on standard error.
    static func note(_ failure: Failure) { write(failure.text, to: STDERR_FILENO) }

    static func write(_ text: String, to descriptor: Int32) {
        let isWritten = printDocument(SecretBytes(copying: text.utf8.span), to: descriptor)
        if !isWritten, descriptor == STDOUT_FILENO {
            let failure = Failure(.inputOutput, "cannot write to standard output: \(reason(errno))")
            note(failure)
            exit(failure.code.rawValue)
        }
    }

    /// Secret bytes on standard output.
    static func reveal(_ bytes: borrowing SecretBytes) throws {
        guard printDocument(bytes) else {
            throw Failure(.inputOutput, "cannot write to standard output: \(reason(errno))")
        }
    }

    /// A document of JSON with stable keys.
    static func say(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        say(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Asks before something is changed.
    ///
    /// - Throws: ``Failure`` if the answer is no, or there's nobody to ask.
    static func confirm(_ question: String, yes: Bool) throws {
        if yes { return }
        guard Terminal.isThere else {
            throw Failure(.usage, "there is no terminal to ask at: \(question)", hint: "say `--yes` to go ahead")
        }
        guard agrees(question) else { throw Failure(.declined, "nothing was changed") }
    }

    /// Asks at the terminal; no answer is a no.
    static func agrees(_ question: String) -> Bool { Terminal.agrees(to: question) }

    /// Rows with their columns under each other; nothing behind the last column.
    ///
    /// - Parameter isWarning: whether a cell is to stand out, by its row and its column.
    static func table(_ rows: [[String]], isWarning: (Int, Int) -> Bool = { _, _ in false }) -> String {
        let rows = rows.map { $0.map(oneLine) }
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { number, row in
            let end = row.lastIndex { !$0.isEmpty } ?? -1
            return row.indices.prefix(end + 1).map { column in
                let padding = column == end ? 0 : widths[column] - row[column].count
                let text = isWarning(number, column) ? yellow(row[column]) : row[column]
                return text + String(repeating: " ", count: padding)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// Makes a text on standard output stand out, where colours are seen and wanted (https://no-color.org).
    private static func yellow(_ text: String) -> String {
        let isSeen = isatty(STDOUT_FILENO) == 1 && environmentVariable("TERM") != "dumb"
        let isWanted = (environmentVariable("NO_COLOR") ?? "").isEmpty
        return isSeen && isWanted ? "\u{1B}[33m\(text)\u{1B}[0m" : text
    }
}

/// An access key id as people know it again: its first and last four characters.
func short(_ accessKeyID: String) -> String {
    accessKeyID.count <= 10 ? accessKeyID : accessKeyID.prefix(4) + "…" + accessKeyID.suffix(4)
}
