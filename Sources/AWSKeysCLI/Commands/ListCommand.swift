import ArgumentParser
import CredentialProcess
import Foundation
import SealedStore

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show the profiles of the store.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        let rotations = try store.rotations()
        let now = context.now()
        let entries = try store.keys().map { key in
            Entry(
                profile: key.profile, accessKeyID: key.accessKeyID, added: timestamp(Int(key.added)),
                exposed: key.exposed, sessionsOnly: key.isSessionsOnly,
                confirm: key.confirmation?.words,
                rotation: rotations.first { $0.profiles.contains(key.profile) })
        }
        let orphaned = rotations.filter(\.profiles.isEmpty)
        if json { return try Console.say(json: List(profiles: entries, rotations: rotations)) }
        defer { for rotation in orphaned { Console.say("\(rotation.name): \(rotation.words(now: now))") } }
        guard !entries.isEmpty else {
            return Console.say("the store is empty; `awskeys import` or `awskeys add` fill it")
        }
        let rows = entries.map { entry in
            [
                entry.profile, short(entry.accessKeyID), String(entry.added.prefix(10)),
                [
                    entry.exposed ? "lay in plain text" : nil, entry.sessionsOnly ? "sessions only" : nil,
                    entry.confirm.map { "confirm = \($0)" }, entry.rotation?.words(now: now),
                ].compactMap(\.self).joined(separator: "; "),
            ]
        }
        Console.say(Console.table([["PROFILE", "KEY", "ADDED", "NOTE"]] + rows))
    }

    private struct List: Encodable {
        let profiles: [Entry]
        let rotations: [RotationEntry]
    }

    private struct Entry: Encodable {
        let profile: String
        let accessKeyID: String
        let added: String
        let exposed: Bool
        let sessionsOnly: Bool
        /// How often somebody is asked about its use; none for never.
        let confirm: String?
        let rotation: RotationEntry?

        enum CodingKeys: String, CodingKey {
            case profile, added, exposed, confirm, rotation
            case accessKeyID = "access_key_id"
            case sessionsOnly = "sessions_only"
        }
    }
}
