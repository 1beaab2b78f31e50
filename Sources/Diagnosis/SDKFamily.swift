import AWSConfig

/// SDKs that look for credentials in the same way, as data: what each of them does is in `all`.
public struct SDKFamily: Sendable, Identifiable {
    /// Its name in documents; stable.
    public let id: String
    /// Whether what is said of it was observed by running it; else it was read in its documentation or source.
    public let isMeasured: Bool
    /// The variables that name a profile, the first that is set counts.
    let variables: [String]
    /// How it reads the files.
    let syntax: FamilySyntax
    /// Where it looks one after the other, for a profile that the program names.
    let named: [Provider]
    /// The same, for one that a variable names.
    let byVariable: [Provider]
    /// The same, where nothing names one.
    let unnamed: [Provider]
    /// The same, for a profile that a role is assumed with; roles come apart from it.
    let source: [Provider]
    /// What else is particular to it.
    let ways: Ways

    /// A place to look for credentials.
    enum Provider: Hashable, Sendable {
        /// `AWS_ACCESS_KEY_ID` and its secret.
        case environmentKeys
        /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`.
        case environmentRole
        /// `role_arn`, with `source_profile` or `credential_source`.
        case role
        /// `role_arn`, with `web_identity_token_file`.
        case webIdentity
        case singleSignOn
        /// Both halves of a key, from one file.
        case keys(ConfigDocument.File)
        /// Both halves of a key, wherever each stands; credentials before config.
        case mergedKeys
        /// `login_session`.
        case login
        /// `credential_process`, from one file or either.
        case process(ConfigDocument.File?)
    }

    struct Ways: OptionSet, Sendable {
        let rawValue: Int
        /// It reads the files first, and stops at what it can't read, whatever else there is.
        static let readsFilesFirst = Ways(rawValue: 1)
        /// It stops at an id without a secret.
        static let stopsWithoutSecret = Ways(rawValue: 1 << 1)
        /// It stops at a secret without an id, too.
        static let stopsWithoutID = Ways(rawValue: 1 << 2)
        /// It takes a key with an empty half, and its requests fail; others stop there, or pass over it.
        static let takesEmptyKey = Ways(rawValue: 1 << 19)
        /// It stops at a key with an empty half.
        static let stopsAtEmptyKey = Ways(rawValue: 1 << 3)
        /// It stops at a role without a source; others pass it over.
        static let roleNeedsSource = Ways(rawValue: 1 << 4)
        /// It assumes a role without a source with the profile's own credentials.
        static let roleTakesOwn = Ways(rawValue: 1 << 5)
        /// It stops at a source without a role.
        static let sourceNeedsRole = Ways(rawValue: 1 << 6)
        /// It takes a role's settings from one file, without the other's.
        static let rolesInOneFile = Ways(rawValue: 1 << 7)
        /// A profile that a role comes back to gives its key only if it is its own source.
        static let keyEndsOwnLoopOnly = Ways(rawValue: 1 << 8)
        /// It knows no `credential_source = Environment`.
        static let noEnvironmentSource = Ways(rawValue: 1 << 9)
        /// It has nobody to ask for a code of MFA, unless the program brings that along.
        static let cannotAsk = Ways(rawValue: 1 << 10)
        /// It stops where more than one of source, `credential_process` and token stand in a profile.
        static let oneSourceOnly = Ways(rawValue: 1 << 11)
        /// It finds no kind of credentials in a profile with keys and `credential_process`.
        static let noKeysBesideProcess = Ways(rawValue: 1 << 12)
        /// It stops at half a key in the environment.
        static let stopsAtHalfEnvironment = Ways(rawValue: 1 << 13)
        /// It has a web identity in config only.
        static let webIdentityInConfig = Ways(rawValue: 1 << 14)
        /// It stops at a profile that isn't there; others look on.
        static let profileMustExist = Ways(rawValue: 1 << 15)
        /// A web identity may be half the environment's and half the profile's.
        static let mixesWebIdentity = Ways(rawValue: 1 << 16)
        /// It stops at half a key in the last of a profile's sections, wherever it has credentials from.
        static let refusesHalves = Ways(rawValue: 1 << 17)
        /// It stops at a profile that isn't there unless `AWS_DEFAULT_PROFILE` names it.
        static let defaultVariableMayMiss = Ways(rawValue: 1 << 20)
        /// It knows `AWS_DEFAULT_PROFILE`, and not for a web identity.
        static let webIdentityNeedsVariable = Ways(rawValue: 1 << 21)
        /// It stops at a token without a role.
        static let tokenNeedsRole = Ways(rawValue: 1 << 18)
    }
}
