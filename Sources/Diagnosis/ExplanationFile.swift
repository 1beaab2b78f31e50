public import AWSConfig
public import Sealing

/// One of the two AWS files, as it lies there: whether it can be read is for each SDK to say.
public final class ExplanationFile: Sendable {
    /// Which of the two it is.
    public let file: ConfigDocument.File
    /// Whether there is such a file.
    public let exists: Bool
    private let bytes: SecretBytes

    /// A file with these bytes; none where it isn't there.
    public init(_ file: ConfigDocument.File, bytes: consuming SecretBytes?) {
        self.file = file
        exists = bytes != nil
        self.bytes = bytes.take() ?? SecretBytes(zeros: 0)
    }

    func withBytes<Result: ~Copyable, Problem: Error>(
        _ body: (borrowing Span<UInt8>) throws(Problem) -> Result
    ) throws(Problem) -> Result { try bytes.withBytes(body) }
}

/// Where something stands.
public enum Place: Hashable, Sendable {
    /// A line of a file, counted from 1.
    case line(ConfigDocument.File, Int)
    /// A variable of the environment.
    case variable(String)
}

/// A setting of a profile, as the SDKs of a family find it.
public struct FoundSetting: Sendable {
    /// Its name.
    public let name: String
    /// Where it stands.
    public let place: Place
    /// The bytes of its value, in its file; what an SDK takes for a comment is left out.
    let value: Range<Int>
    let file: ExplanationFile

    /// Whether it is there without a value.
    public var isEmpty: Bool { value.isEmpty }

    /// Its value, which must be no secret.
    public var text: String {
        file.withBytes { String(decoding: $0.extracting(value).array(), as: UTF8.self) }
    }

    /// Whether both have the same value, be it a secret.
    func isSame(as other: FoundSetting) -> Bool {
        file.withBytes { own in
            other.file.withBytes { others in
                value.count == other.value.count
                    && zip(value, other.value).allSatisfy { own[$0] == others[$1] }
            }
        }
    }
}
