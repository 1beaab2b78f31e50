import Sealing

/// What a pinentry answers a command with: data lines (`D`, percent-encoded), comments (`#`) and status lines (`S`),
/// and in the end `OK`, or `ERR` and a code of libgpg-error's.
enum AssuanReply: ~Copyable {
    /// It did as it was told; its data, which may be a secret.
    case ok(SecretBytes)
    /// It didn't; the code.
    case error(Int)
    /// There was no end to the reply.
    case ended

    /// Reads a reply.
    ///
    /// - Parameter line: the next line, without its end; `nil` if there is none.
    init(reading line: () -> SecretBytes?) {
        var data = SecretBuilder()
        while let line = line() {
            switch Self.word(line) {
            case "OK":
                self = .ok(data.joined())
                return
            case "ERR":
                self = .error(Self.code(line))
                return
            case "D": data.add(percentDecoding: line, from: 2)
            // Comments, status lines, and what later versions may say.
            default: break
            }
        }
        self = .ended
    }

    /// Whether it did as it was told.
    var isOK: Bool {
        switch self {
        case .ok: true
        default: false
        }
    }

    /// The first word of a line; it is no secret.
    private static func word(_ line: borrowing SecretBytes) -> String {
        line.withBytes { line in
            let end = line.indices.first { line[$0] == UInt8(ascii: " ") || line[$0] == UInt8(ascii: "\r") }
            return String(decoding: line.extracting(0..<min(end ?? line.count, 8)).array(), as: UTF8.self)
        }
    }

    /// The number in `ERR 83886179 Operation cancelled <Pinentry>`.
    private static func code(_ line: borrowing SecretBytes) -> Int {
        let text = line.withBytes { String(decoding: $0.array(), as: UTF8.self) }
        return Int(text.dropFirst(4).prefix { $0.isNumber }) ?? 0
    }
}

extension SecretBuilder {
    /// Adds a line's bytes from `start` on, with `%` and two hexadecimal digits as the byte that they stand for.
    fileprivate mutating func add(percentDecoding line: borrowing SecretBytes, from start: Int) {
        var decoded = SecretBytes(zeros: line.count)
        var count = 0
        line.withBytes { line in
            decoded.withMutableBytes { decoded in
                var index = start
                while index < line.count {
                    var byte = line[index]
                    if byte == UInt8(ascii: "%"), index + 2 < line.count, let high = hexadecimalDigit(line[index + 1]),
                        let low = hexadecimalDigit(line[index + 2])
                    {
                        byte = high << 4 | low
                        index += 2
                    }
                    decoded[count] = byte
                    count += 1
                    index += 1
                }
            }
        }
        decoded.truncate(to: count)
        decoded.withBytes { add($0) }
    }
}
