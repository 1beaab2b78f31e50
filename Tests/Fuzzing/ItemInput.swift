import AWSAPI
import Sealing

@testable import OtherTools

/// Reads what other tools keep: the first byte says what it is. Nothing is opened, which takes its rounds.
func tryItem(_ bytes: borrowing Span<UInt8>) {
    guard bytes.count > 0 else { return }
    let content = bytes.extracting(1...).secret
    let text = String(decoding: bytes.extracting(1...).array(), as: UTF8.self)
    switch bytes[0] % 4 {
    case 0: _ = try? SealedItem(content)
    case 1:
        guard let key = try? OtherKey("dev", item: content) else { return }
        require(isAccessKeyID(key.accessKeyID) && key.secretAccessKey.count > 0, "no access key")
    case 2:
        guard let profile = OtherTool.awsVault(home: "/", { _ in nil }).profile(askedForBy: text) else { return }
        require(text.contains(profile), "a profile that isn't named")
    default: _ = OtherTool.granted(home: "/", config: text) { _ in nil }
    }
}
