public import AWSAPI

/// What is told while a rotation goes on.
public enum RotationProgress: Equatable, Sendable {
    /// A lost answer may stand for a new key, which IAM is given time to show, in seconds.
    case settling(seconds: Int)
    /// AWS doesn't know a key that it should know; it is asked again for a minute.
    case unknownYet(id: String)
    /// IAM made a new key, and it is sealed.
    case created(id: String)
    /// IAM and STS know a key so far; a number of answers in a row, of those that are wanted.
    case proving(id: String, answers: Int, of: Int)
    /// Profiles answer with another key.
    case switched(from: String, to: String)
    /// Programs that got the old key a moment ago are given time to use it, in seconds.
    case draining(seconds: Int)
    /// Somebody still uses the old key.
    case stillUsed(id: String, KeyUse)
    /// A key is inactive.
    case deactivated(id: String)
    /// A key is active again.
    case reactivated(id: String)
    /// A key is deleted.
    case deleted(id: String)
    /// The new key turned out dead, so profiles answer with the old one again.
    case fellBack(to: String)
    /// A key stays active at IAM, and no profile of the store has it any more.
    case unowned(id: String)
    /// What became of keys can't be found out with the keys at hand, and no profile of the store has them any more.
    case unchecked(ids: [String])
}
