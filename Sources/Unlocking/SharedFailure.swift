import Keyring
import SealedStore
import Sealing

/// Why the asker could not open the store, for those who wait: a person said no, or there was no way.
struct SharedFailure: Equatable {
    /// The ways that the asker had, each with what tells it from another process's.
    var ways: [String]
    /// What stood in each one's way.
    var attempts: [UnlockError.Attempt]

    /// Whether a person was asked in vain.
    var isRefusal: Bool { attempts.contains(where: \.isRefusal) }
}

extension SharedFailure {
    /// The parts one after the other; texts with their size before them.
    func encoded() -> [UInt8] {
        var bytes = [UInt8(clamping: ways.count)]
        for way in ways.prefix(255) { bytes.append(sized: way) }
        bytes.append(UInt8(clamping: attempts.count))
        for attempt in attempts.prefix(255) {
            let (way, first, second) = attempt.way.parts
            let (obstacle, number, message) = attempt.obstacle.parts
            bytes.append(way)
            bytes.append(sized: first)
            bytes.append(sized: second)
            bytes.append(obstacle)
            bytes.append(littleEndian: number)
            bytes.append(sized: message)
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
    /// Those that say nothing more, in the order of their numbers.
    private static let plain: [Obstacle] = [
        .wrongKey, .nobodyThere, .refused, .noAnswer, .notShown, .keyring(.noService), .keyring(.locked),
        .keyring(.dismissed), .keyring(.absent), .keyring(.timedOut), .keyring(.malformed),
    ]
    private static let unreadableNumber: UInt8 = 100
    private static let failedNumber: UInt8 = 101

    fileprivate var parts: (UInt8, Int32, String) {
        switch self {
        case .unreadable(let number): (Self.unreadableNumber, number, "")
        case .keyring(.failed(let message)): (Self.failedNumber, 0, message)
        default: (UInt8(Self.plain.firstIndex(of: self) ?? 0), 0, "")
        }
    }

    fileprivate init?(parts number: UInt8, _ error: Int32, _ message: String) {
        switch number {
        case Self.unreadableNumber: self = .unreadable(error)
        case Self.failedNumber: self = .keyring(.failed(message))
        default:
            guard Self.plain.indices.contains(Int(number)) else { return nil }
            self = Self.plain[Int(number)]
        }
    }
}
