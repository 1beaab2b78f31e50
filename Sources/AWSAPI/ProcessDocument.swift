public import Sealing

/// What a program named by `credential_process` answers with.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
public struct ProcessCredentials: ~Copyable, Sendable {
    /// What requests are signed with; a long-term key has no session token.
    public let credentials: AWSCredentials
    /// When they end, in seconds since 1970; `nil` if they don't.
    public let expiration: Int?
}

/// Why a document holds no credentials.
public enum ProcessDocumentError: Error, Equatable, Codable, Sendable {
    /// It isn't one object in JSON, or a name stands twice in it, or it's larger than 256 KiB.
    case notAnObject
    /// Its `Version` isn't 1.
    case wrongVersion
    /// A member that must be there isn't.
    case missing(String)
    /// A member isn't of its kind: no text, or no time.
    case malformed(String)
}

/// Reads what a program named by `credential_process` printed.
public func processCredentials(
    fromDocument document: borrowing SecretBytes
) throws(ProcessDocumentError) -> ProcessCredentials {
    guard let object = JSONObject(document) else { throw .notAnObject }
    guard object.integer("Version") == 1 else { throw .wrongVersion }
    let id = try object.required("AccessKeyId")
    let secret = try object.required("SecretAccessKey")
    let token =
        try object.has("SessionToken") ? object.required("SessionToken", mayBeEmpty: true) : SecretBytes(zeros: 0)
    var expiration: Int?
    if object.has("Expiration") {
        let text = try object.required("Expiration").string
        guard let time = seconds(ofTimestamp: text) else { throw .malformed("Expiration") }
        expiration = time
    }
    return ProcessCredentials(
        credentials: AWSCredentials(accessKeyID: id.string, secretAccessKey: secret, sessionToken: token),
        expiration: expiration)
}

extension JSONObject {
    fileprivate func required(_ name: String, mayBeEmpty: Bool = false) throws(ProcessDocumentError) -> SecretBytes {
        guard has(name) else { throw .missing(name) }
        guard let text = text(name) else { throw .malformed(name) }
        guard mayBeEmpty || text.count > 0 else { throw .missing(name) }
        return text
    }
}

extension SecretBytes {
    /// The text as such, where it is no secret.
    var string: String { withBytes { String(decoding: $0.array(), as: UTF8.self) } }
}
