import CredentialProcess
import Sharing

extension Failure {
    /// - Parameter file: the bundle's name, as it is shown.
    init(_ error: BundleError, bundle file: String) {
        let again = "ask its sender for another one; nothing was changed"
        switch error {
        case .notABundle:
            self.init(
                .damaged, "\"\(file)\" is no bundle of awskeys",
                hint: "`awskeys export --sealed` makes one; its first line is -----BEGIN AWSKEYS BUNDLE-----")
        case .newer(let major, let minor):
            self.init(
                .damaged, "\"\(file)\" was made by a later awskeys (bundle format \(major).\(minor))",
                hint: "install a newer awskeys")
        case .truncated:
            self.init(
                .damaged, "\"\(file)\" is cut off: its end is missing",
                hint: "take all of it, down to -----END AWSKEYS BUNDLE-----; nothing was changed")
        case .damaged(.signature):
            self.init(.damaged, "\"\(file)\" was changed after its sender signed it", hint: again)
        case .damaged(.text):
            self.init(
                .damaged, "\"\(file)\" is damaged in its text",
                hint: "save the lines from -----BEGIN to -----END as they were sent, and nothing else")
        case .damaged(let part):
            self.init(.damaged, "\"\(file)\" is damaged in its \(part.rawValue)", hint: again)
        case .expired(let end):
            self.init(.rolledBack, "\"\(file)\" expired at \(timestamp(Int(clamping: end)))", hint: again)
        case .notYetMade(let time):
            self.init(
                .rolledBack,
                "\"\(file)\" claims to be made at \(timestamp(Int(clamping: time))), which is still to come",
                hint: "set the clock of this machine or of the sender's right")
        case .notForThis(let recipients) where recipients.isEmpty:
            self.init(.locked, "\"\(file)\" is for nobody that this awskeys knows", hint: again)
        case .notForThis(let recipients):
            self.init(
                .locked, "\"\(file)\" is for \(recipients.map(\.fingerprint).joined(separator: ", ")), not for you",
                hint: "give the sender the line that `awskeys identity` prints")
        case .wrongPassphrase:
            self.init(.locked, "the passphrase of \"\(file)\" is wrong", hint: "ask its sender; nothing was changed")
        case .noMemory:
            self.init(
                .unavailable, "there is not enough memory for the passphrase function",
                hint: "free some, and try again")
        case .tooLarge:
            self.init(.cantCreate, "a bundle can't hold as much", hint: "make several, with some profiles each")
        case .weakRecipient(let recipient):
            self.init(
                .usage, "everybody could open what is sealed for \"\(recipient.text)\"",
                hint: "whoever sent it must send another one")
        }
    }
}
