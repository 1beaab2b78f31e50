import AWSAPI
import CredentialProcess
import DurableFiles
import Foundation
import OtherTools
import SealedStore
import Sealing

/// The ways in which a key is given to `awskeys add`.
enum KeyInput {
    static let temporary = Failure(
        .usage, "temporary keys come with a session token and end by themselves; they don't belong into the store",
        hint: "add the long-term key that they were made with")

    /// A key that looks like one.
    ///
    /// - Parameters:
    ///   - now: the time, in seconds since 1970.
    ///   - exposed: whether it lay in plain text.
    static func record(
        id: String, secret: consuming SecretBytes, now: UInt64, exposed: Bool
    ) throws -> KeyRecord {
        let isVisible = secret.withBytes { secret in secret.indices.allSatisfy { (0x21...0x7E).contains(secret[$0]) } }
        guard isAccessKeyID(id), (1...1024).contains(secret.count), isVisible else {
            throw Failure(
                .usage, "an access key has an id and a secret, both of visible ASCII characters",
                hint: "the console shows them when it makes a key; nothing was changed")
        }
        // The prefix of temporary keys: IAM User Guide, "Understanding unique ID prefixes".
        guard !id.hasPrefix("ASIA") else { throw temporary }
        return KeyRecord(accessKeyID: id, secretAccessKey: secret, added: now, exposed: exposed)
    }

    /// The id on the first line, the secret on the second.
    static func lines(_ input: borrowing SecretBytes, now: UInt64) throws -> KeyRecord {
        try input.withBytes { input in
            let lines = fields(of: input, in: 0..<input.count, separator: UInt8(ascii: "\n"))
            guard lines.count >= 2 else {
                return try record(id: "", secret: SecretBytes(zeros: 0), now: now, exposed: false)
            }
            return try record(
                id: text(input, lines[0]), secret: SecretBytes(copying: input.extracting(lines[1])), now: now,
                exposed: false)
        }
    }

    /// The first key in a file that the console made.
    static func csv(_ input: borrowing SecretBytes, path: String, now: UInt64) throws -> KeyRecord {
        let key = try csvKeys(input, path: path).keys[0]
        return try record(
            id: key.accessKeyID, secret: key.secretAccessKey.copy(), now: now, exposed: true)
    }

    /// The keys in a file that the console made: a line of column names, then a line a key. Each has the name of its
    /// user for a profile, or an empty one where the file doesn't tell it. There is one at least. The file may have the
    /// user's password for the console, too.
    static func csvKeys(
        _ input: borrowing SecretBytes, path: String
    ) throws -> (keys: [OtherKey], hasPasswords: Bool) {
        try input.withBytes { input in
            let hasMark = input.count >= 3 && input[0] == 0xEF && input[1] == 0xBB && input[2] == 0xBF
            let lines = fields(of: input, in: (hasMark ? 3 : 0)..<input.count, separator: UInt8(ascii: "\n"))
            let comma = UInt8(ascii: ",")
            let columns = lines.first.map { fields(of: input, in: $0, separator: comma) } ?? []
            func column(_ name: String) -> Int? { columns.firstIndex { says(name, input, $0) } }
            guard lines.count >= 2, let id = column("access key id"), let secret = column("secret access key") else {
                throw Failure(
                    .usage,
                    "\"\(harmless(path))\" has no columns \"Access key ID\" and \"Secret access key\" with a key below",
                    hint: "take the file that the console offers when it makes a key")
            }
            let (user, password) = (column("user name"), column("password"))
            let rows = lines.dropFirst().map { fields(of: input, in: $0, separator: comma) }
            var (keys, hasPasswords): ([OtherKey], Bool) = ([], false)
            for (number, row) in rows.enumerated() where number == 0 || !row.isEmpty {
                func field(_ column: Int?) -> Range<Int> { column.flatMap { $0 < row.count ? row[$0] : nil } ?? 0..<0 }
                keys.append(
                    OtherKey(
                        text(input, field(user)), accessKeyID: text(input, field(id)),
                        secretAccessKey: SecretBytes(copying: input.extracting(field(secret)))))
                if !field(password).isEmpty { hasPasswords = true }
            }
            return (keys, hasPasswords)
        }
    }

    /// The key that the environment's variables give.
    static func environment(in context: Context, now: UInt64) throws -> KeyRecord {
        guard context.environment("AWS_SESSION_TOKEN") == nil else { throw temporary }
        return try record(
            id: context.environment("AWS_ACCESS_KEY_ID") ?? "", secret: environmentSecret("AWS_SECRET_ACCESS_KEY"),
            now: now, exposed: true)
    }

    /// A variable's value, straight into locked memory.
    static func environmentSecret(_ name: String) -> SecretBytes {
        guard let value = unsafe getenv(name) else { return SecretBytes(zeros: 0) }
        let bytes = unsafe UnsafeRawBufferPointer(start: value, count: strlen(value)).bindMemory(to: UInt8.self)
        return unsafe SecretBytes(copying: bytes.span)
    }

    /// What a file holds, at most 1 MiB.
    static func file(_ path: String) throws -> SecretBytes {
        do throws(FileError) {
            return try readFile(at: path, atMost: 1 << 20)
        } catch {
            throw Failure(error)
        }
    }

    /// What comes on standard input, at most 64 KiB unless told otherwise.
    static func standardInput(atMost limit: Int = 64 * 1024) throws -> SecretBytes {
        var bytes = SecretBytes(zeros: limit)
        var count = 0
        try bytes.withMutableBytes { bytes in
            try unsafe bytes.withUnsafeMutableBytes { bytes in
                while count < bytes.count {
                    let got = unsafe read(STDIN_FILENO, bytes.baseAddress?.advanced(by: count), bytes.count - count)
                    if got == 0 { break }
                    if got < 0, errno != EINTR {
                        throw Failure(.inputOutput, "cannot read standard input: \(reason(errno))")
                    }
                    count += max(0, got)
                }
            }
        }
        bytes.truncate(to: count)
        return bytes
    }

    /// Whether bytes are a text in whatever case. They may be a secret, where a file isn't what it should be.
    private static func says(_ text: String, _ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        let field = bytes.extracting(range)
        let wanted = text.utf8.span
        // The bit that sets small letters of ASCII apart; a space has it too.
        return field.count == wanted.count && field.indices.allSatisfy { field[$0] | 0x20 == wanted[$0] }
    }

    private static func text(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: bytes.extracting(range).array(), as: UTF8.self)
    }

    /// The ranges between separators, without white space and quotes around them.
    private static func fields(of bytes: borrowing Span<UInt8>, in range: Range<Int>, separator: UInt8) -> [Range<Int>]
    {
        var fields: [Range<Int>] = []
        var start = range.lowerBound
        var isQuoted = false
        for index in range {
            if bytes[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard bytes[index] == separator, !isQuoted else { continue }
            fields.append(start..<index)
            start = index + 1
        }
        if start < range.upperBound { fields.append(start..<range.upperBound) }
        return fields.map { field in
            var (low, high) = (field.lowerBound, field.upperBound)
            while low < high, bytes[low] <= 0x20 { low += 1 }
            while high > low, bytes[high - 1] <= 0x20 { high -= 1 }
            let quote = UInt8(ascii: "\"")
            let isQuoted =
                separator != UInt8(ascii: "\n") && high - low > 1 && bytes[low] == quote && bytes[high - 1] == quote
            return isQuoted ? low + 1..<high - 1 : low..<high
        }
    }
}
