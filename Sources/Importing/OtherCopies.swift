import AWSConfig
import DurableFiles
private import Glibc
import SealedStore
public import Sealing

/// A place outside the two files where a key of a profile lies in plain text too. It is named, not touched.
public struct OtherCopy: Sendable, Equatable {
    /// The file.
    public let path: String
    /// What of it lies there.
    public let what: String

    /// A place.
    public init(path: String, what: String) {
        self.path = path
        self.what = what
    }
}

/// Looks for copies of the keys that a plan imports, where such copies tend to lie: beside the two files, in shell
/// start-up files, and in other programs' settings.
///
/// - Parameter home: the home folder.
public func otherCopies(
    _ plan: ImportPlan, config: borrowing AWSFile, credentials: borrowing AWSFile, home: String
) -> [OtherCopy] {
    var copies: [OtherCopy] = []
    for (path, document) in [(credentials.path, credentials.document), (config.path, config.document)] {
        for line in document.keyLikeComments {
            copies.append(OtherCopy(path: path, what: "a key in a comment on line \(line)"))
        }
        if nameCount(of: path) > 1 {
            copies.append(
                OtherCopy(path: path, what: "the file has other names (hard links), which keep what it holds now"))
        }
    }
    let paths = usualPlaces(config: config.path, credentials: credentials.path, home: home)
    copies += found(in: paths) { bytes in
        let names = plan.imported.filter { profile in
            let key = profile.key(config: config, credentials: credentials, added: 0)
            return key.secretAccessKey.withBytes { contains(bytes, $0) }
        }
        return names.isEmpty ? nil : "the key of " + names.map(\.name).joined(separator: ", ")
    }
    let cache = cacheFolder(home: home)
    if entries(of: cache).contains(where: { $0.hasSuffix(".json") }) {
        copies.append(OtherCopy(path: cache, what: "temporary credentials that the AWS CLI keeps in plain text"))
    }
    return copies
}

/// The files in which a secret access key lies in plain text, of those where keys tend to lie.
///
/// - Parameter home: the home folder.
public func plainCopies(
    of secret: borrowing SecretBytes, config: borrowing AWSFile, credentials: borrowing AWSFile, home: String
) -> [OtherCopy] {
    let others = usualPlaces(config: config.path, credentials: credentials.path, home: home)
    return found(in: [config.path, credentials.path] + others) { bytes in
        secret.withBytes { contains(bytes, $0) } ? "the key in plain text" : nil
    }
}

/// Looks into the files in which keys tend to lie, but for the two themselves.
///
/// - Parameter look: says what of it lies in a file with these bytes; `nil` for nothing.
public func otherCopies(
    besides config: String, _ credentials: String, home: String, _ look: (borrowing SecretBytes) -> String?
) -> [OtherCopy] {
    found(in: usualPlaces(config: config, credentials: credentials, home: home), look)
}

/// Where the AWS CLI keeps temporary credentials in plain text.
public func cacheFolder(home: String) -> String { home + "/.aws/cli/cache" }

/// Looks into files that can be read and aren't too large.
private func found(in paths: [String], _ look: (borrowing SecretBytes) -> String?) -> [OtherCopy] {
    var copies: [OtherCopy] = []
    for path in paths {
        guard let bytes = try? readFile(at: path, atMost: AWSFile.largest), let what = look(bytes) else { continue }
        copies.append(OtherCopy(path: path, what: what))
    }
    return copies
}

/// Files where keys tend to lie besides the two: beside these, in shell start-up files, in other programs' settings.
///
/// - Parameter home: the home folder.
public func usualPlaces(config: String, credentials: String, home: String) -> [String] {
    let fixed = [
        ".bashrc", ".bash_profile", ".bash_login", ".bash_history", ".profile", ".zshrc", ".zshenv", ".zprofile",
        ".zsh_history", ".config/fish/config.fish", ".env", ".envrc", ".boto", ".s3cfg", ".passwd-s3fs",
        ".config/rclone/rclone.conf", ".terraformrc", ".docker/config.json",
    ].map { home + "/" + $0 }
    let folders = Set([folder(of: config), folder(of: credentials)])
    let beside = folders.sorted().flatMap { folder in entries(of: folder).sorted().map { folder + "/" + $0 } }
    return (beside + fixed).filter { $0 != config && $0 != credentials }
}

private func entries(of folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// Whether some bytes stand anywhere in others.
public func contains(_ bytes: borrowing SecretBytes, _ wanted: borrowing Span<UInt8>) -> Bool {
    bytes.withBytes { bytes in
        guard bytes.count >= wanted.count, !wanted.isEmpty else { return false }
        return (0...bytes.count - wanted.count).contains { start in
            wanted.indices.allSatisfy { bytes[start + $0] == wanted[$0] }
        }
    }
}
