private import Glibc

/// Whether GLib would find a session bus; asked before GLib is, because where it finds none it starts one
/// ("autolaunch"), which outlives us and which nobody else ever sees.
enum SessionBus {
    /// Whether this process's environment names a session bus.
    static var isNamed: Bool {
        isNamed(address: variable("DBUS_SESSION_BUS_ADDRESS"), runtimeDirectory: variable("XDG_RUNTIME_DIR"))
    }

    /// Follows GLib's own order: the address, if there is one, else the socket `bus` in the runtime directory.
    ///
    /// - Parameters:
    ///   - address: `DBUS_SESSION_BUS_ADDRESS`; entries parted by semicolons, as the D-Bus specification has it.
    ///   - runtimeDirectory: `XDG_RUNTIME_DIR`.
    static func isNamed(address: String?, runtimeDirectory: String?) -> Bool {
        if let address {
            // systemd and flatpak write `disabled:` for "there shall be none".
            return !address.isEmpty
                && address.split(separator: ";").allSatisfy {
                    !$0.hasPrefix("autolaunch:") && !$0.hasPrefix("disabled:")
                }
        }
        guard let runtimeDirectory, !runtimeDirectory.isEmpty else { return false }
        var status = stat()
        // Somebody else's socket is one that `sudo` left in our environment; GLib passes it over and autolaunches.
        return unsafe stat(runtimeDirectory + "/bus", &status) == 0
            && status.st_mode & S_IFMT == S_IFSOCK && status.st_uid == geteuid()
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
