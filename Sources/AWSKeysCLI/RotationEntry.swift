import CredentialProcess
import Rotation
import SealedStore

/// A rotation under way as it is shown.
struct RotationEntry: Encodable {
    /// Its record in the store.
    let id: [UInt8]
    let state: Rotation.State
    /// The profiles that answer with the serving key; if there are none, those that have the other one.
    let profiles: [String]
    /// Whether somebody gave the profiles the old key back.
    let isGivenBack: Bool
    /// When the serving key took over, in seconds since 1970.
    let switched: Int
    let user: String
    let account: String
    let servingID: String
    /// Empty while there is none.
    let otherID: String
    /// In seconds since 1970; 0 where no step waits for a time.
    let due: Int
    /// The profile whose settings lead to AWS.
    let profile: String

    /// Every rotation in a store, the oldest first.
    static func all(in store: borrowing OpenStore) throws(StoreError) -> [RotationEntry] {
        var entries: [RotationEntry] = []
        var groups: [KeyGroup]?
        try store.forEachNote(.rotation) { (id, bytes) throws(StoreError) in
            let rotation = try Rotation.read(bytes)
            // Every key is opened for it, and most stores have no rotation.
            let known = if let groups { groups } else { try KeyGroup.all(in: store) }
            groups = known
            let serving = known.profiles(with: rotation.serving.accessKeyID)
            let other = known.profiles(with: rotation.otherID)
            let isGivenBack = serving.isEmpty && !other.isEmpty
            let profiles = isGivenBack ? other : serving
            entries.append(
                RotationEntry(
                    id: id, state: rotation.state, profiles: profiles, isGivenBack: isGivenBack,
                    switched: Int(clamping: rotation.switched), user: rotation.user, account: rotation.account,
                    servingID: rotation.serving.accessKeyID, otherID: rotation.otherID,
                    due: Int(clamping: rotation.due), profile: profiles.first ?? rotation.profile))
        }
        return entries
    }

    /// Whether the new key serves already, so that all that is left is to see the old one off.
    var isOnlyWaiting: Bool { (state == .retiring || state == .retired) && !isGivenBack }

    /// Whether nobody but a run for all keys would ever carry it on.
    var isLeft: Bool { profiles.isEmpty && !isOnlyWaiting }

    /// Whether what the rotation waits for is over.
    func isDue(now: Int) -> Bool { isOnlyWaiting && due <= now }

    /// What it is about, for people.
    func words(now: Int) -> String {
        let resume = (["awskeys rotate --resume"] + profiles.prefix(1)).joined(separator: " ")
        if isGivenBack { return "its old key was given back: `\(resume)`" }
        switch state {
        case .creating: return "a new key was asked for: `\(resume)`"
        case .proving: return "the new key \(short(otherID)) is not proven yet: `\(resume)`"
        case .restoring: return "\(short(otherID)) is being brought back: `\(resume)`"
        case .retiring where due > now: return "\(short(otherID)) is active until \(timestamp(due))"
        case .retiring: return "\(short(otherID)) is still active: `awskeys rotate --finish`"
        case .retired where due > now: return "\(short(otherID)) is inactive, to be deleted after \(timestamp(due))"
        case .retired: return "\(short(otherID)) is overdue for deletion: `awskeys rotate --finish`"
        }
    }

    enum CodingKeys: String, CodingKey {
        case state, profiles, user, account, due
        case servingID = "access_key_id"
        case otherID = "other_access_key_id"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("\(state)", forKey: .state)
        try container.encode(profiles, forKey: .profiles)
        try container.encode(user, forKey: .user)
        try container.encode(account, forKey: .account)
        try container.encode(servingID, forKey: .servingID)
        try container.encode(otherID.isEmpty ? nil : otherID, forKey: .otherID)
        try container.encode(due == 0 ? nil : timestamp(due), forKey: .due)
    }
}
