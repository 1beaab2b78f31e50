import AWSAPI
import Foundation
import SealedStore
import TestSupport
import Testing

@testable import Rotation

@Suite("Any sequence of rotations and troubles")
struct ModelTests {
    /// How many sequences.
    static let sequences = isTorture ? 12_000 : isShort ? 100 : 1_000

    /// What people and time do.
    enum Operation: CaseIterable {
        case rotate, rotateKeepingActive, rotateDeletingNow, resume, finish, deleteNow, rollBack
        case timePasses, personMakesKey, personDeletesKey, networkSlows, networkRecovers
        case removeOne, removeAll, giveOldKeyBack, importOldKey
    }

    @Test("ends with a key that works, and with none that nobody knows of", arguments: 0..<4)
    func model(part: Int) throws {
        var count = 0
        for seed in 0..<Self.sequences / 4 {
            var generator = SeededGenerator(seed: UInt64(seed * 4 + part))
            let world = World()
            var history: [String] = []
            for _ in 0..<Int.random(in: 2...9, using: &generator) {
                let operation = Operation.allCases.randomElement(using: &generator) ?? .rotate
                let trouble = makeTrouble(in: world, using: &generator)
                let ending = try perform(operation, in: world, using: &generator)
                history.append("\(operation) \(trouble) -> \(ending.map { "\($0)" } ?? "")")
                world.check()
            }
            try settle(world)
            let strays = Set(world.iam.keys.map(\.id)).subtracting(world.draft.profiles.map { world.keyID(of: $0) })
                .subtracting(world.iam.foreign)
                .subtracting(world.named)
            #expect(
                world.broken.isEmpty && strays.isEmpty && world.state == nil,
                "seed \(seed * 4 + part): \(world.broken) \(strays)\n\(history.joined(separator: "\n"))")
            count += 1
        }
        print("rotation model: \(count) sequences, part \(part + 1) of 4")
    }

    private func makeTrouble(in world: World, using generator: inout SeededGenerator) -> String {
        // One trouble in three is joined by a kill.
        if Int.random(in: 0..<3, using: &generator) == 0 { world.killAt = Int.random(in: 1...60, using: &generator) }
        let kill = world.killAt.map { "killed at \($0) " } ?? ""
        switch Int.random(in: 0..<6, using: &generator) {
        case 2, 3, 4:
            let actions = [
                "GetCallerIdentity", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey",
            ]
            let action = actions.randomElement(using: &generator) ?? ""
            let fault = FakeIAM.Fault.allCases.randomElement(using: &generator) ?? .lost
            let first = world.iam.calls.count { $0 == action } + Int.random(in: 1...5, using: &generator)
            let last = first + [0, 0, 2, 40][Int.random(in: 0..<4, using: &generator)]
            for number in first...last { world.iam.faults[action, default: [:]][number] = fault }
            return kill + "\(fault) for \(action) \(first)...\(last)"
        case 5:
            let first = world.writes + Int.random(in: 1...4, using: &generator)
            world.refusedWrites = Set(first...first + Int.random(in: 0...3, using: &generator))
            return kill + "writes refused"
        default: return kill
        }
    }

    private func perform(
        _ operation: Operation, in world: World, using generator: inout SeededGenerator
    ) throws -> World.Ending? {
        switch operation {
        case .rotate: return try world.rotate()
        case .rotateKeepingActive: return try world.rotate(grace: 3600, isKeptActive: true)
        case .rotateDeletingNow: return try world.rotate(grace: 0)
        case .resume: return try world.resume()
        case .finish: return try world.resume(.forward(deletesAtOnce: false))
        case .deleteNow: return try world.resume(.forward(deletesAtOnce: true))
        case .rollBack: return try world.resume(.back)
        case .timePasses: world.clock.sleep(Double(Int.random(in: 1...200_000, using: &generator)))
        case .personMakesKey:
            if world.iam.keys.count < 2 { world.iam.foreign.insert(world.iam.makeKey().id) }
        case .personDeletesKey:
            if let id = world.iam.foreign.sorted().randomElement(using: &generator) {
                world.iam.keys.removeAll { $0.id == id }
                world.iam.foreign.remove(id)
            }
        case .networkSlows:
            world.iam.propagation = Int.random(in: 1...60, using: &generator)
            world.iam.flapping = Int.random(in: 0...30, using: &generator)
        case .removeOne: world.remove("web")
        case .removeAll:
            for profile in world.draft.profiles { world.remove(profile) }
        case .giveOldKeyBack: try world.giveOldKey(to: "dev")
        case .importOldKey: try world.giveOldKey(to: "legacy")
        case .networkRecovers: (world.iam.propagation, world.iam.flapping) = (0, 0)
        }
        world.calm()
        return nil
    }

    /// Without further trouble, everything comes to an end.
    private func settle(_ world: World) throws {
        for _ in 0..<5 where world.state != nil {
            let ending = try world.resume(.forward(deletesAtOnce: true))
            if case .failed(.unsettled(let keys)) = ending {
                // A person knows the keys that are other people's.
                _ = try world.resume(replacing: Set(keys.map(\.listed.id)).subtracting(world.iam.foreign))
                if !world.iam.foreign.isEmpty { world.iam.keys.removeAll { world.iam.foreign.contains($0.id) } }
            }
        }
    }
}
