/// A service of systemd's, in the user's own manager, that runs `awskeys lock --watch`.
enum LockService {
    private static let name = "awskeys-lock.service"

    /// Writes the unit file and starts the service.
    static func install(in context: Context) throws {
        let units = try UserUnits(in: context)
        try units.write(unit(try UserUnits.program(in: context)), as: name)
        // An earlier version that still runs gives way.
        let isStarted =
            UserUnits.tell("daemon-reload") && UserUnits.tell("enable", name) && UserUnits.tell("restart", name)
        Console.say(
            isStarted
                ? "all stores are locked whenever the machine suspends or the session is locked"
                : "start it where systemd runs for you: `systemctl --user enable --now \(name)`")
    }

    /// Stops the service and takes the unit file away.
    static func remove(in context: Context) throws {
        try UserUnits(in: context).remove([name])
        Console.say("suspends and session locks lock no stores any more")
    }

    /// `default.target` is reached with every kind of login; `graphical-session.target` under GNOME and Plasma only.
    ///
    /// The user's manager can make no namespaces but in a user namespace, and that has a kernel keyring of its own,
    /// with nothing of ours to lock. So no option here may make one, as `PrivateTmp=` and `ProtectSystem=` would.
    private static func unit(_ program: String) -> String {
        """
        [Unit]
        Description=Lock the stores of awskeys when the machine suspends or the session is locked

        [Service]
        Type=exec
        ExecStart=\(program) lock --watch
        Restart=on-failure
        RestartSec=10
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        NoNewPrivileges=yes
        RestrictAddressFamilies=AF_UNIX
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        SystemCallArchitectures=native
        SystemCallErrorNumber=EPERM
        SystemCallFilter=@system-service

        [Install]
        WantedBy=default.target

        """
    }
}
