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
        let entries = try store.open().profiles().map { name in
            let key = try store.key(of: name)
            return Entry(
                profile: name, accessKeyID: key.accessKeyID, added: timestamp(Int(key.added)), exposed: key.exposed)
        }
        if json { return try Console.say(json: ["profiles": entries]) }
        guard !entries.isEmpty else {
            return Console.say("the store is empty; `awskeys import` or `awskeys add` fill it")
        }
        let rows = entries.map { entry in
            [
                entry.profile, short(entry.accessKeyID), String(entry.added.prefix(10)),
                entry.exposed ? "lay in plain text" : "",
            ]
        }
        Console.say(Console.table([["PROFILE", "KEY", "ADDED", "NOTE"]] + rows))
    }

    private struct Entry: Encodable {
        let profile: String
        let accessKeyID: String
        let added: String
        let exposed: Bool

        enum CodingKeys: String, CodingKey {
            case profile, added, exposed
            case accessKeyID = "access_key_id"
        }
    }
}
