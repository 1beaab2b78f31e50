import AWSConfig
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

/// A profile by its name, which is masked where it may be a secret in the wrong place.
func shown(profile name: String) -> String { "profile \"\(shownName(name))\"" }

/// What awskeys says, with nothing in it that a terminal would act on.
func printable(_ text: String) -> String { harmless(text, keeping: "\"\n") }

/// A text on a line of its own or in a table, with nothing in it that a terminal would act on.
func oneLine(_ text: String) -> String { harmless(text, keeping: "\"") }

/// A word of a shell's command line that stands for a text; `nil` if a terminal wouldn't show the text as it is.
func shellWord(_ text: String) -> String? {
    guard oneLine(text) == text else { return nil }
    // What every SDK reads as one word, a shell does too.
    return SectionHeader.isPlain(text) ? text : quotedWord(text)
}

/// A text in quotation marks, as POSIX shells have it.
func quotedWord(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

/// A name from the files, masked where it may be a secret in the wrong place.
func shownName(_ name: String) -> String { holdsKey(name.utf8.span) ? String(repeating: "*", count: 16) : name }

/// What looks like an access key's id, shortened: who mixed up the lines has a secret there.
func shortID(_ text: String) -> String {
    let isID = (16...128).contains(text.count) && text.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
    return isID ? short(text) : "an id"
}
