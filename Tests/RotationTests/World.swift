import AWSAPI
import DurableFiles
import Glibc
import Sealing
import TestSupport

@testable import Rotation
@testable import SealedStore

/// A store with one profile, an IAM, and a process that can be killed between any two things that it does.
final class World {
    let clock = FakeClock()
    let iam: FakeIAM
    var draft = StoreDraft()
    /// The fault of the nth write of the store, from 1: whether it is refused.
    var refusedWrites: Set<Int> = []
    private(set) var writes = 0
    /// The boundaries passed by the process that runs: before and after each effect outside it.
    private(set) var boundaries = 0
    /// The boundary at which the process is killed.
    var killAt: Int?
    var progress: [RotationProgress] = []
    /// The codes that a person has at hand.
    var codes: [String] = []
    /// What is wrong with the state after some effect; it must stay empty.
    private(set) var broken: [String] = []
    /// Keys that errors have named to a person.
    var named: Set<String> = []

    init() {
        iam = FakeIAM(clock)
        let key = iam.makeKey()
        draft.set(
            KeyRecord(
                accessKeyID: key.id, secretAccessKey: SecretBytes(text: key.secret), added: UInt64(clock.now),
                exposed: true), for: "dev")
        // It has just been made, and can be read.
        try? draft.share(keyOf: "dev", with: "web")
        iam.boundary = { [unowned self] in boundary() }
    }

    private func boundary() {
        guard !clock.isDead else { return }
        check()
        boundaries += 1
        if boundaries == killAt { clock.isDead = true }
    }

    var store: RotationStore {
        RotationStore(
            read: { [unowned self] (body) throws(StoreError) in
                guard !clock.isDead else { throw .busy }
                try body(draft)
            },
            update: { [unowned self] (change) throws(StoreError) in
                boundary()
                writes += 1
                guard !clock.isDead, !refusedWrites.contains(writes) else {
                    throw .file(FileError("write", "store", number: ENOSPC))
                }
                try change(&draft)
                boundary()
            })
    }

    /// A process of its own, with fresh memory.
    func rotator() throws -> Rotator {
        clock.revive()
        boundaries = 0
        let client = try AWSClient(
            EndpointSettings(region: "us-east-1"),
            in: AWSClient.Surroundings(
                transport: iam.transport, now: { [clock] in clock.seen }, sleep: { [clock] in clock.sleep($0) },
                random: { $0 / 2 }))
        return Rotator(
            client: client, store: store, now: { [clock] in clock.seen },
            askForCode: { [unowned self] _ in
                codes.isEmpty ? nil : MFACode(serialNumber: "mfa", code: codes.removeFirst())
            },
            report: { [unowned self] in tell($0) })
    }

    private func tell(_ news: RotationProgress) {
        progress.append(news)
        switch news {
        case .unowned(let id): named.insert(id)
        case .unchecked(let ids): named.formUnion(ids)
        default: break
        }
    }

    /// What a process ended with.
    enum Ending: Equatable {
        case done(Rotator.Outcome)
        case failed(RotationError)
        case killed
    }

    private func ending(_ body: () throws(RotationError) -> Rotator.Outcome) -> Ending {
        defer { calm() }
        do throws(RotationError) {
            let outcome = try body()
            return clock.isDead ? .killed : .done(outcome)
        } catch {
            guard !clock.isDead else { return .killed }
            switch error {
            case .unsettled(let keys), .twoKeys(let keys): named.formUnion(keys.map(\.listed.id))
            case .orphan(let id, _): named.insert(id)
            default: break
            }
            check()
            return .failed(error)
        }
    }

    /// `awskeys rotate dev`.
    func rotate(grace: UInt32 = 86_400, isKeptActive: Bool = false, replacing: String? = nil) throws -> Ending {
        let rotator = try rotator()
        return ending { () throws(RotationError) in
            let key = try serving()
            // What is under way already is finished first, as the command does.
            if let id = draft.notes(.rotation).first {
                let outcome = try rotator.resume(
                    id, towards: .forward(deletesAtOnce: true), replacing: Set([replacing].compactMap(\.self)))
                if outcome != .nothingMade { return outcome }
            }
            let examination = try rotator.examine(key)
            return try rotator.rotate(
                key, examination, profile: "dev", replacing: replacing, grace: grace, isKeptActive: isKeptActive
            ).outcome
        }
    }

    /// `awskeys rotate --resume`, `--finish` or `--rollback`.
    func resume(_ goal: RotationGoal = .forward(deletesAtOnce: false), replacing: Set<String> = []) throws -> Ending {
        let rotator = try rotator()
        return ending { () throws(RotationError) in
            guard let id = draft.notes(.rotation).first else { return .finished }
            return try rotator.resume(id, towards: goal, replacing: replacing)
        }
    }

    /// No further trouble.
    func calm() {
        killAt = nil
        iam.faults = [:]
        refusedWrites = []
    }

    func serving() throws(RotationError) -> KeyRecord {
        do throws(StoreError) {
            if let profile = draft.profiles.first, let key = try draft.key(of: profile) { return key }
            throw StoreError.missing
        } catch {
            throw .store(error)
        }
    }

    /// The key of the first profile; empty where there is none.
    var servingID: String { draft.profiles.first.map { keyID(of: $0) } ?? "" }

    func keyID(of profile: String) -> String {
        guard let key = try? draft.key(of: profile) else { return "" }
        return key.accessKeyID
    }

    var state: Rotation.State? {
        guard let id = draft.notes(.rotation).first else { return nil }
        return try? draft.rotation(id).state
    }

    /// `awskeys remove`: whoever removes the last profile of a key knows of the key.
    func remove(_ profile: String) {
        let id = keyID(of: profile)
        draft.remove(profile: profile)
        named.insert(id)
    }

    /// A person gives a profile the old key of a rotation, with `awskeys add --replace` or an import.
    func giveOldKey(to profile: String) throws {
        guard let id = draft.notes(.rotation).first, let rotation = try draft.rotation(id),
            rotation.state == .retiring, iam.works(rotation.otherID)
        else { return }
        switch rotation.other {
        case .some(let key): draft.set(key, for: profile)
        case nil: break
        }
        _ = try draft.shareReplacements()
    }

    /// Says what is wrong with the state right now.
    func check() {
        var known = named.union(iam.foreign)
        for profile in draft.profiles {
            let id = keyID(of: profile)
            known.insert(id)
            if !iam.works(id) { broken.append("\(profile) has \(id), which doesn't work") }
            if iam.key(id).map({ $0.known > iam.now }) ?? false { broken.append("\(profile) has \(id) unproven") }
        }
        for id in draft.notes(.rotation) {
            guard let ids = try? draft.rotation(id).ids else { continue }
            known.formUnion(ids)
            // The next run finds what nobody has seen.
            if state == .creating { known.formUnion(iam.keys.map(\.id)) }
        }
        for key in iam.keys where !known.contains(key.id) { broken.append("nobody knows of \(key.id)") }
        if iam.limitHits > 0 { broken.append("the limit was hit") }
    }
}

extension Optional where Wrapped == Rotation, Wrapped: ~Copyable {
    fileprivate var state: Rotation.State? {
        borrowing get {
            switch self {
            case .some(let rotation): rotation.state
            case nil: nil
            }
        }
    }

    fileprivate var ids: [String] {
        borrowing get {
            switch self {
            case .some(let rotation): [rotation.serving.accessKeyID, rotation.otherID]
            case nil: []
            }
        }
    }
}
