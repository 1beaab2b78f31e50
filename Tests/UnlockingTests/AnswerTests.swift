import Keyring
import Sealing
import TestSupport
import Testing

@testable import Unlocking

@Suite("What the asker says to those who wait")
struct AnswerTests {
    private static let obstacles: [Obstacle] = [
        .wrongKey, .unreadable(2), .unreadable(0), .nobodyThere, .refused, .noAnswer, .notShown, .noMemory,
        .keyring(.noService), .keyring(.locked), .keyring(.dismissed), .keyring(.unanswered), .keyring(.absent),
        .keyring(.timedOut), .keyring(.malformed),
        .keyring(.failed("it says so")),
    ]
    private static let ways: [Way] = [
        .keyring, .file(path: "/some/ä file", namedBy: "V"), .terminal, .pinentry("/usr/bin/pinentry"), .askpass("/a"),
    ]

    @Test("a key arrives as it was")
    func key() {
        let key = SealingKey()
        let message = Answer.opened(Unlocked(dataKey: key.copy(), generation: 1 << 40 + 7)).encoded()
        switch Answer(reading: message) {
        case .opened(let arrived):
            let isSame = arrived.dataKey.isEqual(to: key)
            #expect(isSame)
            #expect(arrived.generation == 1 << 40 + 7)
        default: Issue.record("no key")
        }
    }

    @Test("every obstacle in every way arrives as it was")
    func failures() {
        for way in Self.ways {
            let attempts = Self.obstacles.map { UnlockError.Attempt(way: way, obstacle: $0) }
            let failure = SharedFailure(ways: ["keyring unix:path=/run/bus", ""], attempts: attempts)
            switch Answer(reading: Answer.failure(failure).encoded()) {
            case .failure(let arrived): #expect(arrived == failure)
            default: Issue.record("no failure")
            }
        }
    }

    @Test("a message that was cut off, or isn't one, is none")
    func nonsense() {
        let failure = SharedFailure(ways: ["a"], attempts: [.init(way: .terminal, obstacle: .refused)])
        let whole = failure.encoded()
        for size in 0..<whole.count { #expect(SharedFailure(reading: Array(whole.prefix(size))) == nil) }
        #expect(SharedFailure(reading: whole + [0]) == nil)
        for text in ["", "\u{1}", "\u{3}abc", "\u{1}short", "\u{1}numbers and a key that is short", "\u{2}\u{9}"] {
            let isNothing =
                switch Answer(reading: SecretBytes(text: text)) {
                case nil: true
                default: false
                }
            #expect(isNothing)
        }
    }

    @Test("a person's no counts for others, and what isn't a person's doesn't")
    func refusals() {
        func isRefusal(_ way: Way, _ obstacle: Obstacle) -> Bool {
            SharedFailure(ways: [], attempts: [.init(way: way, obstacle: obstacle)]).isRefusal
        }
        #expect(isRefusal(.terminal, .refused))
        #expect(isRefusal(.pinentry("/p"), .wrongKey))
        #expect(isRefusal(.askpass("/p"), .noAnswer))
        #expect(isRefusal(.keyring, .keyring(.dismissed)))
        #expect(isRefusal(.keyring, .keyring(.unanswered)))
        #expect(!isRefusal(.terminal, .noMemory))
        #expect(!isRefusal(.keyring, .wrongKey))
        #expect(!isRefusal(.keyring, .keyring(.locked)))
        #expect(!isRefusal(.file(path: "/f", namedBy: "V"), .wrongKey))
        #expect(!isRefusal(.terminal, .nobodyThere))
        #expect(!isRefusal(.pinentry("/p"), .notShown))
    }
}
