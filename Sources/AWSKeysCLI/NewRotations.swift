import AWSAPI
import CredentialProcess
import Importing
import Rotation
import SealedStore
import Sealing
import Unlocking

/// A key that may be rotated, with what AWS says about it.
private struct Candidate {
    let group: KeyGroup
    let rotator: Rotator
    /// `nil` where a rotation is carried on before a new one is thought of.
    let examination: Examination?
    /// A rotation of it that isn't over.
    let entry: RotationEntry?
    /// The profiles of the key that `--replace` names.
    let replaced: [String]
}

extension RotateRun {
    /// Replaces keys: looks at all of them, shows the plan, asks once, then goes from one to the next.
    func rotate(in store: borrowing UnlockedStore) throws {
        for profile in options.profiles { _ = try store.key(of: profile) }
        let access = try AWSAccess(in: context)
        let entries = try store.rotations()
        let all = try store.keyGroups()
        let groups = all.filter { group in
            options.all || options.imported && group.isExposed
                || options.profiles.contains { group.profiles.contains($0) }
        }
        let replaced = all.profiles(with: options.replace ?? "")
        var candidates: [Candidate] = []
        for group in groups {
            let entry = entries.first { $0.profiles.contains(group.profiles[0]) }
            if let candidate = try examine(group, entry, replaced, access, store) { candidates.append(candidate) }
        }
        let overdue = entries.filter { entry in
            (entry.isDue(now: context.now()) || entry.isLeft) && !candidates.contains { $0.entry?.id == entry.id }
        }
        show(candidates, overdue)
        for candidate in candidates {
            let key = try store.key(of: candidate.group.profiles[0])
            for copy in try access.copies(ofSecret: key.secretAccessKey, id: key.accessKeyID) {
                Console.note("another copy of \(key.accessKeyID), which will cease to work: \(copy.path): \(copy.what)")
            }
        }
        guard !options.dryRun else {
            for candidate in candidates { finish(RotationResult(candidate.group, "planned", next: plan(candidate))) }
            return
        }
        guard !candidates.isEmpty || !overdue.isEmpty else {
            if groups.isEmpty, !options.json { Console.say("there is no key to rotate") }
            return
        }
        try Console.confirm("go ahead?", yes: options.yes)
        for entry in overdue { try carryOn(entry, towards: .forward(deletesAtOnce: false), access, store) }
        for candidate in candidates { finish(try rotate(candidate, access, store)) }
    }

    /// Asks AWS about a key; one that isn't to be rotated is finished here.
    private func examine(
        _ group: KeyGroup, _ entry: RotationEntry?, _ replaced: [String], _ access: AWSAccess,
        _ store: borrowing UnlockedStore
    ) throws -> Candidate? {
        let key = try store.key(of: group.profiles[0])
        let rotator = try rotator(for: group.profiles[0], named: group.name, access, store)
        if isJustRotated(group, entry) {
            finish(RotationResult(group, "skipped", next: "another `awskeys rotate` has just rotated it"))
            return nil
        }
        guard entry?.isOnlyWaiting ?? true else {
            return Candidate(group: group, rotator: rotator, examination: nil, entry: entry, replaced: replaced)
        }
        do throws(RotationError) {
            let examination = try rotator.examine(key)
            if let least = options.olderThan, let made = examination.key.created,
                made > context.now() - Int(least.seconds)
            {
                finish(RotationResult(group, "skipped", next: "it is younger than \(least.words)"))
                return nil
            }
            // What may go is settled before anything is changed.
            if let id = options.replace, !examination.others.contains(where: { $0.id == id }) {
                throw .nothingToReplace(id)
            }
            let strange = examination.others.filter { $0.id != entry?.otherID && $0.id != options.replace }
            guard strange.isEmpty else { throw .twoKeys(try rotator.describe(examination.keys, with: key)) }
            return Candidate(
                group: group, rotator: rotator, examination: examination, entry: entry, replaced: replaced)
        } catch {
            var error = error
            if case .unknownKey(let id) = error, entry != nil { error = .unknownServing(id, isProving: false) }
            finish(RotationResult(group, "failed", failure: failure(error, group.profiles, rotator, store)))
            return nil
        }
    }

    /// Whether another run, which this one waited for, has rotated a key.
    private func isJustRotated(_ group: KeyGroup, _ entry: RotationEntry?) -> Bool {
        guard let before else { return false }
        // What the other run had switched already, it was still giving programs time for.
        return !before.keys.contains(group.id) || entry.map { $0.switched > before.time - 60 } ?? false
    }

    private func show(_ candidates: [Candidate], _ overdue: [RotationEntry]) {
        let rows = candidates.map { candidate in
            let (identity, entry) = (candidate.examination?.identity, candidate.entry)
            let user = identity?.userName ?? entry?.user ?? "?"
            let account = identity?.account ?? entry?.account ?? "?"
            return [
                candidate.group.name, candidate.group.id,
                "\(user) in \(account)",
                candidate.examination?.key.created.map { String(timestamp($0).prefix(10)) } ?? "", plan(candidate),
            ]
        }
        if !rows.isEmpty { Console.note(Console.table([["PROFILES", "KEY", "USER", "MADE", "PLAN"]] + rows)) }
        for entry in overdue {
            Console.note("\(entry.name): \(entry.words(now: context.now())), which is done too")
        }
    }

    private func plan(_ candidate: Candidate) -> String {
        let grace = options.grace ?? Self.usualGrace
        let after =
            options.deleteNow
            ? "delete this one at once"
            : options.keepActive
                ? "this one stays active for \(grace.words)"
                : "this one inactive, deleted after \(grace.words)"
        let fresh = "make a new key, \(after)"
        let first = [
            candidate.entry.flatMap { $0.isOnlyWaiting ? "delete \($0.otherID)" : "carry on what was begun" },
            options.replace.map { id in
                "delete \(id)"
                    + (candidate.replaced.isEmpty ? "" : ", of \(candidate.replaced.joined(separator: ", ")) too,")
            },
        ].compactMap(\.self)
        guard candidate.entry?.isOnlyWaiting ?? true else { return first.joined(separator: ", ") }
        return (first.map { $0 + " first" } + [fresh]).joined(separator: ", then ")
    }

    private func rotate(
        _ candidate: Candidate, _ access: AWSAccess, _ store: borrowing UnlockedStore
    ) throws -> RotationResult {
        let (group, rotator) = (candidate.group, candidate.rotator)
        let grace = options.deleteNow ? 0 : (options.grace ?? Self.usualGrace).seconds
        var id: [UInt8]?
        do {
            if let entry = candidate.entry {
                let outcome = try rotator.resume(
                    entry.id, towards: .forward(deletesAtOnce: entry.isOnlyWaiting || options.deleteNow),
                    replacing: Set([options.replace].compactMap(\.self)))
                if !entry.isOnlyWaiting, outcome != .nothingMade {
                    return try result(of: group.id, group.profiles, entry.id, store)
                }
            }
            let key = try store.key(of: group.profiles[0])
            // The earlier rotation may have ended otherwise than was thought.
            guard key.accessKeyID == group.id else { return try result(of: group.id, group.profiles, nil, store) }
            // What was seen before an earlier rotation ended isn't so any more.
            let known = candidate.entry == nil ? candidate.examination : nil
            let examination: Examination
            if let known { examination = known } else { examination = try rotator.examine(key) }
            id = try rotator.rotate(
                key, examination, profile: group.profiles[0], replacing: options.replace, grace: grace,
                isKeptActive: options.keepActive
            ).id
        } catch let error as RotationError {
            return RotationResult(group, "failed", failure: failure(error, group.profiles, rotator, store))
        }
        return try result(of: group.id, group.profiles, id, store)
    }

    /// How long an old key can be brought back, unless said otherwise.
    private static let usualGrace = Lifetime(seconds: 24 * 3600)
}
