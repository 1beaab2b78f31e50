public import AWSConfig
public import Glibc

/// What a rule looks for. The raw values are part of the `--json` output and of `--rule`.
public enum Rule: String, Sendable, CaseIterable {
    case byteOrderMark = "byte-order-mark"
    case notText = "not-text"
    case carriageReturn = "carriage-return"
    case duplicateSection = "duplicate-section"
    case duplicateSetting = "duplicate-setting"
    case settingBeforeSection = "setting-before-section"
    case notASetting = "not-a-setting"
    case valueBelow = "value-below"
    case unreadableFile = "unreadable-file"
    case missingFile = "missing-file"
    case oneFile = "one-file"
    case fileMode = "file-mode"
    case foreignFile = "foreign-file"
    case unprefixedSection = "unprefixed-section"
    case oddSection = "odd-section"
    case twoDefaults = "two-defaults"
    case defaultInheritance = "default-inheritance"
    case inlineComment = "inline-comment"
    case plainKeys = "plain-keys"
    case defaultKeys = "default-keys"
    case halfKey = "half-key"
    case expiredToken = "expired-token"
    case keyInComment = "key-in-comment"
    case otherCopy = "other-copy"
    case cliCache = "cli-cache"
    case keysInEnvironment = "keys-in-environment"
    case halfKeyInEnvironment = "half-key-in-environment"
    case twoProfileVariables = "two-profile-variables"
    case unknownProfile = "unknown-profile"
    case roleCycle = "role-cycle"
    case missingSource = "missing-source"
    case roleSettings = "role-settings"
    case sourceWithoutCredentials = "source-without-credentials"
    case roleAndProcess = "role-and-process"
    case relativeProgram = "relative-program"
    case missingProgram = "missing-program"
    case notExecutable = "not-executable"
    case writableProgram = "writable-program"
    case selfRecursion = "self-recursion"
    case notInStore = "not-in-store"
}

/// What is wrong, with what the words for it need.
public enum Problem: Equatable, Sendable {
    /// What makes the whole file unreadable for botocore and the AWS CLI.
    case syntax(ConfigSyntaxError.Problem)
    /// A file that can't be read, by its error number.
    case unreadableFile(Int32)
    /// A file that a variable names and that isn't there.
    case missingFile(variable: String)
    /// Both names lead to one file.
    case oneFile
    /// A file, or a folder, that others may read or write.
    case openMode(path: String, mode: mode_t, isFolder: Bool, isWritable: Bool)
    /// A file or a folder that belongs to another user.
    case foreignOwner(path: String)
    /// `[x]` in config, without `profile `.
    case unprefixedSection
    /// A section that some SDKs find and others don't.
    case oddSection(String)
    /// `[default]`, on the line given, and `[profile default]`.
    case twoDefaults(line: Int)
    /// `[DEFAULT]`, whose settings botocore gives to every profile; the names of those that are credentials.
    case inheritance(credentials: [String])
    /// A comment behind a setting's value.
    case inlineComment(setting: String)
    /// A long-term key in plain text, by its id.
    case plainKey(id: String)
    /// A key in `[default]`, which every program takes that isn't told otherwise.
    case defaultKey
    /// One half of a key, by the name of the other, which is missing, empty, or in another file.
    case halfKey(missing: String, isEmpty: Bool, isElsewhere: Bool)
    /// Temporary keys that have ended, by what says so.
    case expiredToken(setting: String, ended: String)
    /// A comment that looks like a line with a key.
    case keyInComment
    /// A place that has something too.
    case otherCopy(path: String, what: String)
    /// The AWS CLI's cache of roles' credentials.
    case cliCache(path: String)
    /// Keys in the environment, which most SDKs take before the profile that a variable names.
    case keysInEnvironment(variable: String, profile: String)
    /// One half of a key in the environment; the variable that is missing.
    case halfKeyInEnvironment(missing: String)
    /// Two variables that name two profiles.
    case twoProfileVariables(profile: String, defaultProfile: String)
    /// A variable that names a profile that isn't there.
    case unknownProfile(variable: String)
    /// Settings that describe no chain of roles.
    case role(RoleChainError)
    /// A role whose source is a profile without credentials; whether aws-vault may have some for that.
    case sourceWithoutCredentials(String, hasVault: Bool)
    /// A profile with a role and a program.
    case roleAndProcess
    /// A program that is found or not by where somebody stands; where it is now, if that is known.
    case relativeProgram(String, found: String?)
    /// A program that isn't there.
    case missingProgram(String, moved: String?)
    /// A program that can't be started.
    case notExecutable(String)
    /// A program that others could exchange; the path of what they can write.
    case writableProgram(String, path: String)
    /// A program that asks for the profile that it is to give credentials for.
    case selfRecursion(String)
    /// A line that asks our store for a key that it hasn't.
    case notInStore(String)
}

extension Problem {
    /// The rule that found it.
    public var rule: Rule {
        switch self {
        case .syntax(.byteOrderMark): .byteOrderMark
        case .syntax(.notText): .notText
        case .syntax(.loneCarriageReturn): .carriageReturn
        case .syntax(.duplicateSection): .duplicateSection
        case .syntax(.duplicateProperty): .duplicateSetting
        case .syntax(.propertyBeforeSection): .settingBeforeSection
        case .syntax(.notAProperty): .notASetting
        case .syntax(.valueBelow): .valueBelow
        case .unreadableFile: .unreadableFile
        case .missingFile: .missingFile
        case .oneFile: .oneFile
        case .openMode: .fileMode
        case .foreignOwner: .foreignFile
        case .unprefixedSection: .unprefixedSection
        case .oddSection: .oddSection
        case .twoDefaults: .twoDefaults
        case .inheritance: .defaultInheritance
        case .inlineComment: .inlineComment
        case .plainKey: .plainKeys
        case .defaultKey: .defaultKeys
        case .halfKey: .halfKey
        case .expiredToken: .expiredToken
        case .keyInComment: .keyInComment
        case .otherCopy: .otherCopy
        case .cliCache: .cliCache
        case .keysInEnvironment: .keysInEnvironment
        case .halfKeyInEnvironment: .halfKeyInEnvironment
        case .twoProfileVariables: .twoProfileVariables
        case .unknownProfile: .unknownProfile
        case .role(.cycle), .role(.tooLong): .roleCycle
        case .role(.noProfile): .missingSource
        case .role: .roleSettings
        case .sourceWithoutCredentials: .sourceWithoutCredentials
        case .roleAndProcess: .roleAndProcess
        case .relativeProgram: .relativeProgram
        case .missingProgram: .missingProgram
        case .notExecutable: .notExecutable
        case .writableProgram: .writableProgram
        case .selfRecursion: .selfRecursion
        case .notInStore: .notInStore
        }
    }

    /// How bad it is.
    public var severity: Severity {
        switch self {
        case .syntax, .unreadableFile, .oneFile, .foreignOwner, .halfKey, .halfKeyInEnvironment, .unknownProfile, .role,
            .roleAndProcess, .missingProgram, .notExecutable, .writableProgram,
            .selfRecursion, .notInStore:
            .error
        case .sourceWithoutCredentials(_, let hasVault): hasVault ? .note : .error
        case .openMode(_, _, _, let isWritable): isWritable ? .error : .warning
        case .inheritance(let credentials): credentials.isEmpty ? .warning : .error
        case .missingFile, .unprefixedSection, .oddSection, .twoDefaults, .inlineComment, .plainKey, .expiredToken,
            .keyInComment, .otherCopy, .keysInEnvironment, .twoProfileVariables, .relativeProgram:
            .warning
        case .defaultKey, .cliCache: .note
        }
    }
}
