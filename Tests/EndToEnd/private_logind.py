"""A system bus of the tests' own, and a logind of the tests' own on it; org.freedesktop.login1(5)."""

from __future__ import annotations

import os
import select
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NAME = "org.freedesktop.login1"
MANAGER = DBusAddress("/org/freedesktop/login1", NAME, "org.freedesktop.login1.Manager")
# As long as a step may take on a very busy machine; nothing waits for it when all is well.
PATIENCE = 30
# Like Debian's, with every user on it; there is no other way in than the socket's own folder.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""


class Bus:
    """A dbus-daemon that is the system bus for those who are told its address."""

    def __init__(self, folder: Path) -> None:
        config = folder / "bus.conf"
        config.write_text(BUS.format(socket=folder / "bus"))
        self.address = f"unix:path={folder / 'bus'}"
        argv = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address=1"]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout and self.process.stdout.readline()

    def kill(self) -> None:
        """Ends it as a crash does."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)


class Inhibitor:
    """One that logind gave away: the end of a pipe, whose other end tells when it has been given back."""

    def __init__(self, arguments: tuple[str, ...], given: int, kept: int) -> None:
        self.arguments = arguments
        self._given = given
        self._kept = kept

    def hand_over(self) -> None:
        """Forgets the end that has been sent, so that only its receiver has it."""
        os.close(self._given)

    @property
    def is_held(self) -> bool:
        """Whether somebody has it now."""
        return not select.select([self._kept], [], [], 0)[0]

    def wait_until_given_back(self) -> None:
        """Waits until nobody has it any more."""
        assert select.select([self._kept], [], [], PATIENCE)[0], "the inhibitor was not given back"
        assert os.read(self._kept, 1) == b""

    def close(self) -> None:
        """Forgets the other end too."""
        os.close(self._kept)


class Logind:
    """Answers `Inhibit` and `ListSessions`, and says what the test wants said."""

    def __init__(self, bus: Bus) -> None:
        self.sessions: list[tuple[str, int, str, str, str]] = []
        # The name of the error that a method gets instead of its answer.
        self.refusals: dict[str, str] = {}
        self._inhibitors: Queue[Inhibitor] = Queue()
        self._given: list[Inhibitor] = []
        self._sending = threading.Lock()
        self._connection: DBusConnection = open_dbus_connection(bus.address, enable_fds=True)
        reply = self._connection.send_and_get_reply(message_bus.RequestName(NAME), timeout=PATIENCE)
        assert reply.body == (1,), reply.body
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def add_session(self, id: str, uid: int) -> str:
        """Adds a session of a user's, and gives its object's path."""
        path = f"/org/freedesktop/login1/session/_3{id}"
        self.sessions.append((id, uid, f"user{uid}", "seat0", path))
        return path

    def prepare_for_sleep(self, begins: bool) -> None:
        """Says that the machine is about to suspend, or has come back."""
        self._send(new_signal(MANAGER, "PrepareForSleep", "b", (begins,)))

    def lock(self, session: str, signal: str = "Lock") -> None:
        """Says that a session is to be locked, as after `loginctl lock-session`; or another signal of its."""
        self._send(new_signal(self._session(session), signal))

    def locked_hint(self, session: str, value: bool, interface: str = "org.freedesktop.login1.Session") -> None:
        """Says that a desktop has told logind that it has locked its session."""
        emitter = DBusAddress(session, NAME, "org.freedesktop.DBus.Properties")
        body = (interface, {"LockedHint": ("b", value)}, [])
        self._send(new_signal(emitter, "PropertiesChanged", "sa{sv}as", body))

    def leave(self) -> None:
        """Ends, as logind does when it is stopped."""
        if self._thread.is_alive():
            self._connection.sock.shutdown(2)
            self._thread.join(PATIENCE)
        self._connection.close()
        for inhibitor in self._given:
            inhibitor.close()
        self._given.clear()

    def next_inhibitor(self) -> Inhibitor:
        """Waits until somebody takes an inhibitor, and gives it."""
        try:
            return self._inhibitors.get(timeout=PATIENCE)
        except Empty:
            raise AssertionError("nobody took an inhibitor") from None

    def _session(self, path: str) -> DBusAddress:
        return DBusAddress(path, NAME, "org.freedesktop.login1.Session")

    def _serve(self) -> None:
        while True:
            try:
                message = self._connection.receive()
            except (ConnectionResetError, OSError):
                return
            if message.header.message_type == MessageType.method_call:
                self._answer(message)

    def _send(self, message: Message) -> None:
        with self._sending:
            self._connection.send(message)

    def _answer(self, call: Message) -> None:
        member = call.header.fields[HeaderFields.member]
        if member in self.refusals:
            self._send(new_error(call, self.refusals[member], "s", (f"no {member} for an EXAMPLE",)))
        elif member == "ListSessions":
            self._send(new_method_return(call, "a(susso)", (self.sessions,)))
        elif member == "Inhibit":
            kept, given = os.pipe()
            inhibitor = Inhibitor(call.body, given, kept)
            self._given.append(inhibitor)
            self._send(new_method_return(call, "h", (given,)))
            inhibitor.hand_over()
            self._inhibitors.put(inhibitor)
        else:
            self._send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "s", (str(member),)))


@contextmanager
def private_bus(folder: Path) -> Iterator[Bus]:
    """Runs a system bus until the block ends."""
    folder.mkdir()
    bus = Bus(folder)
    try:
        yield bus
    finally:
        bus.kill()


@contextmanager
def private_logind(bus: Bus) -> Iterator[Logind]:
    """Runs a logind on a bus until the block ends."""
    logind = Logind(bus)
    try:
        yield logind
    finally:
        logind.leave()
