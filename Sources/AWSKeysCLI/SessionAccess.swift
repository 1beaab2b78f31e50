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

/// Sessions in the world as it is.
final class LiveSessions: SessionWorld {
    let store: UnlockedStore
    let places: SessionPlaces
    var deadline: Deadline
    private let access: AWSAccess
    private let context: Context
    private let options: SessionOptions
    private let asked: String
    private var isTokenUsed = false
    /// What is said if STS takes its time.
    private var notice: DispatchWorkItem?

    /// - Parameter profile: the one that is asked for.
    init(
        _ store: consuming UnlockedStore, of profile: String, _ options: SessionOptions, until deadline: Deadline
    ) throws {
        context = store.context
        asked = profile
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
            return try RoleChain(of: profile, in: SettingsAndStore(access: access, hasKey: hasKey))
        } catch {
            throw .chain(error)
        }
    }

    /// How often a person is asked about the key that a profile's chain begins with, `nil` for never, and what about.
    func confirmation(of profile: String) throws(SessionError) -> (confirmation: Confirmation?, use: ConfirmedUse) {
        let chain = try chain(of: profile)
        var source = profile
        if case .store(let name) = chain.source { source = name }
        let open = try openStore()
        do throws(StoreError) {
            let use = ConfirmedUse(
                profile: profile, keyProfile: source, keyTag: try open.keyTag(of: source) ?? [],
                roles: chain.roles.map(\.arn))
            guard case .store = chain.source else { return (nil, use) }
            return (try open.confirmation(of: source), use)
        } catch {
            throw .store(error)
        }
    }

    /// Whether the store has a profile's key for sessions, though no line may ask for it: that of the profile that was
    /// asked for, or one that it keeps back. Whoever has said so is to get sessions, whatever became of the line.
    private func hasKey(_ profile: String) -> Bool {
        guard let store = try? openStore(), let isKeptBack = try? store.key(of: profile)?.isSessionsOnly else {
            return false
        }
        return isKeptBack || profile == asked
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
        if isUnderWay(task) { throw .code(serial: device.serialNumber, .circular) }
        let printed = output(of: ["/bin/sh", "-c", command], for: [task] + tasks)
        let words = printed?.withBytes { String(decoding: $0.array(), as: UTF8.self) } ?? ""
        let code = words.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard isCode(code) else { throw .code(serial: device.serialNumber, .program(command)) }
        return code
    }

    /// What the processes above this one are about, a line each: the process, the store and the task.
    private static let underWay = "AWSKEYS_UNDER_WAY"

    func isUnderWay(_ task: SessionTask) -> Bool {
        guard let lines = context.environment(Self.underWay)?.split(separator: "\n") else { return false }
        // What a program has left behind when it ended is below nobody, and free to ask.
        return processesAbove().contains { lines.contains(line(for: task, of: $0)[...]) }
    }

    private func line(for task: SessionTask, of process: pid_t) -> String {
        "\(process) \(hexadecimal(store.id)) \(task.words)"
    }

    func output(of words: [String], for tasks: [SessionTask]) -> SecretBytes? {
        let lines = tasks.map { line(for: $0, of: getpid()) + "\n" }
        var variables = [Self.underWay: (context.environment(Self.underWay) ?? "") + lines.joined()]
        // It is to see the AWS files as awskeys does.
        for (name, path) in access.paths where context.environment(name) == hiddenFile { variables[name] = path }
        let before = variables.keys.map { ($0, context.environment($0)) }
        for (name, value) in variables { _ = unsafe setenv(name, value, 1) }
        defer {
            for (name, value) in before {
                if let value { _ = unsafe setenv(name, value, 1) } else { _ = unsafe unsetenv(name) }
            }
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

/// The processes that this one was started by, one by the other, as far as `/proc` shows them.
private func processesAbove() -> [pid_t] {
    var found: [pid_t] = []
    var process = getppid()
    while process > 0 {
        found.append(process)
        // proc(5): the name in brackets, the state, the parent.
        let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        let words = status[(status.lastIndex(of: ")") ?? status.startIndex)...].split(separator: " ")
        process = words.count > 2 ? pid_t(words[2]) ?? 0 : 0
    }
    return found
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

/// The AWS files, and the keys that the store has for sessions without being asked by a line.
struct SettingsAndStore: ProfileSettings {
    let access: AWSAccess
    let hasKey: (String) -> Bool

    func exists(_ profile: String) -> Bool { access.exists(profile) || hasKey(profile) }
    func setting(_ name: String, of profile: String) -> String? { access.setting(name, of: profile) }
    func filesWithKeys(of profile: String) -> Set<ConfigDocument.File> { access.filesWithKeys(of: profile) }
    func asksStore(_ profile: String) -> Bool {
        if access.asksStore(profile) { return true }
        // Without a line, it is the only source; a line of ours in other words, such as with `env`, would ask us again.
        let command = setting("credential_process", of: profile)
        let isOnly = command?.contains("awskeys") ?? filesWithKeys(of: profile).isEmpty
        return isOnly && hasKey(profile)
    }
}
