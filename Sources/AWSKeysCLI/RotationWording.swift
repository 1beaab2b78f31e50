import AWSAPI
import CredentialProcess
import Rotation

// What the domain says about AWS and rotations gets its words here.

extension Failure {
    init(_ error: EndpointError) {
        switch error {
        case .notARegion(let region):
            self.init(
                .config, "\"\(region)\" is not an AWS region", hint: "look at AWS_REGION and at `region` in config")
        case .customWith(let what):
            self.init(
                .config, "an endpoint of your own goes not together with \(what)",
                hint: "unset one of the two in the environment or in config")
        case .noDualStack(let partition):
            self.init(.config, "\(partition) has no dual-stack endpoints", hint: "unset `use_dualstack_endpoint`")
        case .notAnEndpoint(let url):
            self.init(
                .config, "\"\(url)\" is no endpoint",
                hint: "it is https, a host, and perhaps a port and a path: "
                    + "look at AWS_ENDPOINT_URL and `endpoint_url`")
        case .notSecure(let url):
            self.init(
                .config, "the endpoint \"\(url)\" is neither https nor on this machine",
                hint: "keys are not sent in the clear: look at AWS_ENDPOINT_URL and `endpoint_url`")
        }
    }

    init(_ error: AWSError, call: String, hint: String? = nil) {
        switch error {
        case .refused(let refusal) where error.isPassing:
            self.init(.busy, "AWS refuses \(call) for now: \(refusal.words)", hint: hint ?? "try again in a moment")
        case .refused(let refusal) where error.isUnknownKey:
            self.init(.locked, "AWS does not know the key: \(refusal.words)", hint: hint)
        case .refused(let refusal) where refusal.code == "SignatureDoesNotMatch":
            self.init(
                .locked, "AWS says that the secret does not belong to the key: \(refusal.words)",
                hint: hint ?? "look at the key and at this machine's clock")
        case .refused(let refusal) where error.isAccessDenied:
            self.init(.locked, "AWS does not allow \(call): \(refusal.words)", hint: hint)
        case .refused(let refusal):
            self.init(.unavailable, "AWS refuses \(call): \(refusal.words)", hint: hint)
        case .unreachable(let problem):
            self.init(
                .unavailable, "cannot reach \(problem.host) for \(call): \(problem.reason)",
                hint: hint ?? "look at the network, HTTPS_PROXY and AWS_CA_BUNDLE, then try again")
        case .garbled(let status):
            self.init(
                .unavailable, "the answer to \(call) is not AWS's (HTTP status \(status))",
                hint: hint ?? "look at AWS_ENDPOINT_URL, `endpoint_url` and proxies")
        }
    }

    /// - Parameters:
    ///   - profile: one whose key it is; `nil` where none has it any more.
    ///   - user: the ARN of the user whose key it is, if that is known.
    ///   - now: the time, in seconds since 1970.
    init(_ error: RotationError, profile: String?, user: String?, now: Int, store path: String) {
        let profile = profile ?? ""
        let name = profile.isEmpty ? "" : " " + profile
        let resume = "`awskeys rotate --resume\(name)` goes on"
        switch error {
        case .aws(let error, .authenticate) where error.code != nil:
            self.init(
                .locked, Failure(error, call: "sts:GetSessionToken").message,
                hint: "wait for the next code, and see that `mfa_serial` names the device that shows it")
        case .aws(let error, let call):
            // The rest of a rotation has its own permissions.
            let isLate = call == .update || call == .delete
            let hint =
                "the user needs this policy" + (isLate ? ", then \(resume)" : "")
                + "; where it demands MFA, pass `--mfa-token CODE`:\n" + Self.policy(for: user)
            self.init(error, call: call.rawValue, hint: error.isAccessDenied ? hint : nil)
        case .store(let error):
            self.init(error, store: path)
        case .unknownKey(let id):
            self.init(
                .locked, "AWS does not know the key \(id), or not any more",
                hint: "it was deleted, made inactive or rotated elsewhere: "
                    + "`awskeys add\(name) --replace` takes its successor")
        case .unknownServing(let id, let isProving):
            self.init(
                .locked, "AWS does not know the key \(id) any more, with which profiles answer",
                hint: isProving
                    ? "\(resume) with the new key" : "`awskeys rotate --rollback\(name)` brings the earlier key back")
        case .nothingToReplace(let id):
            self.init(
                .notFound, "the user has no key \(id) besides the one to rotate",
                hint: "without `--replace`, those that are in the way are shown")
        case .root(let account):
            self.init(
                .config, "the key is that of the root user of account \(account), which is not rotated",
                hint: "make an IAM user for daily work, then delete the root user's keys in the console")
        case .notAUser(let arn):
            self.init(.config, "the key belongs to no IAM user but to \(arn)", hint: "rotate it where it comes from")
        case .twoKeys(let keys):
            self.init(
                .cantCreate, "the user has two keys, which is as many as can be:\n" + Self.table(keys),
                hint: keys.contains { $0.profiles.isEmpty && ($0.listed.created ?? 0) > now - Self.recently }
                    ? "one was made a moment ago: if another machine is rotating this key, take the new one from there"
                    : "`awskeys rotate\(name) --replace KEYID` deletes one that nobody needs")
        case .unsettled(let keys):
            self.init(
                .cantCreate,
                "the answer to the request for a new key was lost, and this may be the key:\n" + Self.table(keys),
                hint: "unless it's somebody else's, `awskeys rotate\(profile.isEmpty ? " --resume" : name) --replace "
                    + "\(keys.first?.listed.id ?? "KEYID")` deletes it" + (profile.isEmpty ? "" : " and makes another"))
        case .unproven(let id):
            self.init(
                .busy, "AWS does not know the key \(id) everywhere yet; everything answers as before",
                hint: "\(resume), `awskeys rotate --rollback\(name)` gives it up")
        case .otherUser(let arn):
            self.init(
                .unavailable, "the new key belongs to \(arn), which is another user",
                hint: "`awskeys rotate --rollback\(name)` gives it up")
        case .vanished(let id):
            self.init(
                .unavailable, "the key \(id) is deleted already, and can't serve",
                hint: "everything answers as before; `awskeys rotate\(name)` makes a new key")
        case .orphan(let id, let error):
            self.init(
                Failure(error, store: path).code,
                "the new key \(id) could not be kept (\(Failure(error, store: path).message)), nor deleted again",
                hint: "delete it in the console, or with `awskeys rotate\(name) --replace \(id)`")
        case .nothingToRollBack:
            self.init(.notFound, "there is no earlier key of \"\(profile)\" to bring back")
        }
    }

    private static func table(_ keys: [DescribedKey]) -> String {
        let rows = keys.map { key in
            [
                "  " + key.listed.id, key.listed.isActive ? "active" : "inactive",
                "made " + (key.listed.created.map { timestamp($0) } ?? "?"),
                key.use.map { "last used \(timestamp($0.time)), \($0.service) in \($0.region)" } ?? "no use known",
                key.profiles.isEmpty ? "not in the store" : "in the store: " + key.profiles.joined(separator: ", "),
            ]
        }
        return Console.table(rows)
    }

    /// How long ago a rival's key may have been made, in seconds.
    private static let recently = 900

    /// What `awskeys rotate` calls, for a user's own keys.
    private static func policy(for user: String?) -> String {
        """
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:ListAccessKeys",
          "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed"],
          "Resource": "\(user ?? "arn:aws:iam::*:user/${aws:username}")"}]}
        """
    }
}

extension AWSError.Refusal {
    fileprivate var words: String {
        // Some services go on to what was signed, the session token included.
        let first = message.prefix { !$0.isNewline }.filter { $0.asciiValue.map { $0 >= 0x20 && $0 < 0x7F } ?? true }
        return [
            code, first.isEmpty ? "" : ": \(first.prefix(300))", requestID.isEmpty ? "" : " (request \(requestID))",
        ]
        .joined()
    }
}

extension RotationProgress {
    /// For people.
    var words: String {
        switch self {
        case .settling(let seconds): "no answer to the request for a new key; looking for it in \(seconds) s"
        case .unknownYet(let id): "AWS does not know \(id); asking again for a minute"
        case .created(let id): "made the key \(id)"
        case .proving(let id, 0, _): "waiting until AWS knows \(id)"
        case .proving(_, let answers, let wanted): "AWS knows it: answer \(answers) of \(wanted)"
        case .switched(let old, let new): "answering with \(new) instead of \(old)"
        case .draining(let seconds): "leaving programs \(seconds) s for what they got before"
        case .stillUsed(let id, let use):
            "warning: \(id) was still used on \(timestamp(use.time)), for \(use.service) in \(use.region)"
        case .deactivated(let id): "made \(id) inactive"
        case .reactivated(let id): "made \(id) active again"
        case .deleted(let id): "deleted \(id)"
        case .fellBack(let id): "warning: the new key is deleted or inactive; answering with \(id) again"
        case .unowned(let id): "warning: \(id) stays active at IAM, and no profile here has it any more"
        case .unchecked(let ids):
            "warning: no key here tells what became of \(ids.joined(separator: " and ")); look in the console"
        }
    }
}
