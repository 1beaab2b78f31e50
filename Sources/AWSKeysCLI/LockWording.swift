import LoginWatch

/// How many stores were locked, for people.
func lockedWords(_ count: Int) -> String {
    count == 0 ? "nothing was unlocked" : count == 1 ? "locked 1 store" : "locked \(count) stores"
}

extension LoginEvent {
    /// What happened, for people.
    var words: String {
        switch self {
        case .suspend: "the machine is about to suspend"
        case .sessionLock: "the session is locked"
        case .undelayed(let reason):
            "the machine will not wait for the stores to be locked when it suspends next (\(reason))"
        }
    }
}

extension Failure {
    init(_ error: LoginWatchError) {
        let hint = "lock by hand with `awskeys lock --all`; `awskeys unlock --for` says how long a store stays unlocked"
        switch error {
        case .noBus(let reason):
            self.init(.unavailable, "there is no system bus to hear of suspends on (\(reason))", hint: hint)
        case .noLogind(let reason):
            self.init(.unavailable, "there is no logind to hear of suspends and session locks (\(reason))", hint: hint)
        case .lost:
            self.init(
                .unavailable, "the system bus or logind went away",
                hint: "start `awskeys lock --watch` again; `awskeys lock --watch --install` has systemd do it")
        }
    }
}
