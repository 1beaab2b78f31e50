import DurableFiles
private import Glibc

/// How much memory this process may take without being killed for it, in KiB; `nil` where the system doesn't say.
///
/// It is the least of what the machine has (`MemAvailable`, proc(5)) and what is left to the process's control groups,
/// each of which may have a limit of its own, as containers and systemd services do.
enum AvailableMemory {
    /// - Parameter read: the text of a file; `nil` if it isn't there.
    static func kibibytes(read: (String) -> String? = text) -> UInt64? {
        let machine = read("/proc/meminfo").flatMap { number(after: "MemAvailable:", in: $0) }
        let groups = (read("/proc/self/cgroup") ?? "").split(separator: "\n").compactMap { line -> [UInt64]? in
            // "4:memory:/path" is a group of version 1, "0::/path" the one of version 2 (cgroups(7)).
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            if parts[1].split(separator: ",").contains("memory") { return left(in: String(parts[2]), .first, read) }
            return parts[0] == "0" ? left(in: String(parts[2]), .second, read) : nil
        }
        return (groups.flatMap { $0 } + [machine].compactMap { $0 }).min()
    }

    /// What a version of control groups calls its files.
    private struct Version {
        let root: String
        let limit: String
        let usage: String
        let reclaimable: String

        static let first = Version(
            root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes",
            reclaimable: "total_inactive_file")
        static let second = Version(
            root: "/sys/fs/cgroup", limit: "memory.max", usage: "memory.current", reclaimable: "inactive_file")
    }

    /// What is left to a group and to each of those above it, in KiB. Seen from a container, the groups above its own
    /// aren't there.
    private static func left(in group: String, _ version: Version, _ read: (String) -> String?) -> [UInt64] {
        var path = group.hasSuffix("/") ? String(group.dropLast()) : group
        var found: [UInt64] = []
        while true {
            let folder = version.root + path + "/"
            if let limit = read(folder + version.limit).flatMap({ number(after: "", in: $0) }),
                let usage = read(folder + version.usage).flatMap({ number(after: "", in: $0) })
            {
                // Files that were read and are no longer used count as used, and go when memory is needed.
                let reclaimable = read(folder + "memory.stat").flatMap { number(after: version.reclaimable, in: $0) }
                let used = usage - min(usage, reclaimable ?? 0)
                found.append((limit - min(limit, used)) / 1024)
            }
            guard let parent = path.lastIndex(of: "/") else { return found }
            path = String(path[..<parent])
        }
    }

    /// The number in the first line that begins with `name`; `nil` if there is none, as for the limit "max".
    private static func number(after name: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if name.isEmpty { return words.first.flatMap { UInt64($0) } }
            if words.first.map(String.init) == name, words.count > 1 { return UInt64(words[1]) }
        }
        return nil
    }

    /// A small file of the kernel's, which has no size until it is read.
    private static func text(_ path: String) -> String? {
        do throws(FileError) {
            let file = try OpenFile(path, O_RDONLY)
            var bytes = [UInt8](repeating: 0, count: 16 * 1024)
            var span = bytes.mutableSpan
            let count = try file.read(into: &span, at: 0)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        } catch {
            return nil
        }
    }
}
