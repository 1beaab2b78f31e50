import SealedStore

// What a rotator does with the store.
extension Rotator {
    /// Looks something up in the store.
    func sealed<Result>(
        _ look: (borrowing StoreDraft) throws(StoreError) -> Result
    ) throws(RotationError) -> Result {
        var result: Result?
        try attempt { () throws(StoreError) in
            try store.read { (draft) throws(StoreError) in result = try look(draft) }
        }
        guard let result else { throw .store(.damaged(.record)) }
        return result
    }

    /// Which of a rotation's keys profiles have.
    func holders(of rotation: borrowing Rotation) throws(RotationError) -> KeyHolders {
        let (serving, other) = (rotation.serving.accessKeyID, rotation.otherID)
        return try sealed { (draft) throws(StoreError) in
            // No key has an empty id.
            KeyHolders(
                serving: try !draft.profiles(with: serving).isEmpty, other: try !draft.profiles(with: other).isEmpty)
        }
    }

    /// Seals a rotation that begins.
    func seal(_ rotation: borrowing Rotation) throws(RotationError) -> [UInt8] {
        var id: [UInt8] = []
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in id = draft.set(rotation) }
        }
        return id
    }

    /// Takes a step, and seals it.
    func step(
        _ rotation: inout Rotation, _ id: [UInt8], _ take: (inout Rotation) -> Void
    ) throws(RotationError) {
        take(&rotation)
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in draft.set(rotation, id: id) }
        }
    }

    /// Lets the other key serve: profiles and rotation change in one write. A new key that no profile is left for stays
    /// where it is.
    func switchKeys(_ rotation: inout Rotation, _ id: [UInt8]) throws(RotationError) {
        let old = rotation.serving.accessKeyID
        let now = now()
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in
                let names = try draft.profiles(with: old)
                if rotation.state == .proving, names.isEmpty { return }
                rotation.switchKeys(now: now)
                try draft.give(rotation.serving, to: names)
                draft.set(rotation, id: id)
            }
        }
        if rotation.serving.accessKeyID != old { report(.switched(from: old, to: rotation.serving.accessKeyID)) }
    }

    /// Lets the profiles of one key answer with another key of the same user.
    ///
    /// - Returns: the profiles.
    @discardableResult
    func share(
        _ key: borrowing KeyRecord, withProfilesOf other: String
    ) throws(RotationError) -> [String] {
        var names: [String] = []
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in
                names = try draft.profiles(with: other)
                if let holder = try draft.profiles(with: key.accessKeyID).first {
                    for name in names { try draft.share(keyOf: holder, with: name) }
                } else {
                    try draft.give(key, to: names)
                }
            }
        }
        return names
    }

    /// Takes a rotation out of the store.
    func forget(_ id: [UInt8]) throws(RotationError) {
        try attempt { () throws(StoreError) in
            try store.update { (draft) throws(StoreError) in draft.removeNote(id) }
        }
    }

    func attempt(_ body: () throws(StoreError) -> Void) throws(RotationError) {
        do throws(StoreError) {
            try body()
        } catch {
            throw .store(error)
        }
    }
}
