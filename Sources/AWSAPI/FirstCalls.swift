import Sealing

/// Reads a document of each kind, with nothing secret in it.
///
/// expat and Jansson don't have their own calls bound at the start, so the loader looks a function up when it is first
/// called, and puts the registers on the stack meanwhile. Later on, there would be pieces of secrets in them.
public func readOnceWithoutSecrets() {
    _ = try? XMLElement.parse(SecretBytes(copying: "<a b=\"c\">d</a>".utf8.span))
    _ = JSONObject(SecretBytes(copying: #"{"a":"b"}"#.utf8.span))?.text("a")
}
