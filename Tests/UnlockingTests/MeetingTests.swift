import Foundation
import Glibc
import Sealing
import TestSupport
import Testing

@testable import Unlocking

@Suite("Where processes meet that need the same store")
struct MeetingTests {
    private let store = randomBytes(16)

    private func join(within time: Duration = .seconds(1200)) -> Meeting.Role {
        Meeting(store: store, about: .person, until: Deadline(in: time)).join(sits: true)
    }

    private func text(_ role: consuming Meeting.Role) -> String {
        switch consume role {
        case .asker(let seat):
            switch seat {
            case .some: "asker"
            case nil: "asker without a seat"
            }
        case .told(let message): message.text()
        case .left: "left"
        case .late: "late"
        }
    }

    @Test("the first one asks, and everybody who waits is told what came of it")
    func told() async throws {
        guard case .asker(.some(let seat)) = join() else {
            Issue.record("no seat")
            return
        }
        let waiting = (0..<20).map { _ in Waiter(store) }
        // Each of them has knocked before it is told, or it would take the seat itself later on.
        for waiter in waiting { waiter.start() }
        try await until { Self.connections(to: store) == 20 }
        seat.tell(SecretBytes(text: "the outcome EXAMPLE"))
        for waiter in waiting { #expect(waiter.outcome() == "the outcome EXAMPLE") }
        _ = consume seat
        #expect(text(join()) == "asker")
    }

    @Test("when the asker goes without a word, those who wait are free to ask")
    func left() async throws {
        guard case .asker(.some(let seat)) = join() else {
            Issue.record("no seat")
            return
        }
        let waiter = Waiter(store)
        waiter.start()
        try await until { Self.connections(to: store) == 1 }
        _ = consume seat
        #expect(waiter.outcome() == "left")
    }

    @Test("nobody waits longer than the deadline")
    func late() {
        guard case .asker(.some(let seat)) = join() else {
            Issue.record("no seat")
            return
        }
        #expect(text(join(within: .milliseconds(50))) == "late")
        _ = consume seat
    }

    @Test("who has no way to act acts at once where nobody does, and waits where somebody does")
    func doesNotSit() {
        #expect(
            text(Meeting(store: store, about: .person, until: Deadline(in: .seconds(1200))).join(sits: false))
                == "asker without a seat")
        guard case .asker(.some(let seat)) = join() else {
            Issue.record("no seat")
            return
        }
        let waiting = Meeting(store: store, about: .person, until: Deadline(in: .milliseconds(50)))
        #expect(text(waiting.join(sits: false)) == "late")
        _ = consume seat
    }

    @Test("those who meet about something else don't wait")
    func topics() {
        guard case .asker(.some(let seat)) = join() else {
            Issue.record("no seat")
            return
        }
        let other = Meeting(store: store, about: .unattended, until: Deadline(in: .seconds(1200)))
        #expect(text(other.join(sits: true)) == "asker")
        _ = consume seat
    }

    @Test("a name that somebody took and doesn't listen at is given up on")
    func squatted() {
        let squatter = makeSocket()
        defer { close(squatter) }
        let name = "awskeys/1/\(hexadecimal(store))/person/0"
        let isBound = unsafe withAddress(name) { unsafe bind(squatter, $0, $1) } == 0
        #expect(isBound)
        #expect(text(join()) == "asker")
    }

    /// How many have knocked at the store's seats: lines of `/proc/net/unix` with the name, less the listener's.
    private static func connections(to store: [UInt8]) -> Int {
        let bytes = try? FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/unix")).readToEnd()
        let table = String(decoding: bytes ?? Data(), as: UTF8.self)
        return table.split(separator: "\n").count { $0.contains("awskeys/1/\(hexadecimal(store))/person/") } - 1
    }

    /// Waits for an event that is bound to come.
    private func until(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(1200)
        while !condition() {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Joins in a thread of its own.
    private final class Waiter: @unchecked Sendable {
        private let store: [UInt8]
        private let done = DispatchSemaphore(value: 0)
        private var text = ""

        init(_ store: [UInt8]) { self.store = store }

        func start() {
            Thread {
                let role = Meeting(store: self.store, about: .person, until: Deadline(in: .seconds(1200))).join(
                    sits: true)
                switch consume role {
                case .told(let message): self.text = message.text()
                case .left: self.text = "left"
                case .late: self.text = "late"
                case .asker: self.text = "asker"
                }
                self.done.signal()
            }.start()
        }

        func outcome() -> String {
            done.wait()
            return text
        }
    }
}
