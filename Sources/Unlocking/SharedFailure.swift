import Keyring
import SealedStore
import Sealing

/// Why the asker could not open the store, for those who wait: a person said no, or there was no way.
struct SharedFailure: Equatable {
    /// More of either has no slot, and no message.
    private static let most = 40

    /// The ways that the asker had, each with what tells it from another process's.
    let ways: [String]
    /// What stood in each one's way.
    let attempts: [UnlockError.Attempt]

    init(ways: [String], attempts: [UnlockError.Attempt]) {
        self.ways = Array(ways.prefix(Self.most))
        self.attempts = Array(attempts.prefix(Self.most))
    }

    /// Whether a person was asked in vain.
    var isRefusal: Bool { attempts.contains(where: \.isRefusal) }
}

extension SharedFailure {
    /// The parts one after the other; texts with their size before them.
    func encoded() -> [UInt8] {
        var bytes = [UInt8(ways.count)]
        for way in ways { bytes.append(clipped: way) }
        bytes.append(UInt8(attempts.count))
        for attempt in attempts {
            let (way, first, second) = attempt.way.parts
            let (obstacle, number, message) = attempt.obstacle.parts
            bytes.append(way)
            bytes.append(clipped: first)
            bytes.append(clipped: second)
            bytes.append(obstacle)
            bytes.append(littleEndian: number)
            bytes.append(clipped: message)
        }
        return bytes
    }

    /// Reads the parts; `nil` for anything else.
    init?(reading bytes: [UInt8]) {
        do throws(StoreError) {
            var reader = RecordReader()
            let span = bytes.span
            var ways: [String] = []
            for _ in 0..<(try reader.byte(span)) { ways.append(try reader.text(span)) }
            var attempts: [UnlockError.Attempt] = []
            for _ in 0..<(try reader.byte(span)) {
                let way = Way(parts: try reader.byte(span), try reader.text(span), try reader.text(span))
                let obstacle = Obstacle(
                    parts: try reader.byte(span), try reader.number(span), try reader.text(span))
                guard let way, let obstacle else { return nil }
                attempts.append(.init(way: way, obstacle: obstacle))
            }
            try reader.end(span)
            self.init(ways: ways, attempts: attempts)
        } catch {
            return nil
        }
    }
}

extension Way {
    fileprivate var parts: (UInt8, String, String) {
        switch self {
        case .keyring: (0, "", "")
        case .file(let path, let variable): (1, path, variable)
        case .terminal: (2, "", "")
        case .pinentry(let path): (3, path, "")
        case .askpass(let path): (4, path, "")
        }
    }

    fileprivate init?(parts number: UInt8, _ first: String, _ second: String) {
        switch number {
        case 0: self = .keyring
        case 1: self = .file(path: first, namedBy: second)
        case 2: self = .terminal
        case 3: self = .pinentry(first)
        case 4: self = .askpass(first)
        default: return nil
        }
    }
}

extension Obstacle {
    /// A number, and what some of them say more.
    fileprivate var parts: (UInt8, Int32, String) {
        switch self {
        case .wrongKey: (0, 0, "")
        case .unreadable(let number): (1, number, "")
        case .nobodyThere: (2, 0, "")
        case .refused: (3, 0, "")
        case .noAnswer: (4, 0, "")
        case .notShown: (5, 0, "")
        case .noMemory: (6, 0, "")
        case .keyring(.noService): (7, 0, "")
        case .keyring(.locked): (8, 0, "")
        case .keyring(.dismissed): (9, 0, "")
        case .keyring(.unanswered): (10, 0, "")
        case .keyring(.absent): (11, 0, "")
        case .keyring(.timedOut): (12, 0, "")
        case .keyring(.malformed): (13, 0, "")
        case .keyring(.failed(let message)): (14, 0, message)
        }
    }

    fileprivate init?(parts number: UInt8, _ error: Int32, _ message: String) {
        switch number {
        case 0: self = .wrongKey
        case 1: self = .unreadable(error)
        case 2: self = .nobodyThere
        case 3: self = .refused
        case 4: self = .noAnswer
        case 5: self = .notShown
        case 6: self = .noMemory
        case 7: self = .keyring(.noService)
        case 8: self = .keyring(.locked)
        case 9: self = .keyring(.dismissed)
        case 10: self = .keyring(.unanswered)
        case 11: self = .keyring(.absent)
        case 12: self = .keyring(.timedOut)
        case 13: self = .keyring(.malformed)
        case 14: self = .keyring(.failed(message))
        default: return nil
        }
    }
}

extension Array<UInt8> {
    /// Appends a text with its size before it; what is longer than a message could be is cut off.
    fileprivate mutating func append(clipped text: String) {
        append(sized: String(decoding: text.utf8.prefix(512), as: UTF8.self))
    }
}
