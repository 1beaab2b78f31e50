import AWSAPI
import AWSConfig
import DurableFiles
import SealedStore
import Sealing

extension Resolver {
    /// Asks STS for a session.
    func get(_ wanted: Wanted, isLast: Bool) throws(SessionError) -> Session {
        let duration = isLast ? options.duration : nil
        switch wanted.kind {
        case .user(let source, let device):
            let source = try credentials(of: source)
            let code = try device.map { (device) throws(SessionError) in try self.code(of: device) }
            let client = try world.client(for: asked)
            let made = try calling(.getSessionToken, wanted, usesCode: code != nil) { () throws(AWSError) in
                try client.sessionToken(
                    mfa: code, duration: duration ?? userDuration, with: source.credentials)
            }
            return session(wanted, made)
        case .role(let chain):
            guard let role = chain.roles.last else { return try webIdentity(chain, wanted, duration) }
            return try assume(role, after: chain.previous, wanted, duration)
        }
    }

    private func assume(
        _ role: Role, after previous: RoleChain, _ wanted: Wanted, _ duration: Int?
    ) throws(SessionError) -> Session {
        var request = RoleRequest(role, duration: duration)
        if !previous.isUsers { request.duration = request.duration.map { min($0, chainedDuration) } }
        let client = try world.client(for: asked)
        var code: MFACode?
        while true {
            var device = role.device
            let signer = try signing(role, after: previous, wanted, &device)
            if let device, code == nil { code = try self.code(of: device) }
            do throws(SessionError) {
                let made = try calling(.assumeRole, wanted, usesCode: code != nil) { [code] () throws(AWSError) in
                    try client.assumeRole(request, mfa: code, with: signer.credentials)
                }
                return session(wanted, made)
            } catch {
                // One that was kept may have died at AWS, or the clock may be wrong; a new one tells.
                guard error.isOfDeadSession, let name = signer.session, !got.contains(name) else { throw error }
                // Somebody else may have got a new one meanwhile.
                guard sessions.session(name)?.accessKeyID == signer.credentials.accessKeyID else { continue }
                guard (try? sessions.remove(name)) != nil else { throw error }
            }
        }
    }

    /// What signs a call.
    private struct Signer: ~Copyable {
        let credentials: AWSCredentials
        /// The name of the session that they are, if they are one that may have been kept.
        var session: String?
    }

    /// What the call for a role is signed with.
    ///
    /// - Parameter device: whose code the role wants; `nil` afterwards where the credentials come with one.
    private func signing(
        _ role: Role, after previous: RoleChain, _ wanted: Wanted, _ device: inout MFADevice?
    ) throws(SessionError) -> Signer {
        guard previous.isUsers else {
            return signer(try session(.role(previous, name: previous.profile)))
        }
        let source = try self.credentials(of: previous.source)
        guard source.isLongTerm, !options.noSession, let asked = device else {
            return Signer(credentials: source.signing())
        }
        // One session with the code is good for every role that wants one.
        device = nil
        return signer(
            try userSession(of: previous, isSessionsOnly: source.isSessionsOnly, with: asked, for: wanted))
    }

    private func signer(_ session: borrowing Session) -> Signer {
        Signer(credentials: session.credentials, session: session.name)
    }

    /// A user's session with a code, which the roles share that are assumed with it.
    ///
    /// - Parameter isSessionsOnly: whether the user's key is kept back.
    private func userSession(
        of chain: RoleChain, isSessionsOnly: Bool, with device: MFADevice, for role: Wanted
    ) throws(SessionError) -> Session {
        let source = chain.source
        let profile = source.profile
        // What the profile itself answers with is the same one, if it answers with a session of its own, by the same
        // device.
        let answersItself = try world.chain(of: profile).isUsers && isSessionsOnly
        let isOwn =
            answersItself && world.device(of: profile)?.serialNumber == device.serialNumber && profile != role.name
        let name = isOwn ? profile : "\(profile) \(device.serialNumber)"
        return try session(.user(source, with: device, name: name))
    }

    private func webIdentity(
        _ chain: RoleChain, _ wanted: Wanted, _ duration: Int?
    ) throws(SessionError) -> Session {
        guard case .webIdentity(let identity) = chain.source else { throw .noCredentials(profile: wanted.name) }
        let token = try token(in: identity.tokenFile)
        let client = try world.client(for: asked)
        let request = RoleRequest(identity.role, duration: duration)
        let made = try calling(.assumeRoleWithWebIdentity, wanted, usesCode: false) { () throws(AWSError) in
            try client.assumeRole(request, webIdentityToken: token)
        }
        return session(wanted, made)
    }

    private func token(in path: String) throws(SessionError) -> SecretBytes {
        do throws(FileError) {
            return try readFile(at: path, atMost: Self.largestToken)
        } catch {
            throw .token(error)
        }
    }

    /// The largest file with a web identity's token, in bytes; STS takes 20,000.
    private static let largestToken = 64 << 10

    private func code(of device: MFADevice) throws(SessionError) -> MFACode {
        MFACode(serialNumber: device.serialNumber, code: try world.code(of: device, for: getting))
    }

    /// How long before its end a session is renewed, in seconds: programs that get one with less than 15 minutes left
    /// ask again on every use, and need some time to use it.
    private static let margin = 20 * 60

    private func session(_ wanted: Wanted, _ made: borrowing TemporaryCredentials) -> Session {
        let left = made.expiration - world.now
        return Session(
            name: wanted.name, accessKeyID: made.credentials.accessKeyID,
            secretAccessKey: made.credentials.secretAccessKey.copy(),
            sessionToken: made.credentials.sessionToken.copy(), expiration: made.expiration,
            // Of a short one, a third.
            renewal: made.expiration - min(Self.margin, left / 3),
            bond: .never)
    }

    private func calling(
        _ call: SessionError.Call, _ wanted: Wanted, usesCode: Bool,
        _ body: () throws(AWSError) -> TemporaryCredentials
    ) throws(SessionError) -> TemporaryCredentials {
        world.report(.asking(session: wanted.name))
        defer { world.report(.answered) }
        do throws(AWSError) {
            return try body()
        } catch {
            throw .aws(error, call: call, session: wanted.name, usedCode: usesCode)
        }
    }
}

/// How long STS is to let a user's session live, in seconds, where nobody said otherwise: its own default.
private let userDuration = 43_200
/// How long a role's session lives at most that was got with another one's, in seconds.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
private let chainedDuration = 3600

extension Role {
    fileprivate var device: MFADevice? { mfaSerial.map { MFADevice(serialNumber: $0, process: mfaProcess) } }
}

extension RoleRequest {
    /// What a profile's settings ask for.
    fileprivate init(_ role: Role, duration: Int?) {
        self.init(
            arn: role.arn, sessionName: role.sessionName ?? Self.sessionName(for: role.profile),
            externalID: role.externalID, duration: duration ?? role.duration, policy: role.policy,
            policyARNs: role.policyARNs, tags: role.tags.map { SessionTag(key: $0.key, value: $0.value) },
            transitiveTagKeys: role.transitiveTagKeys, sourceIdentity: role.sourceIdentity)
    }

    /// What CloudTrail shows: `awskeys-` and the profile, in the characters and the size that STS takes.
    /// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    static func sessionName(for profile: String) -> String {
        let allowed = profile.unicodeScalars.map { scalar -> Character in
            let isAllowed = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isAllowed || "_+=,.@-".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
        }
        return String(("awskeys-" + String(allowed)).prefix(64))
    }
}
