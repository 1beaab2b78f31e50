/// Why import leaves a profile as it is. The raw values are part of the `--json` output.
public enum LeaveReason: String, Sendable, CaseIterable {
    /// Its keys are temporary: they come with a session token and end by themselves.
    case temporary
    /// It assumes a role as well; without its own keys, SDKs would disagree about it.
    case role
    /// It has another source of credentials as well: IAM Identity Center, a web identity, another program.
    case otherSource = "other-source"
    /// It has the id or the secret, not both, or an empty one.
    case incomplete
    /// One half is in one file, the other half in the other.
    case split
    /// The two files have different keys for it.
    case differentKeys = "different-keys"
    /// A comment follows a value on its line, which some SDKs take for part of the value.
    case inlineComment = "inline-comment"
    /// A value is in quotes, which some SDKs take off.
    case quoted
    /// A value has characters that no key has, so SDKs may read it differently.
    case oddValue = "odd-value"
    /// A name is not in lower case, which some SDKs don't know.
    case keyCase = "key-case"
    /// A colon stands in the place of an equals sign, which some SDKs don't accept.
    case colon
    /// A key line is indented, which makes it part of the line above for some SDKs.
    case indented
    /// Indented lines follow a key line, which would become part of another one.
    case continued
    /// Its section is written so that some SDKs find it and others don't.
    case oddSection = "odd-section"
    /// `[DEFAULT]` has credentials, which botocore and the AWS CLI add to every profile.
    case defaultSection = "default-section"
    /// The store has another key under this name.
    case inStore = "in-store"
    /// Its name has characters that some SDKs can't read.
    case oddName = "odd-name"
    /// Its key comes from elsewhere, and the files have keys for it in plain text.
    case inPlainText = "in-plain-text"
}
