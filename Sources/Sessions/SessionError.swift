public import AWSAPI
public import AWSConfig
public import DurableFiles
public import SealedStore

/// Why a profile's credentials could not be had.
public enum SessionError: Error, Equatable, Sendable {
    /// The profile's settings describe no chain that could be followed.
    case chain(RoleChainError)
    /// The store could not be read.
    case store(StoreError)
    /// A profile asks the store, which hasn't its key.
    case notInStore(profile: String)
    /// A profile has no credentials.
    case noCredentials(profile: String)
    /// A profile's credentials come from where only the AWS CLI can fetch them, which isn't installed.
    case needsCLI(profile: String)
    /// A profile names a `credential_source` that is none on this machine.
    case notOurs(profile: String, source: String)
    /// The environment has no keys, though a profile wants to build on them.
    case noVariables(profile: String)
    /// A program that gives a profile's credentials failed, or gave none.
    case program(profile: String, command: String)
    /// A program that gives a profile's credentials asks awskeys for the same profile.
    case circular(profile: String)
    /// A program that a session is got with asks awskeys for the same session.
    case circularSession(String)
    /// A program gave credentials that have ended.
    case ended(profile: String)
    /// How long a profile's credentials live can't be asked for: a key's, or another program's.
    case fixedDuration(profile: String)
    /// There is a code, and a profile that names no device.
    case noDevice(profile: String)
    /// The file with a web identity's token could not be read.
    case token(FileError)
    /// There is no code for multi-factor authentication.
    case code(serial: String, CodeProblem)
    /// The settings name no STS that could be asked.
    case endpoint(EndpointError)
    /// STS was asked in vain.
    case aws(AWSError, call: Call, session: String, usedCode: Bool)
    /// Another process was getting the session until there was no time left.
    case late(session: String)

    /// A call to STS.
    public enum Call: String, Codable, Sendable {
        case getSessionToken = "GetSessionToken"
        case assumeRole = "AssumeRole"
        case assumeRoleWithWebIdentity = "AssumeRoleWithWebIdentity"
    }

    /// Why there is no code.
    public enum CodeProblem: Codable, Equatable, Sendable {
        /// There's nobody to ask.
        case nobodyThere
        /// Somebody was asked, and gave none.
        case refused
        /// Somebody was asked, and gave none in time.
        case noAnswer
        /// One would be needed again and again, while nobody is there.
        case eachTime
        /// The code of now was used already, and there's no time to wait for the next one.
        case used(seconds: Int)
        /// The program that gives codes was started again by what it starts itself.
        case circular
        /// The program that gives codes failed.
        case program(String)
    }

    /// Whether a person was asked in vain, so that nobody should ask again at once.
    var isRefusal: Bool {
        switch self {
        case .code(_, let problem): problem == .refused || problem == .noAnswer
        case .aws(let error, _, _, let usedCode): usedCode && error.isAccessDenied
        default: false
        }
    }

    /// Whether STS doesn't take what signed a request, so that a session which has been kept is of no use any more.
    var isOfDeadSession: Bool {
        if case .aws(let error, _, _, _) = self { error.isExpiredToken || error.isUnknownKey } else { false }
    }
}

/// What is told to other processes that wait for the same session: what came of asking somebody. The rest each of them
/// sees for itself.
enum SharedSessionError: Codable {
    case program(profile: String, command: String)
    case needsCLI(profile: String)
    case code(serial: String, SessionError.CodeProblem)
    case aws(AWSError, call: SessionError.Call, session: String, usedCode: Bool)

    init?(_ error: SessionError) {
        switch error {
        case .program(let profile, let command): self = .program(profile: profile, command: command)
        case .needsCLI(let profile): self = .needsCLI(profile: profile)
        case .code(let serial, let problem): self = .code(serial: serial, problem)
        case .aws(let error, let call, let session, let usedCode):
            self = .aws(error, call: call, session: session, usedCode: usedCode)
        default: return nil
        }
    }

    /// The error that was told.
    var error: SessionError {
        switch self {
        case .program(let profile, let command): .program(profile: profile, command: command)
        case .needsCLI(let profile): .needsCLI(profile: profile)
        case .code(let serial, let problem): .code(serial: serial, problem)
        case .aws(let error, let call, let session, let usedCode):
            .aws(error, call: call, session: session, usedCode: usedCode)
        }
    }
}
