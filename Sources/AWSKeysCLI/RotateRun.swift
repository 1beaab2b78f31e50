import AWSAPI
import ArgumentParser
import Foundation
import CredentialProcess
import Rotation
import SealedStore
import Sealing
import Unlocking

/// One run of `awskeys rotate`: what it was asked for, and what came of it key by key.
final class RotateRun {
    let options: RotateCommand
    let context: Context
    private var results: [RotationResult] = []
    private var failure: Failure?
    private var isTokenUsed = false

    /// The keys that profiles had before another run was waited for, and when that was, in seconds since 1970; `nil` if
    /// none was waited for.
    let before: (keys: [String], time: Int)?

    init(_ options: RotateCommand, in context: Context, before: (keys: [String], time: Int)?) {
        self.options = options
        self.context = context
        self.before = before
    }

    /// What one key's part came to.
    func finish(_ result: RotationResult) {
        results.append(result)
        if let failure = result.failure {
            self.failure = self.failure ?? failure
            Console.note(failure.named(result.name))
        } else if !options.json {
            Console.say(result.words)
        }
    }

    /// Whether anything has been finished yet.
    var hasResults: Bool { !results.isEmpty }

    /// What ended the run before its end.
    func stop(_ failure: Failure) {
        self.failure = self.failure ?? failure
        Console.note(failure)
    }

    /// Prints what is to be printed at the end.
    ///
    /// - Throws: the exit code of the first failure.
    func end() throws {
        if options.json { try Console.say(json: ["rotations": results]) }
        if let failure { throw ExitCode(failure.code.rawValue) }
    }

    /// A rotator for the keys of one user.
    func rotator(
        for profile: String?, named name: String, _ access: AWSAccess, _ store: borrowing UnlockedStore
    ) throws -> Rotator {
        let serial = profile.flatMap { access.mfaSerial(for: $0) }
        return Rotator(
            client: try access.client(for: profile), store: store.forRotation(), now: context.now,
            askForCode: { identity in self.code(of: serial, identity.arn, identity.userName ?? "") },
            report: { Console.note("\(name): \($0.words)") })
    }

    /// A code for multi-factor authentication: the one given, or one that is asked for where a device is known.
    private func code(of serial: String?, _ arn: String, _ user: String) -> MFACode? {
        if let token = options.mfaToken, !isTokenUsed {
            isTokenUsed = true
            // The usual name of a user's virtual device.
            let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            let usual = parts.prefix(5).joined(separator: ":") + ":mfa/" + user
            return MFACode(serialNumber: serial ?? usual, code: token)
        }
        guard let serial, let typed = Terminal.ask("MFA code of \(serial): ") else { return nil }
        return MFACode(serialNumber: serial, code: typed)
    }

    /// Rotations that concern some profiles; all where none are named.
    func entries(in store: borrowing UnlockedStore) throws -> [RotationEntry] {
        try store.rotations().filter { entry in
            options.profiles.isEmpty || options.profiles.contains { entry.profiles.contains($0) }
        }
    }

    /// Carries on what was begun before.
    func carryOn(in store: borrowing UnlockedStore, towards goal: RotationGoal) throws {
        for profile in options.profiles { _ = try store.key(of: profile) }
        let concerned = try entries(in: store)
        let found = concerned.filter { entry in
            switch options.mode {
            case .finish: entry.isOnlyWaiting && (options.deleteNow || entry.isDue(now: context.now()))
            case .resume: !entry.isOnlyWaiting || entry.due == 0
            case .rollback, .rotate: true
            }
        }
        if options.mode == .rollback {
            for profile in options.profiles where !found.contains(where: { $0.profiles.contains(profile) }) {
                throw Failure(
                    RotationError.nothingToRollBack, profile: profile, user: nil, now: context.now(), store: store.path)
            }
        }
        guard !found.isEmpty else {
            guard !options.json else { return }
            Console.say(options.mode == .finish ? "nothing is due" : "nothing was cut off")
            for entry in concerned { Console.say("\(entry.name): \(entry.words(now: context.now()))") }
            return
        }
        if options.mode != .resume {
            for entry in found { Console.note("\(entry.name): \(question(about: entry, goal))") }
            try Console.confirm("go ahead?", yes: options.yes)
        }
        let access = try AWSAccess(in: context)
        for entry in found { try carryOn(entry, towards: goal, access, store) }
    }

    private func question(about entry: RotationEntry, _ goal: RotationGoal) -> String {
        switch (goal, entry.state) {
        case (.back, .retiring), (.back, .retired), (.back, .restoring): "answer with \(entry.otherID) again"
        case (.back, _): "give the new key up"
        case (.forward(deletesAtOnce: false), .retiring): "make \(entry.otherID) inactive"
        default: "delete \(entry.otherID) for good"
        }
    }

    func carryOn(
        _ entry: RotationEntry, towards goal: RotationGoal, _ access: AWSAccess,
        _ store: borrowing UnlockedStore
    ) throws {
        let rotator = try rotator(for: entry.profile, named: entry.name, access, store)
        var replacing = Set([options.replace].compactMap(\.self))
        while true {
            do throws(RotationError) {
                _ = try rotator.resume(entry.id, towards: goal, replacing: replacing)
                break
            } catch .unsettled(let keys) {
                let failure = failure(.unsettled(keys), entry.profiles, rotator, store)
                let ids = keys.map(\.listed.id)
                guard !options.yes, Terminal.isThere, replacing.isDisjoint(with: ids) else {
                    return finish(RotationResult(entry, failure: failure))
                }
                Console.note("\(entry.name): \(failure.message)")
                guard Console.agrees("delete \(ids.joined(separator: ", "))?") else {
                    return finish(RotationResult(entry, failure: failure))
                }
                replacing.formUnion(ids)
            } catch {
                return finish(RotationResult(entry, failure: failure(error, entry.profiles, rotator, store)))
            }
        }
        finish(try result(of: entry.servingID, entry.profiles, entry.id, store))
    }

    /// What a rotation failed with, in words.
    func failure(
        _ error: RotationError, _ profiles: [String], _ rotator: Rotator, _ store: borrowing UnlockedStore
    ) -> Failure {
        Failure(
            error, profile: profiles.first, user: rotator.identity?.arn, now: context.now(), store: store.path)
    }

    /// What has become of a key, as the store has it now.
    func result(
        of oldID: String, _ profiles: [String], _ id: [UInt8]?, _ store: borrowing UnlockedStore
    ) throws -> RotationResult {
        let entry = try store.rotations().first { $0.id == id }
        var current = oldID
        if let profile = profiles.first { current = try store.key(of: profile).accessKeyID }
        return RotationResult(profiles: profiles, oldID: oldID, currentID: current, entry: entry)
    }
}

extension RotationEntry {
    /// For people.
    var name: String { profiles.isEmpty ? "\(user) (\(account))" : profiles.joined(separator: ", ") }
}

extension Failure {
    /// The same, said of something.
    func named(_ name: String) -> Failure { Failure(code, "\(name): \(message)", hint: hint) }
}

extension UnlockedStore {
    /// The rotations under way.
    func rotations() throws -> [RotationEntry] {
        let open = try open()
        do throws(StoreError) {
            return try RotationEntry.all(in: open)
        } catch {
            throw Failure(error, store: path)
        }
    }

    /// The keys with their profiles.
    func keyGroups() throws -> [KeyGroup] {
        let open = try open()
        do throws(StoreError) {
            return try KeyGroup.all(in: open)
        } catch {
            throw Failure(error, store: path)
        }
    }
}
