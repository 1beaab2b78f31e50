import ArgumentParser
import KeyCache
import LoginWatch
import SealedStore
import Unlocking

struct LockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Forget the data key, so that the store must be unlocked again.")

    @Flag(help: "Lock all stores, and not only the one in use.")
    var all = false

    @Flag(help: "Stay, and lock all stores whenever the machine suspends or the session is locked.")
    var watch = false

    @Flag(help: "With --watch: have systemd do so from every login on.")
    var install = false

    @Flag(help: "With --watch: have systemd stop doing so.")
    var uninstall = false

    func validate() throws {
        if install || uninstall, !watch { throw ValidationError("--install and --uninstall go with --watch") }
        if install, uninstall { throw ValidationError("--install and --uninstall exclude each other") }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        if install {
            try LockService.install(in: context)
        } else if uninstall {
            try LockService.remove(in: context)
        } else if watch {
            try Self.lockWatching()
        } else if all {
            Console.say(lockedWords(KeyCache.removeAll()))
        } else {
            KeyCache.remove(store: try UnlockedStore.closed(try context.storePath()).id)
            Console.say("locked")
        }
    }

    private static func lockWatching() throws -> Never {
        do throws(LoginWatchError) {
            try watchLogins { event in
                if case .undelayed = event { return Console.note("awskeys: \(event.words)") }
                Console.say("\(lockedWords(KeyCache.removeAll())): \(event.words)")
            }
        } catch {
            throw Failure(error)
        }
    }
}

struct UnlockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Unlock the store, so that programs needn't ask.")

    @Option(name: .customLong("for"), help: "How long it stays unlocked after each use: 30m, 8h, 2d.")
    var duration: Lifetime?

    @Flag(help: "Accept a store that is older than one seen before, as after a restored backup.")
    var acceptRollback = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context, acceptRollback ? [.mayAsk, .acceptsRollback] : .mayAsk)
        guard let cached = KeyCache.load(store: store.id) else {
            throw Failure(
                .unavailable, "the kernel keeps no keys here, so the store can't stay unlocked",
                hint: "programs unlock it each time: AWSKEYS_PASSPHRASE_FILE lets them")
        }
        let settings = context.settings()
        let usual = cached.opener.isPerson ? settings.lifetimeAfterPassphrase : settings.lifetime
        let seconds = duration?.seconds ?? usual
        Unlocker.remember(
            store.dataKey, store: store.id, generation: cached.generation, lifetime: seconds, opener: cached.opener)
        Console.say("unlocked; locks itself when it hasn't been used for \(Lifetime(seconds: seconds).words)")
    }
}

/// A span of time as people type it: `30m`, `8h`, `2d`.
struct Lifetime: ExpressibleByArgument {
    let seconds: UInt32

    init(seconds: UInt32) { self.seconds = seconds }

    init?(argument: String) {
        guard let seconds = Unlocking.seconds(in: argument) else { return nil }
        self.seconds = seconds
    }

    /// As it is typed.
    var text: String { words.replacing(" ", with: "") }

    /// For people.
    var words: String {
        let unit = [("d", 86400), ("h", 3600), ("m", 60)].first { seconds % $0.1 == 0 } ?? ("s", 1)
        return "\(seconds / unit.1) \(unit.0)"
    }
}
