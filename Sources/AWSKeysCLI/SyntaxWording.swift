import AWSConfig

extension Failure {
    init(
        _ error: ConfigSyntaxError, path: String, consequence: String = "boto3 and the AWS CLI cannot read the file"
    ) {
        self.init(
            .config, "\"\(path)\", line \(error.line): \(error.problem.message); \(consequence)",
            hint: error.problem.step)
    }
}

extension ConfigSyntaxError.Problem {
    /// What is wrong, for people: lower case, no full stop.
    var message: String {
        switch self {
        case .byteOrderMark: "the file begins with a byte order mark"
        case .notText: "this is not UTF-8 text"
        case .loneCarriageReturn: "a carriage return stands within the line"
        case .duplicateSection(let name, let first): "\(shown(section: name)) stands twice (first on line \(first))"
        case .duplicateProperty(let name, let first):
            "\(shown(name)) stands twice in the section (first on line \(first))"
        case .propertyBeforeSection: "a setting stands before the first section"
        case .notAProperty: "the line is neither a section nor a setting"
        case .valueBelow(let name): "the value of \(shown(name)) stands below its name"
        }
    }

    /// What to do about it.
    var step: String {
        switch self {
        case .byteOrderMark: "save it as UTF-8 without BOM"
        case .notText: "save it as UTF-8"
        case .loneCarriageReturn: "end lines with LF or CR LF"
        case .duplicateSection: "make one section of the two, with the values that should count"
        case .duplicateProperty: "delete the line whose value should not count"
        case .propertyBeforeSection: "put it into a section"
        case .notAProperty: "delete the line, or put `#` before it"
        case .valueBelow: "write it behind the `=`, on one line"
        }
    }
}
