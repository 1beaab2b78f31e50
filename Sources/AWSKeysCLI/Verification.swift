import AWSAPI
import Rotation
import SealedStore

/// Asks AWS whether a key is one, and whose.
///
/// - Parameter profile: whose settings lead to AWS.
/// - Throws: ``Failure`` if AWS doesn't know it, or can't be reached.
func verify(_ key: borrowing KeyRecord, of profile: String, _ access: AWSAccess) throws {
    let client = try access.client(for: profile)
    do throws(AWSError) {
        let identity = try client.callerIdentity(with: key.credentials)
        Console.note("\(profile): \(key.accessKeyID) is that of \(identity.arn)")
    } catch {
        let failure = Failure(
            error, call: "sts:GetCallerIdentity",
            hint: error.isUnknownKey || error.code == "SignatureDoesNotMatch"
                ? "look at both halves of the key in the console; nothing was changed" : nil)
        throw failure.named(profile)
    }
}
