public import AWSAPI
public import SealedStore

/// A key of the user as it is shown to a person who is to decide about it.
public struct DescribedKey: Equatable, Sendable {
    /// What IAM lists.
    public let listed: ListedKey
    /// The latest known use; `nil` if none is known.
    public let use: KeyUse?
    /// The profiles of this store that have it.
    public let profiles: [String]
}

/// Why a rotation didn't go on.
public enum RotationError: Error, Equatable, Sendable {
    /// What awskeys was doing when a call failed.
    public enum Call: String, Sendable {
        case identify = "sts:GetCallerIdentity"
        case list = "iam:ListAccessKeys"
        case create = "iam:CreateAccessKey"
        case update = "iam:UpdateAccessKey"
        case delete = "iam:DeleteAccessKey"
        case authenticate = "sts:GetSessionToken"
    }

    /// A call failed.
    case aws(AWSError, during: Call)
    /// The store couldn't be read or written.
    case store(StoreError)
    /// IAM doesn't know the key with which profiles answer: it was deleted or made inactive elsewhere.
    case unknownKey(String)
    /// IAM doesn't know the key with which profiles answer, but the rotation has another one: it can be carried on
    /// where that one is still being proven, and else rolled back.
    case unknownServing(String, isProving: Bool)
    /// The user has no other key of that id, which was to be deleted.
    case nothingToReplace(String)
    /// The key is the root user's.
    case root(account: String)
    /// The key belongs to no IAM user; the ARN of what it belongs to.
    case notAUser(arn: String)
    /// The user has as many keys as may be, and it isn't known that one may go.
    case twoKeys([DescribedKey])
    /// The request for a new key got no answer, and now there are keys that may be that one.
    case unsettled([DescribedKey])
    /// IAM and STS still don't know the new key; the rotation can be continued.
    case unproven(id: String)
    /// The new key belongs to somebody else than the old one.
    case otherUser(arn: String)
    /// The key that was to serve is gone; the rotation is over, and profiles answer with the one that is left.
    case vanished(id: String)
    /// The new key could neither be sealed nor deleted again; its secret is lost.
    case orphan(id: String, StoreError)
    /// There is nothing to bring back.
    case nothingToRollBack
}

extension RotationError {
    /// Whether a key isn't known that a call was signed with.
    var isUnknownKey: Bool {
        switch self {
        case .aws(let error, _): error.isUnknownKey
        case .unknownKey: true
        default: false
        }
    }
}
