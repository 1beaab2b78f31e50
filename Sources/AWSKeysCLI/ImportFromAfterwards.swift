import AWSConfig
import CredentialProcess
import Importing
import OtherTools
import SealedStore
import Sealing

extension ImportFrom {
    /// What to do about the keys that a tool has and the store too: another command may still need the tool's copy.
    static func afterwards(of tool: OtherTool, has names: [String], in context: Context) throws -> String {
        let config = try ImportCommand.file(.config, in: context).profiles(starting: tool.name)
        let credentials = try ImportCommand.file(.credentials, in: context).profiles(starting: tool.name)
        let asking = config + credentials.filter { !config.contains($0) }
        guard asking.isEmpty else {
            let names = asking.map(oneLine).joined(separator: ", ")
            return "these still ask \(tool.name), so keep its copy: \(names)"
        }
        let removals = names.compactMap(shellWord).map { "`\(tool.removal(of: $0))`" }
        return "\(tool.name) still has its copy" + (removals.isEmpty ? "" : ": " + removals.joined(separator: ", "))
    }

    /// The keys of the console's files. A single one is that of the profile that is named, if one is.
    static func findInCSV(_ command: ImportCommand) throws -> Found {
        var keys: [OtherKey] = []
        var files: [ConsoleFile] = []
        for path in command.paths {
            let read = try KeyInput.csvKeys(KeyInput.file(path), path: path)
            files.append(ConsoleFile(path: path, keys: read.keys, hasPasswords: read.hasPasswords))
            for key in read.keys {
                let isNamed = command.paths.count == 1 && read.keys.count == 1 && command.profiles.count == 1
                let profile = isNamed ? command.profiles[0] : key.profile
                guard !profile.isEmpty else {
                    throw Failure(
                        .usage, "\"\(harmless(path))\" doesn't say whose key it has",
                        hint: "import it alone, with `--profile NAME`")
                }
                guard !keys.contains(where: { $0.profile == profile }) else {
                    throw Failure(
                        .usage, "the files have two keys for \"\(harmless(profile))\"",
                        hint: "import one file after the other")
                }
                _ = try KeyInput.record(
                    id: key.accessKeyID, secret: key.secretAccessKey.copy(), now: 0, exposed: true)
                keys.append(key.renamed(profile))
            }
        }
        if !command.profiles.isEmpty { keys.removeAll { !command.profiles.contains($0.profile) } }
        return Found(
            keys: keys, place: command.paths.joined(separator: ", "), areExposed: true, all: files.flatMap(\.keys)
        ) { ConsoleFile.afterwards(files, missing: $0) }
    }
}

/// A file that the console made.
private struct ConsoleFile {
    let path: String
    let keys: [OtherKey]
    let hasPasswords: Bool

    /// What to do about files. The console shows a secret once, so that a file may have the only copy.
    static func afterwards(_ files: [ConsoleFile], missing: [OtherKey]) -> [String] {
        var lines: [String] = []
        var done: [String] = []
        for file in files {
            let rest = file.keys.filter { key in missing.contains { $0 === key } }
            let shown = "\"\(harmless(file.path))\""
            if !rest.isEmpty {
                let names = rest.map {
                    $0.profile.isEmpty ? short($0.accessKeyID) : oneLine($0.profile)
                }
                lines.append(
                    "keep \(shown): it has keys that the store doesn't have: \(names.joined(separator: ", "))")
            } else if file.hasPasswords {
                lines.append("keep \(shown) until you have its passwords elsewhere: the store has its keys only")
            } else if let word = shellWord((file.path.hasPrefix("-") ? "./" : "") + file.path) {
                done.append(word)
            } else {
                lines.append("the keys still lie in plain text in \(shown)")
            }
        }
        let command = "the keys still lie in plain text there: `shred -u \(done.joined(separator: " "))`"
        return lines + (done.isEmpty ? [] : [command])
    }
}

extension UnlockedStore {
    /// Those of some keys that it doesn't have, under whatever name.
    func missing(of keys: [OtherKey]) throws -> [OtherKey] {
        let store = try open()
        var missing = keys
        do throws(StoreError) {
            try store.forEachKey { _, stored in
                missing.removeAll { key in
                    key.accessKeyID == stored.accessKeyID
                        && stored.secretAccessKey.withBytes { key.secretAccessKey.equals($0) }
                }
            }
        } catch {
            throw Failure(error, store: path)
        }
        return missing
    }
}
