import CredentialProcess
import Rotation

/// What a run came to for one key.
struct RotationResult: Encodable {
    let name: String
    let profiles: [String]
    /// The key that the profiles had before.
    let oldID: String
    /// The key that they have now.
    let currentID: String
    let state: String
    /// What happens next and when.
    let next: String?
    let due: Int
    let failure: Failure?

    /// A part that went as far as it could.
    ///
    /// - Parameter entry: what is still under way.
    init(profiles: [String], oldID: String, currentID: String, entry: RotationEntry?) {
        self.init(
            name: profiles.isEmpty ? "a removed profile" : profiles.joined(separator: ", "), profiles: profiles,
            oldID: oldID, currentID: currentID, state: entry.map { "\($0.state)" } ?? "finished",
            next: entry.map { Self.next($0) }, due: entry?.due ?? 0, failure: nil)
    }

    /// A part in which no key was changed.
    init(_ group: KeyGroup, _ state: String, next: String? = nil, failure: Failure? = nil) {
        self.init(
            name: group.name, profiles: group.profiles, oldID: group.id, currentID: group.id, state: state,
            next: next, due: 0, failure: failure)
    }

    /// A part of an earlier rotation that failed.
    init(_ entry: RotationEntry, failure: Failure) {
        self.init(
            name: entry.name, profiles: entry.profiles, oldID: entry.servingID, currentID: entry.servingID,
            state: "failed", next: nil, due: 0, failure: failure)
    }

    private init(
        name: String, profiles: [String], oldID: String, currentID: String, state: String, next: String?, due: Int,
        failure: Failure?
    ) {
        self.name = name
        self.profiles = profiles
        self.oldID = oldID
        self.currentID = currentID
        self.state = state
        self.next = next
        self.due = due
        self.failure = failure
    }

    private static func next(_ entry: RotationEntry) -> String {
        let profile = entry.profiles.first ?? ""
        let time = timestamp(entry.due)
        switch entry.state {
        case .retired:
            let back = profile.isEmpty ? "" : "; until then `awskeys rotate --rollback \(profile)` brings it back"
            return "\(entry.otherID) is inactive, and deleted by `awskeys rotate` after \(time)" + back
        case .retiring:
            return "\(entry.otherID) stays active, and is made inactive by `awskeys rotate` after \(time)"
        case .creating, .proving, .restoring:
            return "`awskeys rotate --resume \(profile)` goes on"
        }
    }

    /// For people.
    var words: String {
        if profiles.isEmpty { return "\(name): \(next ?? "done")" }
        let change = oldID == currentID ? "answers with \(currentID)" : "\(oldID) -> \(currentID)"
        return "\(name): \(change)" + (next.map { "\n  \($0)" } ?? "")
    }

    enum CodingKeys: String, CodingKey {
        case profiles, state, next, due, error
        case oldID = "old_access_key_id"
        case currentID = "access_key_id"
    }

    private struct Problem: Encodable {
        let message: String
        let hint: String?
        let exitCode: Int32

        enum CodingKeys: String, CodingKey {
            case message, hint
            case exitCode = "exit_code"
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(profiles, forKey: .profiles)
        try container.encode(state, forKey: .state)
        try container.encode(next, forKey: .next)
        try container.encode(oldID, forKey: .oldID)
        try container.encode(currentID, forKey: .currentID)
        try container.encode(due == 0 ? nil : timestamp(due), forKey: .due)
        try container.encode(
            failure.map { Problem(message: $0.message, hint: $0.hint, exitCode: $0.code.rawValue) }, forKey: .error)
    }
}
