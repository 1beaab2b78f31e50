import AWSConfig
import Importing

extension Failure {
    init(_ error: TemplateError, _ file: String) {
        let place = "\"\(file)\", line \(error.line),"
        switch error.problem {
        case .syntax(let problem):
            self.init(
                ConfigSyntaxError(problem: problem, file: .config, line: error.line), path: file,
                consequence: "so it is no template")
        case .key:
            self.init(
                .config, "\(place) has what looks like a key, and a template holds no secrets",
                hint: "put the key into the store (`awskeys add`), and name its profile as `source_profile`")
        case .unknownSection(let name):
            self.init(
                .config, "\(place) has a section [\(name)] that a template doesn't have, or has once",
                hint: "a template has [template NAME], [accounts] and [roles], each once")
        case .unknownSetting(let name):
            self.init(
                .config, "\(place) has \(shown(name)), which no template has",
                hint: "docs/commands.md lists the settings; others belong into profiles of your own")
        case .missing(let what):
            self.init(.config, "\"\(file)\" has no \(what)", hint: "`awskeys help profiles apply` shows a template")
        case .oddLine(let name):
            self.init(
                .config, "\(place) has \(shown(name)) indented, continued, or with a colon",
                hint: "write it as one line, `name = value`")
        case .badValue(let name):
            self.init(
                .config, "\(place) has a value for \"\(name)\" that it can't have",
                hint: "docs/commands.md says what it may be; there are no quotes, and comments have lines of their own")
        case .unknownPlaceholder(let name):
            self.init(
                .config, "\(place) has braces in \"\(name)\" with something unknown in them",
                hint: "there are {account}, {account_id}, {role} and {region}")
        case .badName(let name):
            self.init(
                .config, "\(place) makes a profile \"\(name)\", which not every SDK finds",
                hint: "names have letters, digits and `_.+@%/:-`")
        case .twice(let name):
            self.init(
                .config, "\(place) makes two profiles \"\(name)\"",
                hint: "let `profile` have {account}, {role}, and with several regions {region} in it")
        }
    }

    init(_ error: ProfilesError, _ template: String, config: String) {
        switch error {
        case .brokenMark(let line):
            self.init(
                .config, "\"\(config)\", line \(line), is a mark of `awskeys profiles` that has lost its other half",
                hint: "delete the line and the profiles that it belongs to, then apply the template again")
        case .edited(let lines):
            self.init(
                .config,
                "\"\(config)\", lines \(lines.lowerBound) to \(lines.upperBound), the profiles of \(template), "
                    + "were changed by hand",
                hint: "put your changes into the template or below these lines, delete the lines, and apply it again")
        case .adopted(let profile, let line):
            self.init(
                .config, "\"\(config)\", line \(line): profile \"\(profile)\" is adopted",
                hint: "`awskeys adopt --undo \(profile)` first")
        case .strayLine(let line):
            self.init(
                .config,
                "\"\(config)\", line \(line), stands behind the profiles of \(template), and belongs to the last of "
                    + "them",
                hint: "put it into the template, or into a section of its own")
        case .occupied(let profile, let path, let line):
            self.init(
                .config, "\"\(path)\", line \(line), has a profile \"\(profile)\" already",
                hint: "take it out, or let the template give other names (`profile`)")
        case .noBlock(let name):
            self.init(
                .notFound, "\"\(config)\" has no profiles of a template \"\(name)\"",
                hint: "`# awskeys profiles: begin NAME` is before those that it has")
        }
    }
}

extension ProfileTemplate.Profile {
    /// The profile that its role is assumed with.
    var source: String? { settings.first { $0.name == "source_profile" }?.value }
}
