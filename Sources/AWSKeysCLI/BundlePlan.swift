import AWSAPI
import AWSConfig
import CredentialProcess
import Importing
import SealedStore
import Sealing
import Sharing

/// What comes of a bundle's keys: which profiles get which, and what they had.
struct BundlePlan {
    struct Entry {
        let key: SharedKeys.Key
        let isSessionsOnly: Bool
        let exposed: Bool
        /// Whether the profile has this very key.
        let isThere: Bool
        /// The id of the key that is given up for it.
        let replaced: String?
    }

    private(set) var entries: [Entry] = []

    /// Refuses what can't be done, all of it, before anybody is asked.
    ///
    /// - Parameter file: the bundle's name, as it is shown.
    init(
        _ keys: borrowing SharedKeys, _ file: String, _ options: ImportCommand, _ store: borrowing UnlockedStore?,
        in context: Context
    ) throws {
        let names = Set(keys.keys.map(\.profile))
        for name in options.profiles where !names.contains(name) {
            throw Failure(
                .notFound, "\"\(file)\" has no key of profile \"\(name)\"",
                hint: "without --profile, `--dry-run` shows what it has")
        }
        let config = try ImportCommand.file(.config, in: context)
        let credentials = try ImportCommand.file(.credentials, in: context)
        for key in keys.keys {
            // Its sender made it, but maybe not with awskeys.
            guard SectionHeader.isPlain(key.profile), isAccessKeyID(key.accessKeyID), !key.accessKeyID.hasPrefix("ASIA")
            else {
                throw Failure(
                    .damaged, "\"\(file)\" has what no profile can have: an odd name, or no long-term key",
                    hint: "ask its sender for another one; nothing was changed")
            }
            guard options.profiles.isEmpty || options.profiles.contains(key.profile) else { continue }
            do throws(ImportError) {
                try Importer.requireFree(key.profile, config: config, credentials: credentials)
            } catch {
                throw Failure(error, store: "")
            }
            switch store {
            case .some(let store): try add(key, keys, options, had: store.keyIfThere(of: key.profile))
            case nil: try add(key, keys, options, had: nil)
            }
        }
    }

    private mutating func add(
        _ key: SharedKeys.Key, _ keys: borrowing SharedKeys, _ options: ImportCommand, had old: consuming KeyRecord?
    ) throws {
        let isKept = key.isSessionsOnly || options.sessions
        guard let old else {
            return entries.append(
                Entry(key: key, isSessionsOnly: isKept, exposed: key.exposed, isThere: false, replaced: nil))
        }
        let secret = keys.secret(of: key)
        let isSame = key.accessKeyID == old.accessKeyID && secret.withBytes { old.secretAccessKey.equals($0) }
        guard isSame || options.bundle.replace else {
            throw Failure(
                .usage, "profile \"\(key.profile)\" has another key in the store",
                hint: "`--replace` puts the bundle's in its place, `--profile` leaves it out")
        }
        entries.append(
            Entry(
                key: key, isSessionsOnly: isKept || old.isSessionsOnly, exposed: key.exposed || isSame && old.exposed,
                isThere: isSame, replaced: isSame ? nil : old.accessKeyID))
    }

    /// For people.
    var table: String {
        Console.table(
            [["PROFILE", "KEY", "NOTE"]]
                + entries.map { entry in
                    let notes = [
                        entry.exposed ? "lay in plain text" : nil, entry.isSessionsOnly ? "sessions only" : nil,
                        entry.isThere ? "is in the store" : nil, entry.replaced.map { "replaces \(short($0))" },
                        entry.key.profile == "default" && !entry.isThere ? "for programs without a profile" : nil,
                    ]
                    return [
                        entry.key.profile, short(entry.key.accessKeyID),
                        notes.compactMap(\.self).joined(separator: "; "),
                    ]
                })
    }

    var question: String {
        let replaced = entries.filter { $0.replaced != nil }.map(\.key.profile)
        return "put \(entries.count == 1 ? "this key" : "these \(entries.count) keys") into the store?"
            + (replaced.isEmpty ? "" : " What \(replaced.joined(separator: ", ")) had will be gone.")
    }

    /// Asks AWS for each key whose it is.
    func verifyKeys(_ keys: borrowing SharedKeys, _ access: AWSAccess) throws {
        for entry in entries { try verify(entry.record(in: keys, added: 0), of: entry.key.profile, access) }
    }

    /// Carries it out, one profile after the other, as `awskeys add` does each: cut off in between, the same import
    /// once more does the rest.
    func put(_ keys: borrowing SharedKeys, into store: borrowing UnlockedStore, in context: Context) throws {
        for entry in entries {
            let now = UInt64(context.now())
            let record = entry.record(in: keys, added: now)
            try store.change(isTaking: entry.replaced != nil) { (importer) in
                // Once more and under the lock: another command may have changed them since.
                let config = try ImportCommand.file(.config, in: context)
                let credentials = try ImportCommand.file(.credentials, in: context)
                try importer.add(
                    record, for: entry.key.profile, config: config, credentials: credentials, now: now,
                    isReplacing: entry.replaced != nil, isSessionsOnly: entry.isSessionsOnly)
            }
            Console.say("added \(short(entry.key.accessKeyID)) as \"\(entry.key.profile)\"")
        }
    }
}

extension BundlePlan.Entry {
    fileprivate func record(in keys: borrowing SharedKeys, added: UInt64) -> KeyRecord {
        KeyRecord(
            accessKeyID: key.accessKeyID, secretAccessKey: keys.secret(of: key), added: added, exposed: exposed,
            isSessionsOnly: isSessionsOnly)
    }
}

/// A bundle as `--dry-run --json` prints it.
struct BundleDocument: Encodable {
    private struct Profile: Encodable {
        let profile: String
        let accessKeyID: String
        let exposed: Bool
        let sessionsOnly: Bool
        let replaces: String?

        enum CodingKeys: String, CodingKey {
            case profile, exposed, replaces
            case accessKeyID = "access_key_id"
            case sessionsOnly = "sessions_only"
        }
    }

    private let sender: String
    private let expires: String
    private let profiles: [Profile]

    init(_ bundle: SealedBundle, _ plan: BundlePlan) {
        sender = bundle.sender.fingerprint
        expires = timestamp(Int(clamping: bundle.expires))
        profiles = plan.entries.map { entry in
            Profile(
                profile: entry.key.profile, accessKeyID: entry.key.accessKeyID, exposed: entry.exposed,
                sessionsOnly: entry.isSessionsOnly, replaces: entry.replaced)
        }
    }
}
