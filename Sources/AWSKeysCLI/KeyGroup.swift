import SealedStore

/// The profiles that share one access key, which is rotated once for all of them.
struct KeyGroup {
    let id: String
    let profiles: [String]
    let isExposed: Bool

    /// For people.
    var name: String { profiles.joined(separator: ", ") }

    /// Every key in a store with its profiles, in the order of the first ones' names.
    static func all(in store: borrowing OpenStore) throws(StoreError) -> [KeyGroup] {
        var groups: [KeyGroup] = []
        for name in try store.profiles() {
            guard let key = try store.key(of: name) else { continue }
            if let index = groups.firstIndex(where: { $0.id == key.accessKeyID }) {
                let group = groups[index]
                groups[index] = KeyGroup(
                    id: group.id, profiles: group.profiles + [name], isExposed: group.isExposed || key.exposed)
            } else {
                groups.append(KeyGroup(id: key.accessKeyID, profiles: [name], isExposed: key.exposed))
            }
        }
        return groups
    }
}

extension [KeyGroup] {
    /// The profiles that have a key.
    func profiles(with accessKeyID: String) -> [String] { first { $0.id == accessKeyID }?.profiles ?? [] }
}
