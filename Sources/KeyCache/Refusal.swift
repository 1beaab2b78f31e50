private import CKeyutils

extension KeyCache {
    /// How long a refusal is remembered, in seconds: as long as it takes a development environment to start all of its
    /// profiles, and no longer than a person would wait before the next try.
    private static let refusalLifetime: UInt32 = 10
    private static let largestRefusal = 4096

    /// Remembers that a person wouldn't or couldn't open a store, so that whoever comes next doesn't ask again at once.
    ///
    /// - Parameter reasons: what is to be told to them, up to 4 KiB; no secret.
    public static func rememberRefusal(_ reasons: [UInt8], store: [UInt8]) {
        guard reasons.count <= largestRefusal else { return }
        // Where the kernel keeps no keys, the next one asks again.
        try? put(reasons.span, named: refusal(store), lifetime: refusalLifetime)
    }

    /// The refusal of the last seconds, if there was one.
    public static func refusal(store: [UInt8]) -> [UInt8]? {
        guard let id = find(named: refusal(store)) else { return nil }
        var reasons = [UInt8](repeating: 0, count: largestRefusal)
        let size = unsafe reasons.withUnsafeMutableBytes { unsafe keyctl_read(id, $0.baseAddress, $0.count) }
        guard (1...largestRefusal).contains(size) else { return nil }
        return Array(reasons.prefix(size))
    }

    /// Forgets it: somebody has opened the store.
    public static func forgetRefusal(store: [UInt8]) {
        if let id = find(named: refusal(store)) { _ = keyctl_invalidate(id) }
    }

    private static func refusal(_ store: [UInt8]) -> String { name(store) + ":refusal" }
}
