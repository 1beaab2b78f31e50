private import CLinux
private import Glibc
public import Sealing

/// The environment of this process with some changes, for a program that takes its place. Secrets among them go from
/// locked memory straight into the new process.
public struct ChangedEnvironment: ~Copyable {
    private var gone: Set<String> = []
    /// The new entries, each with a zero at its end.
    private var entries = SecretBuilder()
    private var starts: [Int] = []
    private var size = 0

    /// No change yet.
    public init() {}

    /// Takes variables out.
    public mutating func remove(_ names: some Sequence<String>) { gone.formUnion(names) }

    /// Sets a variable.
    public mutating func set(_ name: String, to value: String) {
        let value = SecretBytes(copying: value.utf8.span)
        set(name, to: value)
    }

    /// Sets a variable to something secret.
    public mutating func set(_ name: String, to value: borrowing SecretBytes) {
        gone.insert(name)
        starts.append(size)
        entries.add(name + "=")
        value.withBytes { entries.add($0) }
        entries.add("\0")
        size += name.utf8.count + 1 + value.count + 1
    }

    /// Starts a program in this process, looked for in `PATH`: it takes this one's place, with its signals, its
    /// terminal and its exit status.
    ///
    /// - Parameters:
    ///   - words: its name and its arguments.
    ///   - inherited: what it gets back as this process had it at first.
    /// - Returns: why it could not be started: an error number.
    public consuming func start(_ words: [String], inherited: Inherited) -> Int32 {
        let (gone, starts) = (gone, starts)
        return entries.joined().withBytes { entries in
            unsafe entries.withUnsafeBytes { entries in
                var variables: [UnsafeMutablePointer<CChar>?] = unsafe []
                var next = unsafe environment_entries()
                while let entry = unsafe next?.pointee {
                    let name = unsafe String(cString: entry).prefix { $0 != "=" }
                    if !gone.contains(String(name)) { unsafe variables.append(entry) }
                    unsafe next = unsafe next.map { unsafe $0 + 1 }
                }
                for start in starts {
                    let entry = unsafe entries.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0 + start) }
                    unsafe variables.append(entry?.assumingMemoryBound(to: CChar.self))
                }
                unsafe variables.append(nil)
                var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
                inherited.restore()
                _ = unsafe execute(words[0], &arguments, &variables)
                return errno
            }
        }
    }
}
