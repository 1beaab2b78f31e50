private import CKeyutils
private import Glibc

extension KeyCache {
    /// Takes the keys of all stores out of the kernel's keyring, and whatever else is named `awskeys:` there.
    ///
    /// - Returns: how many stores had one: keys with nothing but a store's id in their name.
    public static func removeAll() -> Int {
        var list: UnsafeMutableRawPointer?
        let size = unsafe keyctl_read_alloc(KEY_SPEC_USER_KEYRING, &list)
        defer { unsafe free(list) }
        guard size > 0, let list = unsafe list else { return 0 }
        let ids = unsafe UnsafeRawBufferPointer(start: list, count: Int(size)).bindMemory(to: key_serial_t.self)
        var count = 0
        for id in unsafe Array(ids) {
            guard let rest = nameWithoutPrefix(of: id) else { continue }
            // Unlinking needs no rights on the key, which one has that was cut off before it got them.
            let isGone = keyctl_invalidate(id) == 0 || keyctl_unlink(id, KEY_SPEC_USER_KEYRING) == 0
            if isGone, rest.count == 32, rest.allSatisfy(\.isHexDigit) { count += 1 }
        }
        return count
    }

    /// What follows `awskeys:` in a key's name; `nil` for other keys, and those that have just gone.
    private static func nameWithoutPrefix(of id: key_serial_t) -> Substring? {
        var text: UnsafeMutablePointer<CChar>?
        let size = unsafe keyctl_describe_alloc(id, &text)
        defer { unsafe free(text) }
        guard size >= 0, let text = unsafe text else { return nil }
        // Type, user, group, rights, name.
        let parts = unsafe String(cString: text).split(separator: ";", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "user", parts[4].hasPrefix(prefix) else { return nil }
        return parts[4].dropFirst(prefix.count)
    }
}
