import AWSAPI
import AWSConfig
import CredentialProcess
import Diagnosis
import DurableFiles
import Foundation
import Importing
import KeyCache
import SealedStore
import Sealing

extension Situation {
    /// What there is to see, without asking anybody and without changing anything: the store is looked into only if it
    /// is unlocked.
    convenience init(in context: Context) throws {
        let config = try Self.file(.config, in: context)
        let credentials = try Self.file(.credentials, in: context)
        let home = try context.home()
        let store = StoreAtHand(in: context)
        var elsewhere = Elsewhere()
        elsewhere.copies = otherCopies(besides: config.path, credentials.path, home: home) { bytes in
            var names: [String] = []
            config.forEachSecret { if contains(bytes, $1) { names.append($0) } }
            credentials.forEachSecret { if contains(bytes, $1) { names.append($0) } }
            store.forEachSecret { if contains(bytes, $1) { names.append($0) } }
            let distinct = Set(names).sorted()
            return distinct.isEmpty ? nil : "the key of " + distinct.joined(separator: ", ")
        }.map { ($0.path, $0.what) }
        let cache = cacheFolder(home: home)
        let cached = (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
        if cached.contains(where: { $0.hasSuffix(".json") }) { elsewhere.cliCache = cache }
        if let facts = try? Self.facts(home + "/.aws"), facts.isThere { elsewhere.folder = (home + "/.aws", facts) }
        elsewhere.isOneFile = config.path != hiddenFile && (try? requireTwoFiles(credentials.path, config.path)) == nil
        self.init(
            config: config, credentials: credentials, environment: context.environment, now: context.now(),
            seconds: { AWSAPI.seconds(ofTimestamp: $0) }, program: { Program($0, in: context) },
            isInStore: { store.has($0) }, elsewhere: elsewhere)
    }

    /// One of the two files, though it may not be there or not be readable.
    static func file(_ file: ConfigDocument.File, in context: Context) throws -> ExaminedFile {
        let path = try context.path(of: file)
        let variable = file == .config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE"
        var facts = ExaminedFile.Facts()
        var bytes = SecretBytes(zeros: 0)
        // Some let SDKs see no file that way.
        guard !isHidden(path) else {
            facts.isThere = false
            return ExaminedFile(path, bytes: bytes, as: file, facts: facts)
        }
        do throws(FileError) {
            facts = try Self.facts(path)
            if facts.isThere { bytes = try readFile(at: path, atMost: AWSFile.largest) }
        } catch {
            facts.error = error.number
        }
        facts.variable = namedFile(variable, context.environment) == nil ? nil : variable
        return ExaminedFile(path, bytes: bytes, as: file, facts: facts)
    }

    private static func facts(_ path: String) throws(FileError) -> ExaminedFile.Facts {
        var facts = ExaminedFile.Facts()
        guard let found = try attributes(of: path) else {
            facts.isThere = false
            return facts
        }
        facts.mode = found.mode
        facts.isOwnGroup = found.hasOwnGroup
        facts.isForeign = found.isStrangers
        return facts
    }
}

extension FileAttributes {
    fileprivate var hasOwnGroup: Bool { group == getgid() || group == 0 }

    /// Whether the owner is neither the user nor root.
    fileprivate var isStrangers: Bool { owner != geteuid() && owner != 0 }
}

extension Situation.Program {
    /// Looks for the program that a command begins with.
    init(_ name: String, in context: Context) {
        self.init()
        if name.hasPrefix("/") {
            path = name
        } else if name.hasPrefix("~/") {
            path = context.environment("HOME").map { $0 + name.dropFirst() }
        } else if name.contains("/") {
            // Where that leads depends on where somebody stands.
            (isThere, isExecutable) = Self.look(name)
        } else {
            let folders = (context.environment("PATH") ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
            path = folders.map { $0 + "/" + name }.first { Self.look($0).isExecutable }
        }
        guard let path else { return }
        (isThere, isExecutable) = Self.look(path)
        let own = "/awskeys-credential-process"
        if !isThere, path.hasSuffix(own), let folder = context.programFolder() {
            moved = Self.look(folder + own).isExecutable ? folder + own : nil
        }
        guard isExecutable, let found = try? attributes(of: path) else { return }
        if found.isStrangers || found.mode & (found.hasOwnGroup ? 0o002 : 0o022) != 0 {
            writable = path
        } else {
            writable = (try? weakFolder(above: path))?.path
        }
    }

    /// Whether something is there, and can be started: one may enter a folder, too, but not start it.
    private static func look(_ path: String) -> (isThere: Bool, isExecutable: Bool) {
        var isFolder: ObjCBool = false
        let files = FileManager.default
        let isThere = unsafe files.fileExists(atPath: path, isDirectory: &isFolder)
        return (isThere, isThere && !isFolder.boolValue && files.isExecutableFile(atPath: path))
    }
}

/// The store, as far as it can be looked into now.
private final class StoreAtHand {
    private let open: OpenStore?
    /// The profiles whose keys it has; `nil` where nobody can say.
    private let profiles: Set<String>?

    init(in context: Context) {
        let path = try? context.storePath()
        var isThere = true
        do throws(StoreError) {
            open = try Self.look(path ?? "")
        } catch {
            open = nil
            isThere = error != .missing
        }
        switch open {
        case .some(let open): profiles = (try? open.profiles()).map { Set($0) }
        case nil: profiles = isThere ? nil : []
        }
    }

    /// Opens it if it is unlocked.
    private static func look(_ path: String) throws(StoreError) -> OpenStore? {
        let closed = try ClosedStore(at: path)
        guard let cached = closed.cachedKey() else { return nil }
        return try closed.open(with: cached.dataKey)
    }

    func has(_ profile: String) -> Bool? { profiles.map { $0.contains(profile) } }

    /// Lends each secret access key, with the profile's name.
    func forEachSecret(_ body: (String, borrowing Span<UInt8>) -> Void) {
        switch open {
        case .some(let open):
            try? open.forEachKey { (profile, key) throws(StoreError) in
                key.secretAccessKey.withBytes { body(profile, $0) }
            }
        case nil: break
        }
    }
}
