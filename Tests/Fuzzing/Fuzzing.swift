import Glibc
import Sealing

private typealias Parser = @Sendable (borrowing Span<UInt8>) -> Void

/// The parsers that get the bytes, by the names of their folders in `corpus`.
private let parsers: [String: Parser] = [
    "store": tryStore, "notes": tryNotes, "config": tryConfig, "aws-answers": tryAWSAnswer,
    "process-documents": tryProcessDocument, "assuan": tryAssuan, "typed": tryTyped, "bundle": tryBundle,
    "text": tryText, "templates": tryTemplate, "items": tryItem,
]

private let parser: Parser = {
    let name = unsafe getenv("AWSKEYS_FUZZED").map { unsafe String(cString: $0) } ?? ""
    guard let parser = parsers[name] else { fatalError("AWSKEYS_FUZZED is none of \(parsers.keys.sorted())") }
    return parser
}()

/// What libFuzzer calls with the bytes that it has made up (https://llvm.org/docs/LibFuzzer.html).
@c(LLVMFuzzerTestOneInput)
public func tryOneInput(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let nothing: [UInt8] = []
    if let start = unsafe start {
        parser(unsafe Span(_unsafeStart: start, count: size))
    } else {
        parser(nothing.span)
    }
    return 0
}

extension Span<UInt8> {
    /// The bytes where a parser wants them to lie.
    var secret: SecretBytes { SecretBytes(copying: self) }
}

/// Ends the run where something doesn't hold; `precondition` says nothing in a release.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError(what()) }
}
