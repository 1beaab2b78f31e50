import ArgumentParser
import Foundation
import Rotation

struct RotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace access keys in IAM, without a moment in which none works.",
        discussion: """
            A new key is made, kept, and proven before profiles answer with it; then the old one is made inactive, and \
            deleted after the grace period. Each step can be cut off and is carried on by the next `awskeys rotate`.
            """)

    @Argument(help: "The profiles.")
    var profiles: [String] = []

    @Flag(help: "Every key of the store.")
    var all = false

    @Flag(help: "The keys that lay in plain text.")
    var imported = false

    @Option(help: "Only keys older than this: 90d.")
    var olderThan: Lifetime?

    @Option(help: "How long the old key can be brought back: 24h, unless said otherwise.")
    var grace: Lifetime?

    @Flag(help: "Delete the old key at once.")
    var deleteNow = false

    @Flag(help: "Leave the old key active for the grace period, since other machines have it too.")
    var keepActive = false

    @Flag(help: "Carry on what was cut off.")
    var resume = false

    @Flag(help: "Make inactive and delete what is due; with --delete-now, what isn't due yet too.")
    var finish = false

    @Flag(help: "Let the profiles answer with the earlier key again.")
    var rollback = false

    @Option(help: "Another key of the same user that may be deleted.")
    var replace: String?

    @Option(help: "A code of the user's MFA device, where a policy demands one.")
    var mfaToken: String?

    @Option(help: "Rotate keys of this age by a timer of systemd's, once a day: 90d, or off.")
    var schedule: RotationSchedule?

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @Flag(help: "Don't ask.")
    var yes = false

    /// How the command goes about it.
    enum Mode: Equatable {
        case rotate, resume, finish, rollback
    }

    var mode: Mode { resume ? .resume : finish ? .finish : rollback ? .rollback : .rotate }

    func validate() throws {
        let modes = [resume, finish, rollback, schedule != nil].count { $0 }
        if modes > 1 { throw ValidationError("--resume, --finish, --rollback and --schedule exclude each other") }
        if schedule != nil {
            guard profiles.isEmpty, !all, !imported, !json, !dryRun, olderThan == nil, !deleteNow, replace == nil,
                mfaToken == nil
            else {
                throw ValidationError(
                    "--schedule rotates every key of the age given, and goes with --grace and --keep-active")
            }
            return
        }
        if !profiles.isEmpty, all || imported { throw ValidationError("name profiles, or say --all or --imported") }
        if mode == .rotate, profiles.isEmpty, !all, !imported {
            throw ValidationError("name the profiles, or say --all or --imported")
        }
        if mode != .rotate, olderThan != nil || keepActive || imported || all || dryRun || grace != nil {
            throw ValidationError(
                "--all, --imported, --older-than, --grace, --keep-active and --dry-run go with a new rotation")
        }
        if rollback, profiles.isEmpty { throw ValidationError("name the profiles to roll back") }
        if deleteNow, keepActive || rollback || resume {
            throw ValidationError("--delete-now goes with a new rotation or --finish, and not with --keep-active")
        }
        if deleteNow, grace != nil { throw ValidationError("--grace and --delete-now exclude each other") }
        if replace != nil, finish || rollback || profiles.count != 1 && !(resume && profiles.isEmpty) {
            throw ValidationError("--replace goes with one profile to rotate or resume")
        }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        if let schedule { return try schedule.install(grace: grace, isKeptActive: keepActive, in: context) }
        // Between making a key and sealing it, a reader that went away must not end the process.
        signal(SIGPIPE, SIG_IGN)
        let store = try UnlockedStore.unlock(in: context)
        let before = (keys: try store.keyGroups().map(\.id), time: context.now())
        let lock = try RotationLock(store: store.path)
        let run = RotateRun(self, in: context, before: lock.hasWaited ? before : nil)
        do {
            switch mode {
            case .rotate: try run.rotate(in: store)
            case .resume: try run.carryOn(in: store, towards: .forward(deletesAtOnce: false))
            case .finish: try run.carryOn(in: store, towards: .forward(deletesAtOnce: deleteNow))
            case .rollback: try run.carryOn(in: store, towards: .back)
            }
        } catch let failure as Failure where run.hasResults {
            // What was done is said all the same.
            run.stop(failure)
        }
        _ = consume lock
        try run.end()
    }
}
