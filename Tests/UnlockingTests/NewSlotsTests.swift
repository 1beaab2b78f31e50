import SealedStore
import Sealing
import TestSupport
import Testing

@testable import Unlocking

@Suite("New slots")
struct NewSlotsTests {
    private let store = [UInt8](repeating: 7, count: 16)
    private let typed = "correct horse EXAMPLE"

    /// A clock that gives these times, one after the other; asked once more, the test ends.
    private final class Clock {
        private var times: [Double]
        init(_ times: [Double]) { self.times = times.reversed() }
        func next() -> Double { times.removeLast() }
    }

    /// Little memory, so that the tests are quick: 64 MiB and 10 passes, 128 MiB and 6 passes.
    private func slots(available: UInt64, took seconds: Double) -> NewSlots {
        let clock = Clock([5, 5 + seconds])
        return NewSlots(to: .counting(), store: store, now: 5, available: available * 1024, seconds: clock.next)
    }

    @Test(
        "a passphrase slot has the cost that was calibrated, and opens with its passphrase alone",
        arguments: [(200, 0.1, 10, 64), (300, 0.6, 6, 128), (300, 0.4, 7, 128)] as [(UInt64, Double, UInt32, UInt32)])
    func passphrase(available: UInt64, took: Double, passes: UInt32, mebibytes: UInt32) throws {
        let slot = try slots(available: available, took: took).passphrase(SecretBytes(text: typed))
        #expect(slot.cost == (try PassphraseCost(passes: passes, memory: mebibytes * 1024)))
        #expect(try slot.isOpened(by: SecretBytes(text: typed), store: store))
        #expect(try !slot.isOpened(by: SecretBytes(text: typed + "."), store: store))
        #expect(try !slot.isOpened(by: SecretBytes(text: typed), store: Array(repeating: 8, count: 16)))
    }

    @Test("what replaces a slot goes on from its cost")
    func replacing() throws {
        let old = try PassphraseCost(passes: 8, memory: 128 * 1024)
        let new = try slots(available: 300, took: 0.6).passphrase(SecretBytes(text: typed), replacing: old)
        #expect(new.cost == old)
    }

    @Test("a recovery slot opens with its code however it is typed, and with no other, nor does a passphrase slot")
    func recovery() throws {
        let slot = try slots(available: 100, took: 0).recovery(
            SecretBytes(text: "0123456789ABCDEFGHJKMNPQR0"))
        #expect(slot.cost == (try PassphraseCost(passes: 10, memory: 64 * 1024)))
        for (text, opens) in [
            ("o1234-56789-abcde-fghjk-mnpqr-O", true), ("0123456789ABCDEFGHJKMNPQR1", false), ("", false),
        ] {
            #expect(try slot.isOpened(by: SecretBytes(text: text), store: store) == opens, "\(text)")
        }
    }
}

@Suite("Available memory")
struct AvailableMemoryTests {
    private let machine = "MemTotal:       24684056 kB\nMemFree:  100 kB\nMemAvailable:    1000000 kB\n"

    private func found(_ files: [String: String]) -> UInt64? { AvailableMemory.kibibytes { files[$0] } }

    @Test("it is what the machine has, where no group is limited")
    func machineAlone() {
        #expect(found([:]) == nil)
        #expect(found(["/proc/meminfo": "MemTotal: 5 kB\n"]) == nil)
        #expect(found(["/proc/meminfo": machine]) == 1_000_000)
        #expect(
            found([
                "/proc/meminfo": machine, "/proc/self/cgroup": "0::/user.slice/a.scope\n",
                "/sys/fs/cgroup/user.slice/a.scope/memory.max": "max\n",
                "/sys/fs/cgroup/user.slice/a.scope/memory.current": "5000\n",
            ]) == 1_000_000)
    }

    @Test("a group of version 2 has what its limit leaves, and so has each group above it")
    func second() {
        var files = [
            "/proc/meminfo": machine, "/proc/self/cgroup": "0::/outer/in:ner\n",
            "/sys/fs/cgroup/outer/memory.max": "524288000\n", "/sys/fs/cgroup/outer/memory.current": "104857600\n",
            "/sys/fs/cgroup/outer/in:ner/memory.max": "max\n", "/sys/fs/cgroup/outer/in:ner/memory.current": "1024\n",
        ]
        #expect(found(files) == 400 * 1024)
        files["/sys/fs/cgroup/outer/memory.stat"] = "file 1\ninactive_file 52428800\nactive_file 9\n"
        #expect(found(files) == 450 * 1024)
        files["/sys/fs/cgroup/outer/in:ner/memory.max"] = "1024\n"
        #expect(found(files) == 0)
        // In a container, the group is the root of what can be seen.
        files = [
            "/proc/meminfo": machine, "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "2048\n",
            "/sys/fs/cgroup/memory.current": "1024\n",
        ]
        #expect(found(files) == 1)
    }

    @Test("a group of version 1 too; its highest number stands for no limit")
    func first() {
        var files = [
            "/proc/meminfo": machine, "/proc/self/cgroup": "5:cpu,memory:/docker/x\n3:memory_x:/y\n0::/\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "104857600\n",
        ]
        #expect(found(files) == 1_000_000)
        files["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "209715200\n"
        #expect(found(files) == 100 * 1024)
        files["/sys/fs/cgroup/memory/memory.stat"] = "inactive_file 7\ntotal_inactive_file 1048576\n"
        #expect(found(files) == 101 * 1024)
    }

    @Test("this machine says how much it has")
    func here() throws { #expect(try #require(AvailableMemory.kibibytes()) > 0) }
}
