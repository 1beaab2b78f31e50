// The whole command line; what SDKs call is `awskeys-credential-process`.

import AWSKeysCLI

AWSKeys.start()
