import AWSAPI
import AWSConfig
import CredentialProcess
import Dispatch
import Foundation
import Importing
import SealedStore
import Sealing
import Sessions
import Unlocking

extension Context {
    /// What a profile answers with: its key, or a session, which is got if there is none.
    ///
    /// - Parameter options: what was said about it; for a program, nothing is said on the way.
    func credentials(
        for profile: String, _ options: SessionOptions = SessionOptions()
    ) throws -> ProfileCredentials {
        // A program has one deadline for everything; a person who has just unlocked the store has all the time again.
        let deadline = Deadline(in: Unlocker.patience)
        let store = try UnlockedStore.unlock(in: self, options.isForProgram ? [.mayAsk, .isForProgram] : .mayAsk)
        // As in the fast lane, a key that may go out needs nothing of the AWS files.
        let mayBeKey = options.noSession || options.duration == nil && !options.wantsSession
        if mayBeKey, let key = try store.keyIfThere(of: profile), !key.isSessionsOnly || options.noSession {
            if options.duration != nil { throw Failure(.fixedDuration(profile: profile), profile: profile, store: "") }
            return ProfileCredentials(key)
        }
        let world = try LiveSessions(
            store, options, until: options.isForProgram ? deadline : Deadline(in: Unlocker.patience))
        do throws(SessionError) {
            return try world.resolver().credentials(for: profile)
        } catch {
            throw Failure(error, profile: profile, store: world.store.path)
        }
    }
}

/// Sessions in the world as it is.
final class LiveSessions: SessionWorld {
    let store: UnlockedStore
    let places: SessionPlaces
    let deadline: Deadline
    private let access: AWSAccess
    private let context: Context
    private let options: SessionOptions
    private var isTokenUsed = false
    /// What is said if STS takes its time.
    private var notice: DispatchWorkItem?

    init(_ store: consuming UnlockedStore, _ options: SessionOptions, until deadline: Deadline) throws {
        context = store.context
        self.options = options
        self.deadline = deadline
        places = try context.sessionPlaces()
        access = try AWSAccess(in: context)
        self.store = store
    }

    func resolver() -> Resolver { Resolver(store: store.id, dataKey: store.dataKey, options: options, in: self) }

    var files: SessionBond.Files { access.files }
    var now: Int { context.now() }

    func openStore() throws(SessionError) -> OpenStore {
        do throws(StoreError) {
            return try ClosedStore(at: store.path).open(with: store.dataKey)
        } catch {
            throw .store(error)
        }
    }

    func chain(of profile: String) throws(SessionError) -> RoleChain {
        do throws(RoleChainError) {
            return try RoleChain(of: profile, in: SettingsAndStore(access: access, isKeptBack: isKeptBack))
        } catch {
            throw .chain(error)
        }
    }

    /// Whether the store has a profile's key and keeps it back. Whoever has said so is to get sessions, whatever became
    /// of the profile's line.
    private func isKeptBack(_ profile: String) -> Bool {
        guard let store = try? openStore() else { return false }
        return (try? store.key(of: profile)?.isSessionsOnly) ?? false
    }

    func plainKeys(of profile: String) throws(SessionError) -> AWSCredentials {
        guard let keys = access.plainKeys(of: profile) else { throw .noCredentials(profile: profile) }
        return keys
    }

    func device(of profile: String) -> MFADevice? { access.device(of: profile) }

    func client(for profile: String) throws(SessionError) -> AWSClient {
        do throws(EndpointError) {
            return try access.client(for: profile, until: deadline)
        } catch {
            throw .endpoint(error)
        }
    }

    func service(for profile: String) -> String { access.ownEndpoint(of: "sts", for: profile) ?? "aws" }

    func code(of device: MFADevice, for tasks: [SessionTask]) throws(SessionError) -> String {
        if let token = options.mfaToken, !isTokenUsed, !options.repeats {
            isTokenUsed = true
            return token
        }
        if let command = device.process { return try code(of: device, printedBy: command, for: tasks) }
        if let code = try storedCode(of: device) { return code }
        if options.repeats { throw .code(serial: device.serialNumber, .eachTime) }
        do throws(Obstacle) {
            return try askForCode(
                of: device.serialNumber, environment: context.environment, settings: context.settings(),
                until: deadline)
        } catch {
            switch error {
            case .refused: throw .code(serial: device.serialNumber, .refused)
            case .noAnswer: throw .code(serial: device.serialNumber, .noAnswer)
            default: throw .code(serial: device.serialNumber, .nobodyThere)
            }
        }
    }

    /// The code of a device whose seed the store keeps; it waits for the next one if this one was taken.
    private func storedCode(of device: MFADevice) throws(SessionError) -> String? {
        while true {
            let code: StoredDevice.Code?
            do throws(StoreError) {
                code = try store.takeCode(of: device.serialNumber)
            } catch {
                throw .store(error)
            }
            switch code {
            case .ready(let code): return code
            case .later(let seconds):
                guard .seconds(seconds) < deadline.left else {
                    throw .code(serial: device.serialNumber, .used(seconds: seconds))
                }
                report(.waitingForCode(serial: device.serialNumber, seconds: seconds))
                context.sleep(Double(seconds))
            case nil: return nil
            }
        }
    }

    private func code(
        of device: MFADevice, printedBy command: String, for tasks: [SessionTask]
    ) throws(SessionError) -> String {
        let task = SessionTask.code(serial: device.serialNumber)
        let printed = isUnderWay(task) ? nil : output(of: ["/bin/sh", "-c", command], for: [task] + tasks)
        let words = printed?.withBytes { String(decoding: $0.array(), as: UTF8.self) } ?? ""
        let code = words.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard isCode(code) else { throw .code(serial: device.serialNumber, .program(command)) }
        return code
    }

    /// What the processes above this one are about, a line each: the process, the store and the task.
    private static let underWay = "AWSKEYS_UNDER_WAY"

    func isUnderWay(_ task: SessionTask) -> Bool {
        let lines = context.environment(Self.underWay)?.split(separator: "\n") ?? []
        return lines.contains { line in
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let process = pid_t(words[0]), process > 0 else { return false }
            // What a program has left behind is free to ask once we have ended who started it.
            return kill(process, 0) == 0 && words[1] == self.words(for: task)
        }
    }

    private func words(for task: SessionTask) -> String { "\(hexadecimal(store.id)) \(task.words)" }

    func output(of words: [String], for tasks: [SessionTask]) -> SecretBytes? {
        let before = context.environment(Self.underWay)
        let lines = tasks.map { "\(getpid()) \(self.words(for: $0))\n" }
        _ = unsafe setenv(Self.underWay, (before ?? "") + lines.joined(), 1)
        defer {
            if let before { _ = unsafe setenv(Self.underWay, before, 1) } else { _ = unsafe unsetenv(Self.underWay) }
        }
        // What a program says on standard error is for a person: some SDKs take it for a part of an answer.
        return Unlocking.output(of: words, complains: !options.isForProgram, until: deadline)
    }

    func variable(_ name: String) -> SecretBytes { KeyInput.environmentSecret(name) }

    func report(_ progress: SessionProgress) {
        if options.isForProgram { return }
        switch progress {
        case .asking:
            // Most answers come at once.
            let words = progress.words
            let notice = DispatchWorkItem { Console.note("awskeys: \(words)") }
            self.notice = notice
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1), execute: notice)
        case .answered:
            notice?.cancel()
        case .waiting, .waitingForCode, .servedOld: Console.note("awskeys: \(progress.words)")
        }
    }
}

extension SessionTask {
    fileprivate var words: String {
        switch self {
        case .program(let profile): "program of \(profile)"
        case .code(let serial): "code of \(serial)"
        case .session(let name): "session \(name)"
        }
    }
}

/// The AWS files, and the keys that the store keeps back.
struct SettingsAndStore: ProfileSettings {
    let access: AWSAccess
    let isKeptBack: (String) -> Bool

    func exists(_ profile: String) -> Bool { access.exists(profile) || isKeptBack(profile) }
    func setting(_ name: String, of profile: String) -> String? { access.setting(name, of: profile) }
    func filesWithKeys(of profile: String) -> Set<ConfigDocument.File> { access.filesWithKeys(of: profile) }
    func asksStore(_ profile: String) -> Bool {
        if access.asksStore(profile) { return true }
        // Without a line, it is the only source; a line of ours in other words, such as with `env`, would ask us again.
        let command = setting("credential_process", of: profile)
        let isOnly = command?.contains("awskeys") ?? filesWithKeys(of: profile).isEmpty
        return isOnly && isKeptBack(profile)
    }
}
