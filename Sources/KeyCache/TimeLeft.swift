private import Glibc

extension KeyCache {
    /// How long a store's key stays if nobody uses it, in seconds, as the kernel rounds it: down to its largest unit.
    ///
    /// There is no call for it, but a line of `/proc/keys` (proc(5)): serial, flags, usage, time-out, rights, user,
    /// group, type, and the name up to a colon.
    ///
    /// - Returns: `nil` if there's no key.
    public static func timeLeft(store: [UInt8]) -> Int? {
        guard let file = unsafe fopen("/proc/keys", "re") else { return nil }
        defer { unsafe fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        while unsafe getline(&line, &capacity, file) > 0, let start = unsafe line {
            let fields = unsafe String(cString: start).split { $0 == " " || $0 == "\n" }
            if fields.count >= 9, fields[7] == "user", fields[8] == name(store) + ":" { return seconds(fields[3]) }
        }
        return nil
    }

    /// The seconds of `14m`, `8h` and the like.
    static func seconds(_ span: some StringProtocol) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]
        guard let unit = span.last.flatMap({ units[$0] }), let number = Int(span.dropLast()) else { return nil }
        return number * unit
    }
}
