// What SDKs call as `credential_process`, hundreds of times at once: `awskeys-credential-process PROFILE`.
//
// It answers from the sealed store with the data key that the kernel's keyring holds. Whatever can't be answered that
// way it leaves to `awskeys credential-process`, which takes its place in the same process.

import CredentialProcess
import Glibc

harden()

if CommandLine.arguments.count == 2, let profile = ProfileArgument.decode(CommandLine.arguments[1]),
    let path = storePath(), let document = answerAtOnce(profile: profile, store: path)
{
    exit(printDocument(document) ? 0 : EX_IOERR)
}

let program = (programFolder() ?? "/usr/bin") + "/awskeys"
let arguments = ["awskeys", "credential-process"] + CommandLine.arguments.dropFirst()
var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
_ = unsafe execv(program, &pointers)
let reason = unsafe String(cString: strerror(errno))
var message = "awskeys: cannot start \"\(program)\": \(reason)\n  hint: install both programs into one folder\n"
_ = message.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
exit(EX_UNAVAILABLE)
