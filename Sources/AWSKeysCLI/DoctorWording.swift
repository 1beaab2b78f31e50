import AWSConfig
import Diagnosis
import Glibc

// The words for what `awskeys doctor` finds in the AWS files and the environment.

extension Finding {
    /// What is wrong, for people: lower case, no full stop.
    var message: String {
        let name = shown(profile: profile ?? "")
        return switch problem {
        case .syntax(let problem): problem.message + ": boto3 and the AWS CLI cannot read the file"
        case .unreadableFile(let number): "it cannot be read: \(reason(number))"
        case .missingFile(let variable): "\(variable) names it, and it is not there"
        case .oneFile: "config and credentials are one file"
        case .openMode(let path, let mode, let isFolder, let isWritable):
            "others may \(isWritable ? "write" : "read") the \(isFolder ? "folder \"\(path)\"" : "file") "
                + "(mode \(octal(mode)))"
        case .foreignOwner(let path): "\"\(path)\" belongs to another user"
        case .unprefixedSection:
            "[\(shownName(profile ?? ""))] has no \"profile \" before its name, so only some SDKs find it"
        case .oddSection(let header): "[\(shownName(header))] is written so that only some SDKs find it"
        case .twoDefaults(let line):
            "[profile default] stands beside [default] (line \(line)), and SDKs differ in which one counts"
        case .inheritance(let credentials):
            "boto3 and the AWS CLI give every profile what stands in [DEFAULT]"
                + (credentials.isEmpty ? "" : ": \(credentials.joined(separator: ", "))")
        case .inlineComment(let setting): "boto3 takes the comment behind \(shown(setting)) for part of its value"
        case .plainKey(let id): "\(name) has a key in plain text (\(shortID(id)))"
        case .defaultKey: "[default] has a key, which every program uses that is not told a profile"
        case .halfKey(let missing, let isEmpty, let isElsewhere):
            "\(name) has one half of a key: \(missing) is "
                + (isElsewhere ? "in the other file" : isEmpty ? "empty" : "missing")
        case .expiredToken(let setting, let ended): "\(name) has temporary keys that ended (\(setting) = \(ended))"
        case .keyInComment: "a comment holds what looks like a key"
        case .otherCopy(let path, let what): "\"\(path)\" has \(what) in plain text"
        case .cliCache(let path): "the AWS CLI keeps temporary credentials in plain text in \"\(path)\""
        case .keysInEnvironment(let variable, let profile):
            "the environment has keys, which most SDKs use in place of profile \"\(profile)\" (\(variable))"
        case .halfKeyInEnvironment(let missing): "the environment has one half of a key: \(missing) is not set"
        case .twoProfileVariables(let profile, let other):
            "AWS_PROFILE is \"\(profile)\" and AWS_DEFAULT_PROFILE is \"\(other)\": boto3 takes the latter, others "
                + "the former"
        case .unknownProfile(let variable): "\(variable) names \(name), which is in neither file"
        case .role(let error): Failure(error).message
        case .sourceWithoutCredentials(let source, let hasVault):
            "\(name) builds on \(shown(profile: source)), which has no credentials"
                + (hasVault ? ", unless aws-vault has" : "")
        case .roleAndProcess:
            "\(name) has a role and a credential_process: some SDKs fail, others forget the role"
        case .relativeProgram(let program, _):
            "\(name) names no absolute path for its program" + Failure.program(of: program)
        case .missingProgram(let program, _): "the program of \(name) is not there" + Failure.program(of: program)
        case .notExecutable(let program): "the program of \(name) cannot be started" + Failure.program(of: program)
        case .writableProgram(_, let path):
            "others can exchange the program of \(name): they may write \"\(path)\""
        case .selfRecursion(let program): "the program of \(name) asks for \(name) again" + Failure.program(of: program)
        case .notInStore(let stored):
            "\(name) asks the store for the key of \(shownName(stored)), which it does not have"
        }
    }

    /// What to do about it.
    var hint: String? {
        if let fixWords { return "`awskeys doctor --fix` " + fixWords }
        let name = shownName(profile ?? "")
        return switch problem {
        case .syntax(let problem): problem.step
        case .unreadableFile(let number): Self.step(unreadable: number)
        case .missingFile(let variable): "make the file, or unset \(variable)"
        case .oneFile: "let AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name two files"
        case .openMode(let path, _, _, _): "`chmod go-w \"\(path)\"`"
        case .foreignOwner(let path): "`sudo chown \"$USER\" \"\(path)\"`, if it should be yours"
        case .unprefixedSection: "merge it into [profile \(name)]"
        case .oddSection:
            file == .config ? "write it as [profile NAME]" : "write it as [NAME], without quotes and spaces around it"
        case .twoDefaults: "keep one of the two, with the settings that should count"
        case .inheritance: "put the settings into the profiles that need them"
        case .inlineComment: "put the comment on a line of its own"
        case .plainKey, .defaultKey: "`awskeys import --profile \(name)` moves it into the store"
        case .halfKey: "`awskeys add` takes a whole key; then delete the line"
        case .expiredToken: "get new ones, or delete the lines"
        case .keyInComment: "delete the line, and `awskeys rotate` the key"
        case .otherCopy: "delete it there; `awskeys rotate` makes it useless"
        case .cliCache(let path): "`rm -r \"\(path)\"`; for profiles that `awskeys adopt` takes over, it stays empty"
        case .keysInEnvironment: "unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
        case .halfKeyInEnvironment: "unset the other one"
        case .twoProfileVariables: "unset AWS_DEFAULT_PROFILE"
        case .unknownProfile(let variable): "unset \(variable), or name another profile"
        case .role(let error): Failure(error).hint
        case .sourceWithoutCredentials(let source, let hasVault):
            hasVault
                ? "`awskeys import --from aws-vault` takes its keys over"
                : "`awskeys add \(shownName(source))` gives it a key"
        case .roleAndProcess: "give the program a profile of its own, and let source_profile name it"
        case .relativeProgram: "write the whole path"
        case .missingProgram: "install it, or name where it is"
        case .notExecutable: "`chmod +x` it, or name the right file"
        case .writableProgram(_, let path): "`chmod go-w \"\(path)\"`, if it is yours"
        case .selfRecursion: "let it ask for another profile"
        case .notInStore(let stored): "`awskeys add \(shownName(stored))` gives it one; else take the line out"
        }
    }

    /// What `awskeys doctor --fix` would do.
    var fixWords: String? {
        guard let fix else { return nil }
        return
            switch problem
        {
        case .syntax(.byteOrderMark): "takes it out"
        case .syntax(.duplicateSection): "makes one section of the two"
        case .syntax: "keeps one of the two, which say the same"
        case .unprefixedSection: "writes [profile \(shownName(profile ?? ""))]"
        case .twoDefaults: "takes [profile default] out, which says the same"
        case .inlineComment: "puts it on a line of its own, above"
        case .expiredToken: "takes their lines out"
        case .relativeProgram(_, let path), .missingProgram(_, let path): "writes \(path ?? "")"
        case .openMode(let path, _, _, _):
            if case .mode(_, let mode) = fix { "gives \"\(path)\" mode \(octal(mode))" } else { "" }
        default: "mends it"
        }
    }

    private static func step(unreadable number: Int32) -> String {
        switch number {
        case EISDIR: "move it away, since it is no file"
        case EFBIG: "no AWS file is that large: move it away, or name another one"
        case EACCES, EPERM: "look at who owns it with `ls -l`"
        default: "look at it with `ls -l`"
        }
    }

    private func octal(_ mode: some BinaryInteger) -> String { String(mode, radix: 8) }
}
