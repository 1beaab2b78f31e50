import Testing

@testable import Sealing

@Suite("What a new passphrase costs")
struct PassphraseCostTests {
    private func cost(_ passes: UInt32, _ mebibytes: UInt32) throws -> PassphraseCost {
        try PassphraseCost(passes: passes, memory: mebibytes * 1024)
    }

    @Test(
        "memory is halved until half of what is available will do, and passes make up for it",
        arguments: [
            (nil, 3, 256), (64 * 1024, 3, 256), (512, 3, 256), (511, 6, 128), (256, 6, 128), (255, 10, 64), (0, 10, 64),
        ] as [(UInt64?, UInt32, UInt32)])
    func memory(available: UInt64?, passes: UInt32, mebibytes: UInt32) throws {
        let found = PassphraseCost.starting(available: available.map { $0 * 1024 })
        #expect(found == (try cost(passes, mebibytes)))
    }

    @Test(
        "where it was quick, as many passes as fit into half a second; else as it was",
        arguments: [
            (3, 0.66, 3), (3, 0.5, 3), (3, 0.38, 3), (3, 0.375, 4), (3, 0.25, 6), (3, 0.15, 10), (3, 0.01, 10),
            (3, 0, 10),
            (6, 0.4, 7), (10, 0.1, 10),
        ] as [(UInt32, Double, UInt32)])
    func passes(passes: UInt32, took: Double, expected: UInt32) throws {
        #expect(try cost(passes, 256).calibrated(took: took) == cost(expected, 256))
    }

    @Test("no machine and no slot give a cost that isn't accepted, or one below the standard's work")
    func bounds() throws {
        for available in [nil, 0, 1, 100, 200, 300, 600, 1500, 5000] as [UInt64?] {
            for (oldPasses, oldMemory) in [(2, 64), (10, 64), (10, 128), (3, 256), (10, 256), (2, 1024), (10, 1024)] {
                let old = try cost(UInt32(oldPasses), UInt32(oldMemory))
                for old in [nil, old] {
                    let found = PassphraseCost.starting(available: available.map { $0 * 1024 }, replacing: old)
                    for took in [0, 0.001, 0.2, 0.4, 5] {
                        let found = found.calibrated(took: took)
                        #expect(try PassphraseCost(passes: found.passes, memory: found.memory) == found)
                        #expect(found.passes == 10 || found.passes * found.memory >= 3 * 256 * 1024)
                    }
                }
            }
        }
    }

    @Test(
        "what replaces a slot isn't below it in anything while the memory is there",
        arguments: [(2, 64), (10, 64), (5, 128), (3, 256), (7, 256), (10, 256), (2, 1024), (10, 1024)]
            as [(UInt32, UInt32)])
    func replacing(passes: UInt32, mebibytes: UInt32) throws {
        let old = try cost(passes, mebibytes)
        let new = PassphraseCost.starting(available: 4096 * 1024, replacing: old)
        #expect(new.memory >= old.memory && new.memory >= PassphraseCost.standard.memory)
        #expect(UInt64(new.memory) * UInt64(new.passes) >= UInt64(old.memory) * UInt64(old.passes))
        #expect(new.memory > old.memory || new.passes >= old.passes)
    }

    @Test("what replaces a slot where memory has become scarce has as much work, as far as the bounds go")
    func scarce() throws {
        #expect(try PassphraseCost.starting(available: 300 * 1024, replacing: cost(5, 256)) == cost(10, 128))
        #expect(try PassphraseCost.starting(available: 300 * 1024, replacing: cost(4, 256)) == cost(8, 128))
        #expect(try PassphraseCost.starting(available: 700 * 1024, replacing: cost(2, 1024)) == cost(8, 256))
        #expect(try PassphraseCost.starting(available: 1, replacing: cost(10, 1024)) == cost(10, 64))
    }
}
