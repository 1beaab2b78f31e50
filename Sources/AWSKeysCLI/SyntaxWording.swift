import AWSConfig

extension Failure {
    init(
        _ error: ConfigSyntaxError, path: String, consequence: String = "; boto3 and the AWS CLI cannot read the file"
    ) {
        let problem: String
        let step: String
        switch error.problem {
        case .byteOrderMark:
            (problem, step) = ("begins with a byte order mark, which no SDK reads", "save it as UTF-8 without BOM")
        case .notText: (problem, step) = ("is not UTF-8 text", "save it as UTF-8")
        case .loneCarriageReturn:
            (problem, step) = ("has a carriage return within a line", "end lines with LF or CR LF")
        case .duplicateSection(let name, let first):
            (problem, step) = (
                "has \(shown(section: name)) twice (first on line \(first))", "make one section of the two"
            )
        case .duplicateProperty(let name, let first):
            (problem, step) = (
                "has \(shown(name)) twice in a section (first on line \(first))", "delete one of the two lines"
            )
        case .propertyBeforeSection:
            (problem, step) = ("has a setting before the first section", "put it into a section")
        case .notAProperty:
            (problem, step) = ("is neither a section nor a setting", "delete the line, or put `#` before it")
        case .valueBelow(let name):
            (problem, step) = (
                "has the value of \(shown(name)) below its name", "write it behind the `=`, on one line"
            )
        }
        let subject =
            problem.hasPrefix("is neither") ? "line \(error.line) of \"\(path)\"" : "\"\(path)\", line \(error.line),"
        self.init(
            .config, "\(subject) \(problem)\(consequence)", hint: step)
    }
}
