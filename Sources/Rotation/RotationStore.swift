public import SealedStore

/// The store as a rotation uses it, each time under the store's lock.
public struct RotationStore {
    /// Lends the content as it is.
    public let read: (_ body: (borrowing StoreDraft) throws(StoreError) -> Void) throws(StoreError) -> Void
    /// Changes the content, and seals it.
    public let update: (_ change: (inout StoreDraft) throws(StoreError) -> Void) throws(StoreError) -> Void

    /// A store.
    public init(
        read: @escaping (_ body: (borrowing StoreDraft) throws(StoreError) -> Void) throws(StoreError) -> Void,
        update: @escaping (_ change: (inout StoreDraft) throws(StoreError) -> Void) throws(StoreError) -> Void
    ) {
        self.read = read
        self.update = update
    }
}

extension StoreDraft {
    /// A rotation; `nil` if there is none of that id.
    public func rotation(_ id: [UInt8]) throws(StoreError) -> Rotation? {
        switch try note(id, .rotation) {
        case .some(let bytes): try Rotation.read(bytes)
        case nil: nil
        }
    }

    /// Seals a rotation, new or as it has become.
    @discardableResult
    mutating func set(_ rotation: borrowing Rotation, id: [UInt8]? = nil) -> [UInt8] {
        setNote(rotation.encoded(), .rotation, id: id)
    }

    /// The profiles that have a key.
    public func profiles(with accessKeyID: String) throws(StoreError) -> [String] {
        var names: [String] = []
        for name in profiles {
            guard let key = try key(of: name), key.accessKeyID == accessKeyID else { continue }
            names.append(name)
        }
        return names
    }

    /// Gives the serving key of each rotation to profiles that have the retiring one besides.
    ///
    /// - Returns: these profiles.
    public mutating func shareReplacements() throws(StoreError) -> [String] {
        var changed: [String] = []
        for id in notes(.rotation) {
            guard let rotation = try rotation(id), rotation.state == .retiring || rotation.state == .retired,
                let holder = try profiles(with: rotation.serving.accessKeyID).first
            else { continue }
            for name in try profiles(with: rotation.otherID) {
                try share(keyOf: holder, with: name)
                changed.append(name)
            }
        }
        return changed
    }

    /// Gives one key to some profiles. A person is asked about it as about the ones that they had, whatever was said
    /// when it was sealed.
    mutating func give(_ key: borrowing KeyRecord, to names: [String]) throws(StoreError) {
        guard let first = names.first else { return }
        let confirmation = try confirmation(of: first)
        set(key, for: first)
        _ = try setConfirmation(confirmation, of: first)
        for name in names.dropFirst() { try share(keyOf: first, with: name) }
    }
}
