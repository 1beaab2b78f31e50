import ArgumentParser
import KeyCache
import SealedStore

struct ConfirmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Have a person agree before a program gets a profile's credentials.",
        discussion: "That holds for all profiles that have the same key, and for the roles that are assumed with it.")

    @Argument(help: "The profiles.", completion: .profiles)
    var profiles: [String]

    @Flag(help: "How often somebody is asked.")
    var frequency: Frequency

    enum Frequency: String, EnumerableFlag {
        case always, oncePerSession, never

        var confirmation: Confirmation? {
            switch self {
            case .always: .always
            case .oncePerSession: .oncePerSession
            case .never: nil
            }
        }
    }

    func run() throws { try run(in: .live) }

    func run(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        let wanted = frequency.confirmation
        for profile in profiles {
            let present = try store.key(of: profile).confirmation
            guard let present, wanted != present, wanted != .always else { continue }
            try context.confirmFewerQuestions(about: profile, store: store.id)
        }
        try store.update { draft in
            for profile in profiles { _ = try draft.setConfirmation(wanted, of: profile) }
        }
        KeyCache.forgetConfirmations(store: store.id)
        let names = try store.keys().filter { profiles.contains($0.profile) }.map(\.profile)
        Console.say("\(names.joined(separator: ", ")): \(frequency.words)")
    }
}

extension ConfirmCommand.Frequency {
    fileprivate var words: String {
        switch self {
        case .always: "each use is asked about"
        case .oncePerSession: "asked about once, until the store is locked"
        case .never: "nobody is asked"
        }
    }
}
