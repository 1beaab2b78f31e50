"""systemd-logind itself, on a bus of the tests' own, with a systemd of the tests' own that suspends nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, message_bus, new_error
from jeepney import new_method_call, new_method_return, new_signal
from jeepney.io.blocking import open_dbus_connection

from private_logind import MANAGER, NAME, PATIENCE, Bus

PROGRAM = "/lib/systemd/systemd-logind"
SYSTEMD = DBusAddress("/org/freedesktop/systemd1", "org.freedesktop.systemd1", "org.freedesktop.systemd1.Manager")
JOB = "/org/freedesktop/systemd1/job/1"
# Its state is a folder of its own, with two sessions in it that it takes for those of an earlier run.
SCRIPT = """
set -e
mount -t tmpfs none /run/systemd
mkdir /run/systemd/sessions /run/systemd/users /run/systemd/inhibit /run/systemd/seats
echo mem > state
mount --bind state /sys/power/state
session() {
    printf 'NAME=x\\nSTATE=active\\nREALTIME=1\\nMONOTONIC=1\\n' > /run/systemd/users/$2
    printf 'UID=%s\\nUSER=x\\nSTATE=online\\nTYPE=tty\\nCLASS=user\\nSCOPE=session-%s.scope\\nLEADER=1\\n' $2 $1 \
        > /run/systemd/sessions/$1
}
session 1 "$1"
session 2 65534
exec "$2"
"""


class SystemdLogind:
    """Runs until it is left."""

    def __init__(self, bus: Bus, folder: Path, suspending: Callable[[], None]) -> None:
        self.bus = bus
        self.suspending = suspending
        self._systemd = open_dbus_connection(bus.address)
        self._systemd.send_and_get_reply(message_bus.RequestName(SYSTEMD.bus_name), timeout=PATIENCE)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        argv = ["unshare", "--user", "--map-current-user", "--mount", "sh", "-c", SCRIPT, "sh"]
        argv += [str(os.getuid()), PROGRAM]
        env = {"PATH": os.environ["PATH"], "DBUS_SYSTEM_BUS_ADDRESS": bus.address}
        self.process = subprocess.Popen(argv, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def is_there(self) -> bool:
        """Waits until it has its name, or has ended without."""
        rule = MatchRule(type="signal", interface=message_bus.interface, member="NameOwnerChanged")
        with open_dbus_connection(self.bus.address) as connection, connection.filter(rule) as changes:
            connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=PATIENCE)
            while not connection.send_and_get_reply(message_bus.NameHasOwner(NAME), timeout=PATIENCE).body[0]:
                if self.process.poll() is not None:
                    return False
                try:
                    connection.recv_until_filtered(changes, timeout=0.1)
                except TimeoutError:
                    continue
        return True

    def wait_for_inhibitor(self, who: str) -> None:
        """Waits until somebody of that name holds up suspends."""
        while all(each[1] != who for each in self.call("ListInhibitors", "")[0]):
            pass

    def call(self, method: str, signature: str, *arguments: object) -> tuple:
        """Calls the manager, as `loginctl` and `systemctl suspend` do."""
        return self._call(MANAGER, method, signature, arguments)

    def call_session(self, id: str, method: str, signature: str, *arguments: object) -> None:
        """Calls a session, as a desktop does."""
        path = f"/org/freedesktop/login1/session/_3{id}"
        self._call(DBusAddress(path, NAME, "org.freedesktop.login1.Session"), method, signature, arguments)

    def leave(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)
        self._systemd.sock.shutdown(2)
        self._thread.join(PATIENCE)
        self._systemd.close()

    def _call(self, address: DBusAddress, method: str, signature: str, arguments: tuple[object, ...]) -> tuple:
        with open_dbus_connection(self.bus.address) as connection:
            call = new_method_call(address, method, signature, arguments)
            reply = connection.send_and_get_reply(call, timeout=PATIENCE)
            assert reply.header.message_type == MessageType.method_return, reply.body
            return reply.body

    def _serve(self) -> None:
        while True:
            try:
                message = self._systemd.receive()
            except (ConnectionResetError, OSError):
                return
            if message.header.message_type == MessageType.method_call:
                self._answer(message)

    def _answer(self, call: Message) -> None:
        member = call.header.fields[HeaderFields.member]
        if member == "Subscribe":
            self._systemd.send(new_method_return(call))
        elif member == "Get" and call.body[1] == "LoadState":
            self._systemd.send(new_method_return(call, "v", (("s", "loaded"),)))
        elif member == "StartUnit" and call.body[0] == "suspend.target":
            self.suspending()
            self._systemd.send(new_method_return(call, "o", (JOB,)))
            self._systemd.send(new_signal(SYSTEMD, "JobRemoved", "uoss", (1, JOB, "suspend.target", "done")))
        else:
            error = "org.freedesktop.DBus.Error.UnknownMethod"
            self._systemd.send(new_error(call, error, "s", (str(member),)))


@contextmanager
def systemd_logind(bus: Bus, folder: Path, suspending: Callable[[], None]) -> Iterator[SystemdLogind | None]:
    """Runs it until the block ends, with a session `1` of this user's and a session `2` of another's.

    Gives nothing where it can't be run: it has to be root, if only in a namespace, and may be missing. `suspending` is
    called when it has the machine suspend.
    """
    if os.getuid() != 0 or shutil.which(PROGRAM) is None:
        yield None
        return
    logind = SystemdLogind(bus, folder, suspending)
    try:
        yield logind if logind.is_there() else None
    finally:
        logind.leave()
