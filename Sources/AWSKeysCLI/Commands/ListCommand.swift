import AWSAPI
import ArgumentParser
import CredentialProcess
import Rotation
import SealedStore

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the profiles of the store, and the roles that awskeys answers for.")

    @Flag(help: "Ask IAM when each key was last used.")
    var lastUse = false

    @Flag(help: "Print JSON.")
    var json = false

    /// From when on a key stands out, in days: what AWS's own check takes for old (Config rule access-keys-rotated).
    private static let old = 90

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        let rotations = try store.rotations()
        let now = context.now()
        var ends: [String: ProfileList.SessionEnd] = [:]
        try store.sessionFolder().forEach { session in
            if now < session.expiration { ends[session.name] = .init(seconds: session.expiration) }
        }
        var keys = try store.keys().map { key in
            ProfileList.Key(
                profile: key.profile, accessKeyID: key.accessKeyID, account: accountID(ofAccessKey: key.accessKeyID),
                added: timestamp(Int(key.added)), age: max(0, now - Int(key.added)) / 86_400, exposed: key.exposed,
                sessionsOnly: key.isSessionsOnly, confirm: key.confirmation?.words, session: ends[key.profile],
                rotation: rotations.first { $0.profiles.contains(key.profile) })
        }
        if lastUse { try askIAM(about: &keys, of: store, in: context) }
        // Files that can't be read keep nobody from seeing the keys.
        let roles = (try? AWSAccess(in: context))?.adoptedRoles(ends) ?? []
        if json { return try Console.say(json: ProfileList(profiles: keys, roles: roles, rotations: rotations)) }
        if keys.isEmpty, roles.isEmpty {
            Console.say("the store is empty; `awskeys import` or `awskeys add` fill it")
        } else {
            show(keys, roles, now)
        }
        for rotation in rotations where rotation.profiles.isEmpty {
            Console.say("\(rotation.name): \(rotation.words(now: now))")
        }
    }

    private func show(_ keys: [ProfileList.Key], _ roles: [ProfileList.AdoptedRole], _ now: Int) {
        var rows = [["PROFILE", "ACCOUNT", "KEY", "AGE", "LAST USE", "SESSION", "NOTE"]]
        rows += keys.map { key in
            [
                key.profile, key.account ?? "", short(key.accessKeyID), "\(key.age) d",
                key.lastUse?.words(now) ?? "", key.session?.words(now) ?? "", key.note(now),
            ]
        }
        rows += roles.map { role in
            [role.profile, role.account ?? "", "", "", "", role.session?.words(now) ?? "", role.arn]
        }
        // A column that nobody has anything in is none.
        let columns = rows[0].indices.filter { column in rows.dropFirst().contains { !$0[column].isEmpty } }
        let old = Set(keys.indices.filter { keys[$0].age >= Self.old })
        Console.say(
            Console.table(rows.map { row in columns.map { row[$0] } }) { row, column in
                columns[column] == 3 && old.contains(row - 1)
            })
    }

    /// Asks IAM about each key once, signed with the key itself.
    private func askIAM(
        about keys: inout [ProfileList.Key], of store: borrowing UnlockedStore, in context: Context
    ) throws {
        let access = try AWSAccess(in: context)
        var known: [String: ProfileList.LastUse?] = [:]
        for index in keys.indices {
            let (profile, id) = (keys[index].profile, keys[index].accessKeyID)
            if known[id] == nil { known[id] = try lastUse(of: id, profile, store, access) }
            keys[index].lastUse = known[id] ?? nil
        }
    }

    /// When a key was last used; `nil` if it can't be known, which is said.
    private func lastUse(
        of id: String, _ profile: String, _ store: borrowing UnlockedStore, _ access: AWSAccess
    ) throws -> ProfileList.LastUse? {
        let key = try store.key(of: profile)
        let client = try access.client(for: profile)
        do throws(AWSError) {
            return .init(use: try client.lastUse(of: id, with: key.credentials))
        } catch {
            Console.note(Failure(error, call: "iam:GetAccessKeyLastUsed").named(profile))
            return nil
        }
    }
}
