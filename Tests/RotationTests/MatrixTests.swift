import AWSAPI
import SealedStore
import TestSupport
import Testing

@testable import Rotation

@Suite("A rotation in trouble")
struct MatrixTests {
    /// What may come after a process that was killed or failed.
    enum FollowUp: CaseIterable {
        case resume, rotate, rollBack, finish
    }

    /// What a run starts from.
    enum Start: CaseIterable {
        case fresh, retired, keptActive, rollingBack
    }

    /// Under sanitizers, every seventh is tried. No inner loop's length is a multiple of 7, so that each of its values
    /// has its turn: follow-ups, faults, lengths.
    private static let stride = isShort ? 7 : 1

    private static let delays = [(0, 0), (5, 0), (20, 10), (60, 30)]

    /// A world in which a run of one kind is about to begin.
    private func world(_ start: Start, _ delay: (Int, Int)) throws -> World {
        let world = World()
        switch start {
        case .fresh: break
        case .retired, .rollingBack: _ = try world.rotate()
        case .keptActive: _ = try world.rotate(isKeptActive: true)
        }
        if start == .keptActive { world.clock.sleep(86_400) }
        (world.iam.propagation, world.iam.flapping) = delay
        return world
    }

    private func run(_ start: Start, in world: World) throws -> World.Ending {
        switch start {
        case .fresh, .retired: try world.rotate()
        case .keptActive: try world.resume(.forward(deletesAtOnce: true))
        case .rollingBack: try world.resume(.back)
        }
    }

    /// Lets the next process come, and then everything come to rest.
    private func follow(_ followUp: FollowUp, in world: World, _ note: String) throws {
        world.check()
        switch followUp {
        case .resume: _ = try world.resume()
        case .rotate: _ = try world.rotate()
        case .rollBack: _ = try world.resume(.back)
        case .finish: _ = try world.resume(.forward(deletesAtOnce: true))
        }
        world.check()
        try settle(world, note)
    }

    /// Brings a world to rest without further trouble: one key, which works, and nothing under way.
    private func settle(_ world: World, _ note: String) throws {
        for _ in 0..<4 where world.state != nil {
            let ending = try world.resume(.forward(deletesAtOnce: true))
            if case .failed(.unsettled(let keys)) = ending {
                // A person looked at it and says that it may go.
                _ = try world.resume(replacing: Set(keys.map(\.listed.id)))
            }
        }
        #expect(world.state == nil, "\(note)")
        #expect(world.iam.works(world.servingID), "\(note)")
        let strays = world.iam.keys.map(\.id).filter { $0 != world.servingID && !world.named.contains($0) }
        #expect(strays.isEmpty, "\(note)")
        #expect(world.broken.isEmpty, "\(note): \(world.broken)")
    }

    @Test(
        "loses no key and locks nobody out when it is killed anywhere, whatever comes next", arguments: Start.allCases)
    func kills(start: Start) throws {
        var tried = EveryNth(Self.stride)
        var count = 0
        for delay in Self.delays {
            let whole = try world(start, delay)
            _ = try run(start, in: whole)
            for boundary in 1...whole.boundaries {
                for followUp in FollowUp.allCases where tried.isNext() {
                    let world = try world(start, delay)
                    world.killAt = boundary
                    let ending = try run(start, in: world)
                    let note = "\(start) \(delay) killed at \(boundary), then \(followUp)"
                    #expect(ending == .killed, "\(note)")
                    try follow(followUp, in: world, note)
                    count += 1
                }
            }
        }
        print("rotation matrix, \(start): \(count) kills, each with what comes next")
    }

    @Test(
        "loses no key and locks nobody out when any call fails in any way, whatever comes next",
        arguments: Start.allCases)
    func faults(start: Start) throws {
        var tried = EveryNth(Self.stride)
        var count = 0
        let whole = try world(start, (0, 0))
        let before = whole.iam.calls.count
        _ = try run(start, in: whole)
        let calls = whole.iam.calls.dropFirst(before)
        for action in Set(calls).sorted() {
            let earlier = whole.iam.calls.prefix(before).count { $0 == action }
            for number in 1...calls.count(where: { $0 == action }) {
                for fault in FakeIAM.Fault.allCases {
                    // Once, and for so long that every retry meets it too.
                    for length in [1, 40] {
                        for followUp in FollowUp.allCases where tried.isNext() {
                            let world = try world(start, length > 1 ? (20, 10) : (0, 0))
                            for later in 0..<length {
                                world.iam.faults[action, default: [:]][earlier + number + later] = fault
                            }
                            let ending = try run(start, in: world)
                            let note = "\(start) \(action) \(number) \(fault) x \(length), \(ending), then \(followUp)"
                            try follow(followUp, in: world, note)
                            count += 1
                        }
                    }
                }
            }
        }
        print("rotation matrix, \(start): \(count) faults of calls, each with what comes next")
    }

    @Test(
        "loses no key and locks nobody out when it is killed anywhere while any call fails in any way",
        arguments: Start.allCases)
    func killsAmongFaults(start: Start) throws {
        // All boundaries take minutes; without AWSKEYS_TORTURE=1, every seventeenth is tried.
        var tried = EveryNth(isTorture ? 1 : 17 * Self.stride)
        var count = 0
        let plain = try world(start, (0, 0))
        let before = plain.iam.calls.count
        _ = try run(start, in: plain)
        let calls = plain.iam.calls.dropFirst(before)
        for action in Set(calls).sorted() {
            let earlier = plain.iam.calls.prefix(before).count { $0 == action }
            for number in 1...calls.count(where: { $0 == action }) {
                for fault in FakeIAM.Fault.allCases {
                    func troubled() throws -> World {
                        let world = try world(start, (5, 5))
                        world.iam.faults[action] = [earlier + number: fault]
                        return world
                    }
                    let whole = try troubled()
                    _ = try run(start, in: whole)
                    for boundary in 1...whole.boundaries where tried.isNext() {
                        let world = try troubled()
                        world.killAt = boundary
                        _ = try run(start, in: world)
                        let followUp = FollowUp.allCases[count % FollowUp.allCases.count]
                        try follow(followUp, in: world, "\(start) \(action) \(number) \(fault), killed at \(boundary)")
                        count += 1
                    }
                }
            }
        }
        print("rotation matrix, \(start): \(count) kills among faults, each with what comes next")
    }

    @Test("loses no key and locks nobody out when the store can't be written, whatever comes next")
    func fullDisk() throws {
        var count = 0
        for start in Start.allCases {
            let whole = try world(start, (0, 0))
            let before = whole.writes
            _ = try run(start, in: whole)
            for number in before + 1...whole.writes {
                for last in [number, number + 40] {
                    for followUp in FollowUp.allCases {
                        let world = try world(start, (5, 0))
                        world.refusedWrites = Set(number...last)
                        let ending = try run(start, in: world)
                        let note = "\(start) write \(number)...\(last) refused, \(ending), then \(followUp)"
                        try follow(followUp, in: world, note)
                        count += 1
                    }
                }
            }
        }
        print("rotation matrix: \(count) refused writes, each with what comes next")
    }
}
