import CredentialProcess
import Sealing

@testable import AWSAPI
@testable import Sessions
@testable import Unlocking

/// Reads what people type or hand over in files: the first byte says what it is.
func tryTyped(_ bytes: borrowing Span<UInt8>) {
    guard bytes.count > 0 else { return }
    let typed = bytes.extracting(1...).secret
    let text = String(decoding: bytes.extracting(1...).array(), as: UTF8.self)
    switch bytes[0] % 5 {
    case 0: _ = Settings(reading: text)
    case 1:
        guard let seed = OneTimePassword.seed(in: typed) else { return }
        require(OneTimePassword.code(seed: seed, step: 1).utf8.count == 6, "a code has six digits")
    case 2:
        guard let code = RecoveryCode.read(typed) else { return }
        let shown = RecoveryCode.shown(code)
        guard let again = RecoveryCode.read(shown) else { fatalError("a code that is shown can't be read") }
        code.withBytes { require(again.equals($0), "another code") }
    case 3:
        guard let profile = ProfileArgument.decode(text) else { return }
        require(ProfileArgument.decode(ProfileArgument.encode(profile)) == profile, "another name")
    default: _ = seconds(ofTimestamp: text)
    }
}
