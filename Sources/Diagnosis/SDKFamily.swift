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
    let habits: Set<Habit>

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

    /// Something that not every family does.
    enum Habit: Hashable, Sendable {
        /// It reads the files first, and stops at what it can't read, whatever else there is.
        case readsFilesFirst
        /// It stops at an id without a secret.
        case stopsWithoutSecret
        /// It stops at a secret without an id, too.
        case stopsWithoutID
        /// It takes a key with an empty half, and its requests fail; others stop there, or pass over it.
        case takesEmptyKey
        /// It stops at a key with an empty half.
        case stopsAtEmptyKey
        /// It stops at a role without a source; others pass it over.
        case roleNeedsSource
        /// It assumes a role without a source with the profile's own credentials.
        case roleTakesOwn
        /// It stops at a source without a role.
        case sourceNeedsRole
        /// It takes a role's settings from one file, without the other's.
        case rolesInOneFile
        /// A profile that a role comes back to gives its key only if it is its own source.
        case keyEndsOwnLoopOnly
        /// It knows no `credential_source = Environment`.
        case noEnvironmentSource
        /// It has nobody to ask for a code of MFA, unless the program brings that along.
        case cannotAsk
        /// It stops where more than one of source, `credential_process` and token stand in a profile.
        case oneSourceOnly
        /// It finds no kind of credentials in a profile with keys and `credential_process`.
        case noKeysBesideProcess
        /// It stops at half a key in the environment.
        case stopsAtHalfEnvironment
        /// It has a web identity in config only.
        case webIdentityInConfig
        /// It stops at a profile that isn't there; others look on.
        case profileMustExist
        /// A web identity may be half the environment's and half the profile's.
        case mixesWebIdentity
        /// It stops at half a key in the last of a profile's sections, wherever it has credentials from.
        case refusesHalves
        /// It stops at a profile that isn't there unless `AWS_DEFAULT_PROFILE` names it.
        case defaultVariableMayMiss
        /// It knows `AWS_DEFAULT_PROFILE`, and not for a web identity.
        case webIdentityNeedsVariable
        /// It stops at a token without a role.
        case tokenNeedsRole
    }
}
