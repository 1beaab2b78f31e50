import ArgumentParser
import Sessions
import Unlocking

/// What commands take that give a person a profile's credentials.
struct SessionArguments: ParsableArguments {
    @Option(help: "How long the credentials are good: 15m to 12h. They are new ones then, and aren't kept.")
    var duration: String?

    @Flag(help: "A user's key itself where it is one, and no kept session.")
    var noSession = false

    @Option(help: "The code that the device for multi-factor authentication shows.")
    var mfaToken: String?

    func validate() throws {
        if let duration, Self.seconds(duration) == nil {
            throw ValidationError("\"\(duration)\" is no time from 15m to 36h")
        }
        if let mfaToken, !isCode(mfaToken) { throw ValidationError("an MFA code has six digits") }
    }

    /// As the sessions' resolver takes them.
    var options: SessionOptions {
        var options = SessionOptions()
        options.duration = duration.flatMap(Self.seconds)
        options.noSession = noSession
        options.mfaToken = mfaToken
        // A code is of use for a session only.
        options.wantsSession = mfaToken != nil
        return options
    }

    /// Whether nothing of it was said.
    var isEmpty: Bool { duration == nil && !noSession && mfaToken == nil }

    /// STS takes 15 minutes to 36 hours; roles have limits of their own.
    private static func seconds(_ text: String) -> Int? {
        Unlocking.seconds(in: text).map(Int.init).flatMap { (900...129_600).contains($0) ? $0 : nil }
    }
}
