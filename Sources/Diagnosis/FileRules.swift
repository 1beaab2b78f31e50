import AWSConfig
import Glibc

extension Situation {
    /// What is wrong with the files as files.
    func fileFindings() -> [Finding] {
        var findings = inEachFile(Self.fileFindings)
        if elsewhere.isOneFile { findings.append(Finding(.oneFile, in: .credentials)) }
        guard let folder = elsewhere.folder else { return findings }
        if folder.facts.isForeign { findings.append(Finding(.foreignOwner(path: folder.path))) }
        // Others may look into it: what must not be read has permissions of its own.
        let open = folder.facts.mode & folder.facts.others(0o022)
        guard open != 0, !folder.facts.isForeign else { return findings }
        let problem = Problem.openMode(
            path: folder.path, mode: folder.facts.mode, isFolder: true, isWritable: true)
        return findings + [Finding(problem, fix: .mode(path: folder.path, mode: folder.facts.mode & ~0o022))]
    }

    private static func fileFindings(_ file: borrowing ExaminedFile) -> [Finding] {
        let (facts, name) = (file.facts, file.document.file)
        if let error = facts.error { return [Finding(.unreadableFile(error), in: name)] }
        guard facts.isThere else {
            return facts.variable.map { [Finding(.missingFile(variable: $0), in: name)] } ?? []
        }
        if facts.isForeign { return [Finding(.foreignOwner(path: file.path), in: name)] }
        // A config file without keys may be read by everybody.
        let isSecret = name == .credentials || file.document.sections.contains { $0.hasKeyLine }
        let open = facts.mode & (isSecret ? 0o077 : facts.others(0o022))
        guard open != 0 else { return [] }
        let problem = Problem.openMode(
            path: file.path, mode: facts.mode, isFolder: false, isWritable: open & facts.others(0o022) != 0)
        let mode = facts.mode & ~(isSecret ? 0o077 : 0o022)
        return [Finding(problem, in: name, fix: .mode(path: file.path, mode: mode))]
    }

    /// What lies in places where nobody looks after it.
    func copyFindings() -> [Finding] {
        let comments = inEachFile { file in
            let name = file.document.file
            return file.document.keyLikeComments.map { Finding(.keyInComment, in: name, line: $0) }
        }
        return comments + elsewhere.copies.map { Finding(.otherCopy(path: $0.path, what: $0.what)) }
            + (elsewhere.cliCache.map { [Finding(.cliCache(path: $0))] } ?? [])
    }
}

extension ExaminedFile.Facts {
    /// Those of some permission bits that let somebody else in.
    fileprivate func others(_ bits: mode_t) -> mode_t { isOwnGroup ? bits & ~0o070 : bits }
}

extension ConfigDocument.Section {
    /// Whether it has a key or a part of one.
    var hasKeyLine: Bool {
        ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"].contains { property($0) != nil }
    }
}
