private import Glibc
private import KeyCache
public import SealedStore
public import Sealing

/// The answer for a profile, if it can be had at once: the store is unlocked, nothing about it is unusual, and it has
/// the profile's key or a session lies ready.
///
/// - Parameter places: where the rest lies that the answer depends on.
/// - Returns: the document to print; `nil` where the slow lane has to look, whatever the reason.
public func answerAtOnce(profile: String, store path: String, places: @autoclosure () -> SessionPlaces?)
    -> SecretBytes?
{
    do throws(StoreError) {
        var closed = try ClosedStore(at: path)
        let id = closed.id
        guard let cached = KeyCache.load(store: id) else { return nil }
        // Writers replace the file first and tell the keyring then, so a file that is opened after the keyring was
        // asked is at least as new, unless it is an old one.
        if cached.generation > closed.generation { closed = try ClosedStore(at: path) }
        guard cached.generation <= closed.generation else { return nil }
        let store = try closed.open(with: cached.dataKey)
        guard !store.isUnfinished else { return nil }
        if let key = try store.key(of: profile) {
            // A person is to be asked, which isn't done here.
            guard key.confirmation == nil else { return nil }
            if !key.isSessionsOnly {
                if cached.isLogged { logUse(of: profile, by: Caller(), .key) }
                return key.credentialDocument(now: time(nil))
            }
        }
        guard let places = places(),
            let session = SessionFolder(places.folder, store: id, dataKey: cached.dataKey).session(profile),
            time(nil) < session.renewal, session.bond.holds(in: places, keyTag: try store.keyTag(of: session.bond))
        else { return nil }
        if cached.isLogged { logUse(of: profile, by: Caller(), .session) }
        return session.credentialDocument()
    } catch {
        return nil
    }
}

extension OpenStore {
    /// The tag of the key that a session was got with, as it is now; empty if that isn't one of this store's.
    public func keyTag(of bond: SessionBond) throws(StoreError) -> [UInt8] {
        bond.keyProfile.isEmpty ? [] : try keyTag(of: bond.keyProfile) ?? []
    }
}

extension SessionBond {
    /// Whether nothing that it depends on has changed, as far as can be seen without reading the AWS files.
    func holds(in places: SessionPlaces, keyTag: [UInt8]) -> Bool {
        self.keyTag == keyTag && addresses == places.addresses && files == places.files
    }
}

/// Writes all of `document` to a descriptor, standard output at first.
///
/// - Returns: whether the reader was there to the end.
public func printDocument(_ document: borrowing SecretBytes, to descriptor: Int32 = 1) -> Bool {
    document.withBytes { bytes in
        unsafe bytes.withUnsafeBytes { bytes in
            var rest = unsafe bytes[...]
            while unsafe !rest.isEmpty {
                let put = unsafe write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if put < 0 && errno != EINTR { return false }
                unsafe rest = rest.dropFirst(max(0, put))
            }
            return true
        }
    }
}
