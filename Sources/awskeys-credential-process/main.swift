// What SDKs call as `credential_process`, hundreds of times at once: `awskeys-credential-process PROFILE`.
//
// It answers from the sealed store with the data key that the kernel's keyring holds. Whatever can't be answered that
// way it leaves to `awskeys credential-process`, which takes its place in the same process.

import CredentialProcess
import Glibc

harden()
guard !isPrivileged else { fail(privilegeRefusal.message, hint: privilegeRefusal.hint, EX_NOPERM) }

let arguments = programArguments()

if arguments.count == 2, let profile = ProfileArgument.decode(String(decoding: arguments[1], as: UTF8.self)),
    let path = storePath(),
    let document = answerAtOnce(profile: profile, store: path, places: SessionPlaces(environmentVariable))
{
    exit(printDocument(document) ? 0 : EX_IOERR)
}

let program = (programFolder() ?? "/usr/bin") + "/awskeys"
let words = [Array("awskeys".utf8), Array("credential-process".utf8)] + arguments.dropFirst()
var slow = unsafe words.map { word in unsafe strdup((word + [0]).map { CChar(bitPattern: $0) }) } + [nil]
_ = unsafe execv(program, &slow)

fail(
    "cannot start \"\(program)\": \(unsafe String(cString: strerror(errno)))",
    hint: "install both programs into one folder", EX_UNAVAILABLE)

/// Ends the program with a message and the next step.
func fail(_ message: String, hint: String, _ code: Int32) -> Never {
    var text = "awskeys: \(message)\n  hint: \(hint)\n"
    _ = text.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(code)
}
