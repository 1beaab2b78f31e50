// What SDKs call as `credential_process`, hundreds of times at once: `awskeys-credential-process PROFILE`.
//
// It answers from the sealed store with the data key that the kernel's keyring holds. Whatever can't be answered that
// way it leaves to `awskeys credential-process`, which takes its place in the same process.

import CredentialProcess
import Glibc

harden()

let count = Int(CommandLine.argc)
let arguments = unsafe CommandLine.unsafeArgv

if count == 2, let argument = unsafe arguments[1],
    let profile = unsafe ProfileArgument.decode(String(cString: argument)),
    let path = storePath(), let document = answerAtOnce(profile: profile, store: path)
{
    exit(printDocument(document) ? 0 : EX_IOERR)
}

let program = (programFolder() ?? "/usr/bin") + "/awskeys"
let slow = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count + 2)
unsafe slow[0] = strdup("awskeys")
unsafe slow[1] = strdup("credential-process")
// The list that the kernel gave ends with a null, which is copied along.
for index in 1...max(1, count) { unsafe slow[index + 1] = arguments[index] }
_ = unsafe execv(program, slow)

let reason = unsafe String(cString: strerror(errno))
var message = "awskeys: cannot start \"\(program)\": \(reason)\n  hint: install both programs into one folder\n"
_ = message.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
exit(EX_UNAVAILABLE)
