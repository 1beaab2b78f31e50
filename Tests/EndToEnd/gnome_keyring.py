"""A real gnome-keyring on a session bus of its own, for a HOME of its own."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import Properties

PASSWORD = "a login EXAMPLE password"
NAME = "org.freedesktop.secrets"
SERVICE = DBusAddress("/org/freedesktop/secrets", NAME, "org.freedesktop.Secret.Service")
COLLECTION = "/org/freedesktop/secrets/collection/login"


class Keyring:
    """The daemon, its bus, and what a desktop does with them."""

    def __init__(
        self, env: dict[str, str], bus: str, daemon: int, user: int | None, collection: str = COLLECTION
    ) -> None:
        self.env = env | {"DBUS_SESSION_BUS_ADDRESS": bus}
        self.bus = bus
        self.daemon = daemon
        self.user = user
        self.collection = collection

    def _connection(self) -> DBusConnection:
        # A session bus speaks to its own user only, not even to root.
        before = os.geteuid()
        os.seteuid(before if self.user is None else self.user)
        try:
            return open_dbus_connection(self.bus)
        finally:
            os.seteuid(before)

    def _call(self, address: DBusAddress, method: str, signature: str, *arguments: object) -> tuple:
        with self._connection() as connection:
            call = new_method_call(address, method, signature, arguments)
            reply = connection.send_and_get_reply(call, timeout=10)
            assert reply.header.message_type.name == "method_return", reply.body
            return reply.body

    def _property(self, path: str, interface: str, name: str) -> Any:
        with self._connection() as connection:
            call = Properties(DBusAddress(path, NAME, interface)).get(name)
            return connection.send_and_get_reply(call, timeout=10).body[0][1]

    @property
    def locked(self) -> bool:
        """Whether the login collection is locked."""
        return bool(self._property(self.collection, "org.freedesktop.Secret.Collection", "Locked"))

    @property
    def collections(self) -> list[str]:
        """The collections, as D-Bus paths."""
        return list(self._property(SERVICE.object_path, "org.freedesktop.Secret.Service", "Collections"))

    @property
    def items(self) -> list[str]:
        """The items of the login collection, as D-Bus paths."""
        return list(self._property(self.collection, "org.freedesktop.Secret.Collection", "Items"))

    def labels_and_attributes(self) -> list[tuple[str, dict[str, str]]]:
        """What anybody on the bus may read about the items."""
        interface = "org.freedesktop.Secret.Item"
        return [
            (str(self._property(item, interface, "Label")), self._property(item, interface, "Attributes"))
            for item in self.items
        ]

    def lock(self) -> None:
        """Locks the collection, as a screen lock or the user does."""
        self._call(SERVICE, "Lock", "ao", [self.collection])
        assert self.locked

    def lock_collection(self, path: str) -> None:
        """Locks another collection."""
        self._call(SERVICE, "Lock", "ao", [path])
        assert self._property(path, "org.freedesktop.Secret.Collection", "Locked")

    def create_collection(self, name: str) -> str:
        """Makes a collection as another program does, without the prompt for its password, and gives its path."""
        interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
        label = {"org.freedesktop.Secret.Collection.Label": ("s", name)}
        with self._connection() as connection:
            secret = (self._session(connection), b"", PASSWORD.encode(), "text/plain")
            address = DBusAddress(SERVICE.object_path, NAME, interface)
            call = new_method_call(address, "CreateWithMasterPassword", "a{sv}(oayays)", (label, secret))
            reply = connection.send_and_get_reply(call, timeout=10)
            assert reply.header.message_type.name == "method_return", reply.body
            return str(reply.body[0])

    def put(self, collection: str, label: str, attributes: dict[str, str], secret: bytes, content_type: str) -> None:
        """Puts an item into a collection."""
        properties = {
            "org.freedesktop.Secret.Item.Label": ("s", label),
            "org.freedesktop.Secret.Item.Attributes": ("a{ss}", attributes),
        }
        address = DBusAddress(collection, NAME, "org.freedesktop.Secret.Collection")
        with self._connection() as connection:
            value = (self._session(connection), b"", secret, content_type)
            call = new_method_call(address, "CreateItem", "a{sv}(oayays)b", (properties, value, True))
            reply = connection.send_and_get_reply(call, timeout=10)
            assert reply.header.message_type.name == "method_return", reply.body

    def contents(self, collection: str) -> dict[str, bytes]:
        """The secrets in an unlocked collection, by their labels."""
        found = {}
        for path in self._property(collection, "org.freedesktop.Secret.Collection", "Items"):
            address = DBusAddress(path, NAME, "org.freedesktop.Secret.Item")
            with self._connection() as connection:
                call = new_method_call(address, "GetSecret", "o", (self._session(connection),))
                value = connection.send_and_get_reply(call, timeout=10).body[0][2]
            found[str(self._property(path, "org.freedesktop.Secret.Item", "Label"))] = bytes(value)
        return found

    @staticmethod
    def _session(connection: DBusConnection) -> str:
        """Agrees with the service on sending secrets as they are, which holds for the connection."""
        call = new_method_call(SERVICE, "OpenSession", "sv", ("plain", ("s", "")))
        return str(connection.send_and_get_reply(call, timeout=10).body[1])

    def unlock(self) -> None:
        """Unlocks the collection, as a login does: through the control socket that the PAM module speaks to."""
        password = PASSWORD.encode()
        # One byte that carries the sender's uid, then: the packet's length, the operation (1: unlock), the password.
        packet = struct.pack(">III", 12 + len(password), 1, len(password)) + password
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(self.env["XDG_RUNTIME_DIR"] + "/keyring/control")
            control.sendall(b"\0")
            control.sendall(packet)
            answer = control.recv(8)
        assert struct.unpack(">II", answer) == (8, 0), answer
        assert not self.locked

    def delete_items(self) -> None:
        """Deletes every item, as somebody who tidies up does."""
        for item in self.items:
            self._call(DBusAddress(item, NAME, "org.freedesktop.Secret.Item"), "Delete", "")
        assert not self.items

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Keeps the daemon from answering until the block ends."""
        os.kill(self.daemon, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.daemon, signal.SIGCONT)


@contextmanager
def session_bus(env: dict[str, str], user: int | None = None) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Runs a session bus until the block ends, and gives its address and its process."""
    argv = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"]
    bus = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, user=user)
    assert bus.stdout
    try:
        yield bus.stdout.readline().strip(), bus
    finally:
        bus.kill()
        bus.wait(timeout=10)
        bus.stdout.close()


def _started(env: dict[str, str], user: int | None, unlocked: bool) -> Iterator[Keyring]:
    argv = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *(["--unlock"] if unlocked else [])]
    with session_bus(env, user) as (address, _):
        daemon = subprocess.Popen(
            argv,
            env=env | {"DBUS_SESSION_BUS_ADDRESS": address},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            user=user,
        )
        try:
            assert daemon.stdin
            if unlocked:
                daemon.stdin.write(PASSWORD)
            daemon.stdin.close()
            keyring = Keyring(env, address, daemon.pid, user)
            wait_for_name(keyring)
            assert not unlocked or not keyring.locked
            yield keyring
        finally:
            daemon.kill()
            daemon.wait(timeout=10)


def wait_for_name(keyring: Keyring) -> None:
    """Waits until the service owns its name on the bus, which the bus tells as it happens."""
    rule = MatchRule(
        type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged", path=message_bus.object_path
    )
    with keyring._connection() as connection:
        with connection.filter(rule) as changes:
            connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=10)
            owned = connection.send_and_get_reply(message_bus.NameHasOwner(NAME), timeout=10).body[0]
            while not owned:
                name, _, owner = connection.recv_until_filtered(changes, timeout=20).body
                owned = name == NAME and owner != ""


@contextmanager
def gnome_keyring(env: dict[str, str], user: int | None = None, unlocked: bool = True) -> Iterator[Keyring]:
    """Runs a bus and a keyring, as another user if need be, until the block ends.

    It is unlocked, or else what it is before a first login: without any collection that keeps items.

    Both live below the environment's HOME.
    """
    Path(env["XDG_RUNTIME_DIR"]).mkdir(mode=0o700, exist_ok=True)
    yield from _started(env, user, unlocked)
