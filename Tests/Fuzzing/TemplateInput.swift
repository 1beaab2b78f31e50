import Sealing

@testable import AWSConfig
@testable import Importing

/// Reads a template, which may be followed by a NUL and the config file that its profiles go to. They can be written,
/// stand there as they should, and taken out again leave every byte of it.
func tryTemplate(_ bytes: borrowing Span<UInt8>) {
    let middle = bytes.indices.first { bytes[$0] == 0 } ?? bytes.count
    guard let template = try? ProfileTemplate(reading: bytes.extracting(0..<middle)) else { return }
    let config = bytes.extracting(min(middle + 1, bytes.count)...).secret
    guard let files = Files(config, SecretBytes(zeros: 0)),
        let plan = try? ProfilesPlan(
            template, named: template.name, config: files.config, credentials: files.credentials)
    else { return }
    guard let after = try? files.config.changed(by: plan.edits) else { fatalError("config can't be read any more") }
    for profile in template.profiles {
        let section = after.document.section(of: profile.name)
        require(section?.properties.count == profile.settings.count, "a profile has other settings")
        for setting in profile.settings {
            let value = after.withBytes { after.document.setting(setting.name, of: profile.name, in: $0) }
            require(value == setting.value, "a setting has another value")
        }
    }
    guard
        let again = try? ProfilesPlan(
            template, named: template.name, config: after, credentials: files.credentials)
    else { fatalError("a template can't be applied again") }
    require(again.edits.isEmpty, "a template applied again changes something")
    // One that was there may have had other profiles, and it goes too.
    guard plan.steps.allSatisfy({ $0.action == .add }) else { return }
    guard
        let removal = try? ProfilesPlan(nil, named: template.name, config: after, credentials: files.credentials),
        let back = try? after.changed(by: removal.edits)
    else { fatalError("profiles can't be taken out") }
    require(back.isSame(as: files.config), "a byte is lost, or left behind")
}
