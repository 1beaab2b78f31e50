import SealedStore

/// What has been said of the keys that profiles have: profiles with one key share that, so a change that is about one
/// of them may say it of another, and has to take it back where it fails.
struct SaidOfKeys {
    private var known: [String: (isSessionsOnly: Bool, confirmation: Confirmation?)] = [:]

    /// What a store says.
    init(in draft: borrowing StoreDraft) throws(StoreError) {
        for profile in draft.profiles {
            guard let key = try draft.key(of: profile) else { continue }
            known[profile] = (key.isSessionsOnly, key.confirmation)
        }
    }

    /// Says it again.
    ///
    /// - Returns: whether that changed anything.
    func say(in draft: inout StoreDraft) throws(StoreError) -> Bool {
        var isChanged = false
        for (profile, said) in known {
            if try draft.setSessionsOnly(said.isSessionsOnly, of: profile) { isChanged = true }
            if try draft.setConfirmation(said.confirmation, of: profile) { isChanged = true }
        }
        return isChanged
    }
}

extension Importer {
    /// Carries out a change as ``carryOut(_:in:)`` does, and says of keys what was said before if it fails.
    func carryOut(
        _ journal: borrowing Journal, in draft: inout StoreDraft, orSay said: SaidOfKeys
    ) throws(ImportError) {
        do throws(ImportError) {
            try carryOut(journal, in: &draft)
        } catch {
            try? sayAgain(said)
            throw error
        }
    }

    /// Says of keys what was said before.
    func sayAgain(_ said: SaidOfKeys) throws(ImportError) {
        var draft = try read()
        let isChanged = try sealing { () throws(StoreError) in try said.say(in: &draft) }
        if isChanged { try write(draft) }
    }

    /// What a store says of its keys.
    func said(in draft: borrowing StoreDraft) throws(ImportError) -> SaidOfKeys {
        do throws(StoreError) {
            return try SaidOfKeys(in: draft)
        } catch {
            throw .store(error)
        }
    }
}
