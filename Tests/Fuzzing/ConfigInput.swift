import Sealing

@testable import AWSConfig
@testable import Importing

/// Imports from two files, with a NUL between them, and adopts their profiles. Whatever the files hold, edits that are
/// taken back give every byte back, and every setting that isn't part of a key stays what it was to every profile.
func tryConfig(_ bytes: borrowing Span<UInt8>) {
    let middle = bytes.indices.first { bytes[$0] == 0 } ?? bytes.count
    let config = bytes.extracting(0..<middle).secret
    let credentials = bytes.extracting(min(middle + 1, bytes.count)...).secret
    guard let files = Files(config, credentials) else { return }
    for target in [nil, [.config], [.credentials], [.config, .credentials]] as [[ConfigDocument.File]?] {
        tryImport(of: files, into: target)
    }
    for profile in files.profiles { tryAdoption(of: profile, in: files) }
}

private func tryImport(of files: borrowing Files, into target: [ConfigDocument.File]?) {
    let plan = files.plan(into: target)
    let imported = plan.imported
    let after = files.changed(plan.configEdits, plan.credentialsEdits)
    for profile in imported {
        require(!profile.into.isEmpty && !after.hasKey(profile.name), "a key was left behind")
        for file in profile.into { require(after.asks(for: profile.keyProfile, in: file), "awskeys isn't asked") }
    }
    require(after.plan(into: target).imported.isEmpty, "an import leaves something to import")
    for (before, after) in zip(files.headers, after.headers) {
        require(after.starts(with: before), "a section is gone")
    }
    let keyProfiles = Dictionary(uniqueKeysWithValues: imported.map { ($0.name, $0.keyProfile) })
    let lines = Set(keyProfiles.values)
    let expected = files.settings { setting in
        let keyProfile = setting.profile.flatMap { keyProfiles[$0] }
        if setting.isKey && keyProfile != nil || setting.asks(for: lines) { return nil }
        // A profile that was split names the key's as its source.
        let isItself = setting.name.lowercased() == "source_profile" && setting.value == setting.profile
        return setting.text(value: isItself ? keyProfile : nil)
    }
    let found = after.settings { $0.asks(for: lines) ? nil : $0.text() }
    require(found == expected, "an import changes settings: \(expected) became \(found)")
}

private func tryAdoption(of profile: String, in files: borrowing Files) {
    func settings(_ files: borrowing Files) -> [String] {
        files.settings { setting in
            if setting.asks(for: [profile]) { return nil }
            let isAdopted = setting.profile == profile && setting.isAdopted
            return setting.text(name: isAdopted ? String(setting.name.dropFirst(Role.adoptedPrefix.count)) : nil)
        }
    }
    for isUndo in [false, true] {
        guard let plan = files.adoption(of: profile, isUndo: isUndo) else { continue }
        let after = files.changed(plan.edits(of: .config), plan.edits(of: .credentials))
        require(after.headers == files.headers, "an adoption changes sections")
        require(settings(after) == settings(files), "\(settings(files)) became \(settings(after))")
        // Somebody may have written our names so that they can't be changed back.
        let isNew = files.settings { $0.isAdopted ? "" : nil }.isEmpty
        if !isUndo, isNew {
            guard let back = after.adoption(of: profile, isUndo: true) else { fatalError("it can't be given back") }
            let again = after.changed(back.edits(of: .config), back.edits(of: .credentials))
            require(settings(again) == settings(files), "\(settings(files)) became \(settings(again))")
            // A line of ours that was there before goes too.
            let wasAsked = files.asks(for: profile, in: .config) || files.asks(for: profile, in: .credentials)
            require(wasAsked || again.isSame(as: files), "an adoption that is taken back leaves other bytes")
        }
    }
}
