import AWSConfig
import Diagnosis
import DurableFiles
import Foundation
import Importing

extension DoctorCommand {
    /// Shows what can be mended, asks, mends it, and says what is left.
    func mend(in context: Context) throws {
        let preview = try Situation(in: context)
        try preview.requireReadable()
        let mending = plan(preview)
        if mending.findings.isEmpty || dryRun {
            show(mending, in: preview)
            return try dryRun ? () : finish(in: context)
        }
        // Nobody is asked for a passphrase where only permissions change: there is nothing to keep.
        guard mending.changesFiles else {
            show(mending, in: preview)
            try Console.confirm("change these permissions?", yes: yes)
            try setModes(mending)
            return try finish(in: context)
        }
        if FileManager.default.fileExists(atPath: try context.storePath()) {
            let store = try UnlockedStore.unlock(in: context)
            // What was cut off is finished by now, and may have been a fix.
            let situation = try Situation(in: context)
            try situation.requireReadable()
            let mending = plan(situation)
            show(mending, in: situation)
            guard !mending.findings.isEmpty else { return try finish(in: context) }
            try Console.confirm("mend this?", yes: yes)
            try carryOut(mending, in: situation, store)
        } else {
            show(mending, in: preview)
            let way = try NewStore.choose(in: context)
            Console.note(
                "a store will be made at \(try context.storePath()), \(way.words): it keeps what the files hold now")
            try Console.confirm("mend this?", yes: yes)
            try carryOut(mending, in: preview, way.make(in: context, yes: yes))
        }
        try finish(in: context)
    }

    private func plan(_ situation: Situation) -> Mending { Mending(situation.findings(), rules: Set(rules)) }

    private func carryOut(_ mending: Mending, in situation: Situation, _ store: borrowing UnlockedStore) throws {
        try store.change(isTaking: false) { (importer) in
            try importer.mend(
                config: situation.config.mended(by: mending), credentials: situation.credentials.mended(by: mending),
                now: UInt64(store.context.now()))
        }
        try setModes(mending)
        let count = mending.findings.count
        Console.say("mended \(count == 1 ? "1 finding" : "\(count) findings")")
        Console.note("`awskeys doctor --undo` takes it back" + (mending.modes.isEmpty ? "" : ", but for permissions"))
    }

    private func setModes(_ mending: Mending) throws {
        for (path, mode) in mending.modes.sorted(by: { $0.key < $1.key }) {
            do throws(FileError) {
                try setMode(of: path, to: mode)
            } catch {
                throw Failure(error)
            }
            Console.say("\"\(path)\" has mode \(String(mode, radix: 8)) now")
        }
    }

    private func show(_ mending: Mending, in situation: Situation) {
        guard !mending.findings.isEmpty else {
            return Console.say(
                situation.findings().isEmpty
                    ? "nothing is wrong" : "there is nothing that can be mended without asking what is meant")
        }
        for finding in mending.findings {
            var entry = DoctorEntry(finding, in: situation)
            entry.hint = nil
            Console.say(entry.text + "\n  fix: " + printable(finding.fixWords ?? ""))
        }
        for file in ConfigDocument.File.allCases where !mending.edits(of: file).isEmpty {
            let mended =
                file == .config ? situation.config.mended(by: mending) : situation.credentials.mended(by: mending)
            Console.say("\n\(printable(mended.path))\n\(mended.maskedDiff())")
        }
    }

    /// Says what is left.
    private func finish(in context: Context) throws {
        let report = try report(in: context)
        if !report.findings.isEmpty { Console.say("") }
        report.say()
        try report.end()
    }

    /// Gives the files their bytes back.
    func takeBack(in context: Context) throws {
        let store = try UnlockedStore.unlock(in: context)
        if !store.hasUnmended {
            try Console.confirm("give the files the bytes that they had before the latest fix?", yes: yes)
            try store.change(isTaking: false) { (importer) in try importer.undoMending() }
        }
        Console.say("took the latest fix back")
    }
}

extension Situation {
    /// Refuses to mend one file where nobody can tell what is in the other.
    fileprivate func requireReadable() throws {
        if let number = config.facts.error { throw Failure(FileError("read", config.path, number: number)) }
        if let number = credentials.facts.error { throw Failure(FileError("read", credentials.path, number: number)) }
    }
}

extension Mending {
    fileprivate var changesFiles: Bool { !config.isEmpty || !credentials.isEmpty }
}

extension ExaminedFile {
    fileprivate func mended(by mending: Mending) -> MendedFile {
        MendedFile(path, before: bytes, edits: mending.edits(of: document.file))
    }
}
