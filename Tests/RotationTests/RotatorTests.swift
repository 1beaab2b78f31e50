import AWSAPI
import SealedStore
import Testing

@testable import Rotation

@Suite("A rotation")
struct RotatorTests {
    @Test("makes, proves, switches, makes inactive, and deletes after the grace period")
    func straight() throws {
        let world = World()
        let old = world.servingID
        let ending = try world.rotate()
        let new = world.servingID
        #expect(new != old)
        #expect(ending == .done(.resting(.retired, until: UInt64(world.clock.now + 86_400))))
        #expect(world.iam.key(old)?.isActive == false)
        world.clock.sleep(86_400)
        #expect(try world.resume() == .done(.finished))
        #expect(world.iam.keys.map(\.id) == [new])
        #expect(world.broken.isEmpty)
    }
}
