import AWSAPI
import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Rotation

@Suite("A rotation")
struct RotatorTests {
    /// What an ending says, without what differs from run to run.
    private func failure(_ ending: World.Ending) -> RotationError? {
        if case .failed(let error) = ending { error } else { nil }
    }

    @Test("makes, proves, switches, makes inactive, and deletes after the grace period")
    func straight() throws {
        let world = World()
        let old = world.servingID
        let ending = try world.rotate()
        let new = world.servingID
        #expect(new != old)
        #expect(ending == .done(.resting(.retired, until: UInt64(world.clock.now + 86_400))))
        #expect(world.iam.key(old)?.isActive == false)
        #expect(try world.draft.profiles(with: new) == ["dev", "web"])
        world.clock.sleep(86_399)
        #expect(try world.resume() == .done(.resting(.retired, until: UInt64(world.clock.now + 1))))
        world.clock.sleep(1)
        #expect(try world.resume() == .done(.finished))
        #expect(world.iam.keys.map(\.id) == [new])
        let isExposed = try world.serving().exposed
        #expect(!isExposed)
        #expect(world.broken.isEmpty)
    }

    @Test("lets the new key serve only after three answers in a row, while it comes and goes")
    func flapping() throws {
        let world = World()
        (world.iam.propagation, world.iam.flapping) = (20, 15)
        _ = try world.rotate()
        let answers = world.progress.compactMap { progress -> Int? in
            if case .proving(_, let answers, _) = progress { answers } else { nil }
        }
        #expect(answers.suffix(4) == [0, 1, 2, 3])
        #expect(answers.count { $0 == 1 } > 1)
        #expect(world.broken.isEmpty)
    }

    @Test("keeps the old key active for the grace period if told so, and reactivable for another")
    func keptActive() throws {
        let world = World()
        let old = world.servingID
        let end = try world.rotate(grace: 3600, isKeptActive: true)
        #expect(world.iam.works(old))
        #expect(world.state == .retiring)
        if case .done(.resting(let state, _)) = end { #expect(state == .retiring) }
        world.clock.sleep(3600)
        #expect(try world.resume() == .done(.resting(.retired, until: UInt64(world.clock.now + 3600))))
        #expect(!world.iam.works(old))
    }

    @Test("goes back: to the old key after the switch, and by giving up the new one before it")
    func back() throws {
        let world = World()
        let old = world.servingID
        _ = try world.rotate()
        let new = world.servingID
        #expect(try world.resume(.back) == .done(.resting(.retired, until: UInt64(world.clock.now + 86_400))))
        #expect(world.servingID == old)
        #expect(world.iam.works(old) && !world.iam.works(new))
        let isExposed = try world.serving().exposed
        #expect(isExposed)

        let early = World()
        early.iam.propagation = 1000
        #expect(failure(try early.rotate()) == .unproven(id: "AKIA000000002EXAMPLE"))
        #expect(early.state == .proving)
        #expect(try early.resume(.back) == .done(.finished))
        #expect(early.iam.keys.count == 1)
        #expect(world.broken.isEmpty && early.broken.isEmpty)
    }

    @Test("asks for one code where IAM demands multi-factor authentication")
    func mfa() throws {
        let world = World()
        world.iam.demandsMFA = true
        world.iam.codes = ["123456"]
        world.codes = ["123456", "000000"]
        let ending = try world.rotate(grace: 0)
        #expect(ending == .done(.finished))
        #expect(world.codes == ["000000"])
        #expect(world.iam.calls.count { $0 == "GetSessionToken" } == 1)

        let wrong = World()
        wrong.iam.demandsMFA = true
        wrong.codes = ["999999"]
        let error = failure(try wrong.rotate())
        guard case .aws(_, during: .authenticate) = error else {
            Issue.record("a wrong code is said to be one: \(String(describing: error))")
            return
        }
        #expect(wrong.iam.keys.count == 1)
    }

    @Test("leaves the root user's keys, unknown keys and those of no user alone")
    func notOurs() throws {
        let root = World()
        root.iam.isRoot = true
        #expect(failure(try root.rotate()) == .root(account: FakeIAM.account))
        let unknown = World()
        unknown.iam.keys[0].isActive = false
        #expect(failure(try unknown.rotate()) == .unknownKey(unknown.servingID))
        #expect(root.writes + unknown.writes == 0)
    }

    @Test("shows two keys and stops, until it's said which may go; its profiles get the other one first")
    func twoKeys() throws {
        let world = World()
        let other = world.iam.makeKey().id
        world.iam.foreign = [other]
        guard case .twoKeys(let keys) = failure(try world.rotate()) else {
            Issue.record("two keys are shown")
            return
        }
        #expect(keys.map(\.listed.id) == [world.servingID, other])
        #expect(world.writes == 0)

        world.draft.set(
            KeyRecord(accessKeyID: other, secretAccessKey: SecretBytes(zeros: 1), added: 0, exposed: false), for: "ops")
        #expect(failure(try world.rotate(replacing: other)) == nil)
        #expect(try world.draft.profiles(with: world.servingID) == ["dev", "ops", "web"])
        #expect(world.broken.isEmpty)
    }

    @Test("brings the old key back when somebody made the new one inactive")
    func newKeyInactive() throws {
        for goal in [RotationGoal.back, .forward(deletesAtOnce: true)] {
            let world = World()
            let old = world.servingID
            _ = try world.rotate(grace: 3600, isKeptActive: true)
            let new = world.servingID
            world.clock.sleep(1000)
            let index = try #require(world.iam.keys.firstIndex { $0.id == new })
            world.iam.keys[index].isActive = false
            _ = try world.resume(goal)
            #expect(world.servingID == old, "\(goal)")
            #expect(world.iam.works(old), "\(goal)")
        }
    }

    @Test("keeps the new key when AWS doesn't know it for a minute")
    func blip() throws {
        let world = World()
        _ = try world.rotate(grace: 3600, isKeptActive: true)
        let new = world.servingID
        world.clock.sleep(3600)
        for call in 1...60 { world.iam.faults["UpdateAccessKey", default: [:]][call] = .unknown }
        guard case .aws(let error, during: .update) = failure(try world.resume()) else {
            Issue.record("it is said that the key isn't known")
            return
        }
        #expect(error.isUnknownKey)
        #expect(world.servingID == new)
        #expect(world.state == .retiring)
        #expect(world.broken.isEmpty)
    }

    @Test("keeps the new key when it is all that is left")
    func onlyNewKeyLives() throws {
        let world = World()
        world.iam.propagation = 1000
        _ = try world.rotate()
        let (old, new) = (world.servingID, "AKIA000000002EXAMPLE")
        world.iam.propagation = 0
        world.iam.keys.removeAll { $0.id == old }
        world.iam.keys[0].known = 0
        #expect(failure(try world.resume(.back)) == .unknownServing(old, isProving: true))
        #expect(world.iam.works(new))
        _ = try world.resume()
        #expect(world.servingID == new)
    }

    @Test("gives profiles the key that is left when the one that they were given back is gone")
    func oldKeyGone() throws {
        let world = World()
        let old = world.servingID
        _ = try world.rotate(grace: 3600, isKeptActive: true)
        let new = world.servingID
        world.remove("web")
        try world.giveOldKey(to: "dev")
        world.iam.keys.removeAll { $0.id == old }
        #expect(failure(try world.resume()) == .vanished(id: old))
        #expect(world.servingID == new)
        #expect(world.iam.works(new))
    }

    @Test("doesn't give a profile a key back that may be deleted")
    func replacedInDoubt() throws {
        let world = World()
        let other = world.iam.makeKey()
        world.draft.set(
            KeyRecord(
                accessKeyID: other.id, secretAccessKey: SecretBytes(text: other.secret), added: 0, exposed: false),
            for: "ops")
        for call in 1...40 { world.iam.faults["DeleteAccessKey", default: [:]][call] = .errorAfterEffect }
        _ = try world.rotate(replacing: other.id)
        #expect(world.iam.works(world.keyID(of: "ops")))
    }

    @Test("takes the key that serves for no new one, when an earlier answer comes once more")
    func doubledAnswer() throws {
        let world = World()
        _ = try world.rotate(grace: 0)
        let serving = world.servingID
        world.iam.faults["CreateAccessKey"] = [2: .repeated]
        #expect(failure(try world.rotate(grace: 0)) == .aws(.garbled(status: 200), during: .create))
        #expect(world.servingID == serving)
        #expect(world.iam.works(serving))
        #expect(world.state == nil)
        #expect(world.broken.isEmpty)
    }

    @Test("follows a user who has been renamed")
    func renamed() throws {
        let world = World()
        _ = try world.rotate()
        world.iam.user = "bob"
        world.clock.sleep(86_400)
        #expect(try world.resume() == .done(.finished))
        #expect(world.iam.keys.count == 1)
    }

    @Test("gives what has the old key the new one before the old one goes; a profile that has it alone keeps it")
    func oldKeyGivenBack() throws {
        let world = World()
        _ = try world.rotate(grace: 3600, isKeptActive: true)
        let new = world.servingID
        try world.giveOldKey(to: "legacy")
        #expect(world.keyID(of: "legacy") == new)

        let alone = World()
        let old = alone.servingID
        _ = try alone.rotate(grace: 3600, isKeptActive: true)
        alone.remove("web")
        try alone.giveOldKey(to: "dev")
        #expect(alone.servingID == old)
        alone.clock.sleep(3600)
        _ = try alone.resume(.forward(deletesAtOnce: true))
        #expect(alone.servingID == old)
        // What was to be deleted at once was the old key, so that the new one only becomes inactive.
        #expect(alone.iam.keys.map(\.isActive) == [true, false])
        #expect(world.broken.isEmpty && alone.broken.isEmpty)
    }

    @Test("gives the new key up when the profiles are gone before it serves, and names what stays at IAM")
    func profilesGone() throws {
        let world = World()
        world.iam.propagation = 1000
        _ = try world.rotate()
        world.remove("dev")
        world.remove("web")
        world.iam.propagation = 0
        #expect(try world.resume() == .done(.finished))
        #expect(world.iam.keys.count == 1)

        let later = World()
        _ = try later.rotate()
        let new = later.servingID
        for profile in ["dev", "web"] { later.draft.remove(profile: profile) }
        _ = try later.resume(.forward(deletesAtOnce: true))
        #expect(later.progress.contains(.unowned(id: new)))
    }

    @Test("says it when a rival made the second key first")
    func rival() throws {
        let world = World()
        world.iam.faults["CreateAccessKey"] = [1: .limited]
        guard case .twoKeys = failure(try world.rotate()) else {
            Issue.record("the limit is shown as two keys")
            return
        }
        #expect(world.state == nil)
    }

    @Test("deletes the new key again when it can't be kept, or names it")
    func notKept() throws {
        let world = World()
        world.refusedWrites = [2]
        guard case .store = failure(try world.rotate()) else {
            Issue.record("the store's problem is said")
            return
        }
        #expect(world.iam.keys.count == 1)

        let worse = World()
        worse.refusedWrites = [2, 3]
        worse.iam.denied = ["DeleteAccessKey"]
        guard case .orphan(let id, _) = failure(try worse.rotate()) else {
            Issue.record("the key that stays is named")
            return
        }
        #expect(worse.iam.key(id) != nil)
    }

    @Test("warns when the old key was used after the switch")
    func stillUsed() throws {
        let world = World()
        let old = world.servingID
        _ = try world.rotate(grace: 3600, isKeptActive: true)
        world.clock.sleep(1800)
        world.iam.keys[0].lastUse = world.clock.now
        world.clock.sleep(1800)
        _ = try world.resume()
        let isSaid = world.progress.contains { progress in
            if case .stillUsed(let id, _) = progress { id == old } else { false }
        }
        #expect(isSaid)
    }

    @Test("works with a clock that is ten minutes off")
    func skewed() throws {
        for skew in [600, -600] {
            let world = World()
            world.iam.skew = skew
            _ = try world.rotate()
            #expect(world.state == .retired, "\(skew)")
        }
    }

    @Test("is read as it was sealed, in every state")
    func sealed() throws {
        let world = World()
        world.killAt = 8
        _ = try world.rotate()
        let id = try #require(world.draft.notes(.rotation).first)
        let bytes = try world.draft.note(id, .rotation).array()
        for size in 0..<bytes.count {
            let cut = SecretBytes(copying: Array(bytes[..<size]).span)
            let problem = problem { () throws(StoreError) in _ = try Rotation.read(cut) }
            #expect(problem == .damaged(.record))
        }
        let read = try Rotation.read(SecretBytes(copying: bytes.span))
        let again = read.encoded().withBytes { $0.array() }
        #expect(again == bytes)
    }
}

extension Optional where Wrapped == SecretBytes, Wrapped: ~Copyable {
    fileprivate borrowing func array() -> [UInt8] {
        switch self {
        case .some(let bytes): bytes.array()
        case nil: []
        }
    }
}
