import AWSConfig
import SealedStore

extension ImportPlan {
    /// Whether another plan, made of what the files hold now, does to the same profiles with the same keys what this
    /// one does: then it may take this one's place without another question.
    ///
    /// - Parameters:
    ///   - config: the files that this plan was made of.
    ///   - configNow: the files that the other one was made of.
    public func isSame(
        as other: ImportPlan, _ config: borrowing AWSFile, _ credentials: borrowing AWSFile,
        now configNow: borrowing AWSFile, _ credentialsNow: borrowing AWSFile
    ) -> Bool {
        let (mine, others) = (imported, other.imported)
        guard mine.count == others.count, isCredentialsFirst == other.isCredentialsFirst else { return false }
        let byName = Dictionary(others.map { ($0.name, $0) }) { first, _ in first }
        for profile in mine {
            guard let twin = byName[profile.name], twin.into == profile.into, twin.keyProfile == profile.keyProfile,
                twin.places.map(\.file) == profile.places.map(\.file)
            else { return false }
            let key = twin.key(config: configNow, credentials: credentialsNow, added: 0)
            guard profile.key(config: config, credentials: credentials, added: 0).isSameKey(as: key) else {
                return false
            }
        }
        return true
    }
}
