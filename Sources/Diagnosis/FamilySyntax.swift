import AWSConfig

/// How the SDKs of a family read the two files: the columns of the table in docs/sdks.md.
public struct FamilySyntax: Hashable, Sendable {
    /// What becomes of something that not every SDK knows.
    public enum Treatment: Hashable, Sendable {
        case read, passedOver, fatal
    }

    /// Which of `[default]` and `[profile default]` counts if config has both.
    public enum Default: Hashable, Sendable {
        case bothMerged, prefixed, bare
    }

    /// Whether it is Python's `configparser`, and botocore's names of profiles: `ConfigDocument` has their rules.
    var isPython = false
    /// What ends a value if white space stands before it.
    var comments = "#;"
    /// Whether names of settings may stand in any case.
    var foldsCase = false
    /// Whether a header may have white space within its brackets.
    var trimsHeaders = false
    /// Whether `[x]` in config is a profile.
    var takesUnprefixed = false
    /// Whether `[profile x]` in credentials is a profile.
    var takesPrefixed = false
    /// Whether a profile's name can have a space.
    var takesSpaces = true
    /// `name: value`.
    var colon = Treatment.passedOver
    /// A line before the first section.
    var beforeSections = Treatment.passedOver
    /// A UTF-8 byte order mark: passed over with the first line, or fatal.
    var byteOrderMark = Treatment.fatal
    /// Whether quotes around a value are taken off.
    var unquotes = false
    /// Whether a setting without a value isn't there, unless there is white space instead.
    var dropsEmpty = false
    /// Whether an indented setting is one if the setting above has a value; to others it belongs to that one.
    var readsIndented = false
    var defaults = Default.prefixed

    static let python = FamilySyntax(isPython: true, foldsCase: true)
    static let commonRuntime = FamilySyntax(
        trimsHeaders: true, takesSpaces: false, beforeSections: .fatal)
    static let ruby = FamilySyntax(
        comments: ";", takesUnprefixed: true, takesPrefixed: true, byteOrderMark: .passedOver, dropsEmpty: true,
        defaults: .bothMerged)
    static let go1 = FamilySyntax(
        trimsHeaders: true, takesUnprefixed: true, takesPrefixed: true, colon: .read, unquotes: true,
        readsIndented: true, defaults: .bare)
    static let go2 = FamilySyntax(
        foldsCase: true, trimsHeaders: true, colon: .read, byteOrderMark: .passedOver, unquotes: true,
        readsIndented: true)
    /// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
    static let reference = FamilySyntax(trimsHeaders: true)
}
