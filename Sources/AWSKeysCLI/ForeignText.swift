import CredentialProcess
import Importing

// What others have written, where it becomes part of what awskeys says.

/// The name of a setting, in quotation marks; what isn't written as settings are may be a secret in the wrong place.
func shown(_ setting: String) -> String {
    let isName = setting.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
    let isOneCase = setting.dropFirst() == setting.dropFirst().lowercased() || setting == setting.uppercased()
    return isName && isOneCase ? "\"\(setting)\"" : "a setting"
}

/// The header of a section; what looks like a key may be a secret in the wrong place.
func shown(section header: String) -> String { holdsKey(header.utf8.span) ? "a section" : "section [\(header)]" }

/// What awskeys says, with nothing in it that a terminal would act on.
func printable(_ text: String) -> String { harmless(text, keeping: "\"\n") }

/// A name from the files, masked where it may be a secret in the wrong place.
func shownName(_ name: String) -> String { holdsKey(name.utf8.span) ? String(repeating: "*", count: 16) : name }

/// What looks like an access key's id, shortened: who mixed up the lines has a secret there.
func shortID(_ text: String) -> String {
    let isID = (16...128).contains(text.count) && text.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
    return isID ? short(text) : "an id"
}
