private import Glibc

/// Does something that a person's Ctrl-C, a closing terminal or a service manager's stop mustn't cut off in the middle;
/// their signals come when it's done.
func withoutInterruption<Result: ~Copyable, Problem: Error>(
    _ body: () throws(Problem) -> Result
) throws(Problem) -> Result {
    var signals = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] { unsafe sigaddset(&signals, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
}
