public import AWSAPI
public import AWSConfig
public import DurableFiles
public import SealedStore

/// Why a profile's credentials could not be had. It can be told to other processes that wait for them.
public enum SessionError: Error, Codable, Equatable, Sendable {
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
        /// The code of now was used already, and there's no time to wait for the next one.
        case used(seconds: Int)
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
}
