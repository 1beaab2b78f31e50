private import Glibc
private import KeyCache
private import SealedStore
public import Sealing

/// The answer for a profile, if it can be had at once: the store is unlocked and nothing about it is unusual.
///
/// - Returns: the document to print; `nil` where the slow lane has to look, whatever the reason.
public func answerAtOnce(profile: String, store path: String) -> SecretBytes? {
    do throws(StoreError) {
        var closed = try ClosedStore(at: path)
        guard let cached = KeyCache.load(store: closed.id) else { return nil }
        // Writers replace the file first and tell the keyring then, so a file that is opened after the keyring was
        // asked is at least as new, unless it is an old one.
        if cached.generation > closed.generation { closed = try ClosedStore(at: path) }
        guard cached.generation <= closed.generation else { return nil }
        let store = try closed.open(with: cached.dataKey)
        guard !store.isUnfinished else { return nil }
        return try store.key(of: profile)?.credentialDocument(now: time(nil))
    } catch {
        return nil
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
