import ArgumentParser
import CredentialProcess
import DurableFiles
import SealedStore

struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "Show or drop the temporary credentials that are kept.",
        subcommands: [List.self, Clear.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the sessions that are kept.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            let store = try UnlockedStore.unlock(in: context)
            var sessions: [Entry] = []
            try store.sessionFolder().forEach { session in
                guard context.now() < session.expiration else { return }
                sessions.append(
                    Entry(
                        name: session.name, accessKeyID: session.accessKeyID,
                        expiration: timestamp(session.expiration), renewal: timestamp(session.renewal)))
            }
            sessions.sort { $0.name < $1.name }
            if json { return try Console.say(json: ["sessions": sessions]) }
            guard !sessions.isEmpty else { return Console.note("no sessions") }
            let rows = sessions.map { [$0.name, short($0.accessKeyID), "until \($0.expiration)"] }
            Console.say(Console.table([["SESSION", "KEY", "GOOD"]] + rows))
        }

        struct Entry: Encodable {
            /// The profile; of a user's session with a code that roles share, also the device.
            let name: String
            let accessKeyID: String
            let expiration: String
            let renewal: String

            enum CodingKeys: String, CodingKey {
                case name, expiration, renewal
                case accessKeyID = "access_key_id"
            }
        }
    }

    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop sessions, so that the next program gets new ones. AWS lets them live on.")

        @Argument(help: "The profiles; all sessions, if none is named.")
        var profiles: [String] = []

        func run() throws { try run(in: .live) }

        func run(in context: Context) throws {
            guard !profiles.isEmpty else { return try clearAll(in: context.sessionPlaces().folder) }
            let store = try UnlockedStore.unlock(in: context)
            let folder = try store.sessionFolder()
            // Files that can't be read keep nobody from it.
            let access = try? AWSAccess(in: context)
            let stored = try Set(store.keys().map(\.profile))
            var names: [String] = []
            folder.forEach { names.append($0.name) }
            for profile in profiles {
                // A profile's own, and those of its user that roles share.
                let own = names.filter { name in
                    if name == profile { return true }
                    guard let space = name.lastIndex(of: " "), name[..<space] == profile else { return false }
                    return !stored.contains(name) && access?.exists(name) != true
                }
                for name in own { try remove(name, from: folder) }
                Console.say(own.isEmpty ? "there was no session of \(profile)" : "dropped the session of \(profile)")
            }
        }

        private func remove(_ name: String, from folder: borrowing SessionFolder) throws {
            do throws(FileError) {
                try folder.remove(name)
            } catch {
                throw Failure(error)
            }
        }

        private func clearAll(in folder: String) throws {
            do throws(FileError) {
                let count = try SessionFolder.removeAll(in: folder)
                Console.say("dropped \(count) session\(count == 1 ? "" : "s")")
            } catch {
                throw Failure(error)
            }
        }
    }
}

extension UnlockedStore {
    /// Where the sessions lie that were got with this store's keys.
    func sessionFolder() throws -> SessionFolder {
        SessionFolder(try context.sessionPlaces().folder, store: id, dataKey: dataKey)
    }
}
