"""A real KeePassXC as Secret Service, on a bus and a screen of its own, with a new database that programs may see."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jeepney import DBusAddress, new_method_call

import xvfb
from gnome_keyring import NAME, SERVICE, Keyring, session_bus, wait_for_name
from xvfb import Screen

PASSWORD = "a database EXAMPLE password"
DATABASE = "passwords.kdbx"
# The collection is named after the database's file.
COLLECTION = "/org/freedesktop/secrets/collection/passwords"

SETTINGS = """[General]
ConfigVersion=2
UpdateCheckMessageShown=true
SingleInstance=false
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem={confirms}
ConfirmDeleteItem=false
UnlockBeforeSearch={unlock_before_search}
[Security]
LockDatabaseIdle=false
LockDatabaseScreenLock=false
"""


class KeePassXC(Keyring):
    """The program, its bus and its screen."""

    def __init__(self, env: dict[str, str], bus: str, process: int, screen: Screen) -> None:
        super().__init__(env, bus, process, None, COLLECTION)
        self.screen = screen

    def lock(self) -> None:
        """Locks the database. Unlike gnome-keyring, it does so by a prompt, which shows nothing here."""
        with self._connection() as connection:
            call = new_method_call(SERVICE, "Lock", "ao", ([self.collection],))
            _, prompt = connection.send_and_get_reply(call, timeout=10).body
            asked = DBusAddress(prompt, NAME, "org.freedesktop.Secret.Prompt")
            connection.send_and_get_reply(new_method_call(asked, "Prompt", "s", ("",)), timeout=10)
            deadline = time.monotonic() + 30
            while not self.locked:
                assert time.monotonic() < deadline, "KeePassXC doesn't lock its database"
                time.sleep(0.05)

    def unlock(self) -> None:
        raise NotImplementedError("only a person can, in its dialog")


def can_be_had() -> bool:
    """Whether this machine has it, and a screen."""
    return xvfb.can_be_had() and all(shutil.which(name) for name in ("keepassxc", "keepassxc-cli"))


def _make_database(folder: Path, env: dict[str, str]) -> None:
    """Makes the database. Which group programs see stands in its custom data, which an import can set."""

    def cli(*arguments: str, typed: str) -> str:
        argv = ["keepassxc-cli", *arguments]
        done = subprocess.run(argv, input=typed, env=env, cwd=folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        return done.stdout

    cli("db-create", "-q", "-p", "-t", "100", "empty.kdbx", typed=f"{PASSWORD}\n{PASSWORD}\n")
    exported = cli("export", "-q", "-f", "xml", "empty.kdbx", typed=f"{PASSWORD}\n")
    root = re.search("<UUID>(.*?)</UUID>", exported)
    assert root
    group = "{%s}" % uuid.UUID(bytes=base64.b64decode(root[1]))
    exposed = f"<Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{group}</Value>"
    changed = exported.replace("</Meta>", f"<CustomData><Item>{exposed}</Item></CustomData></Meta>")
    (folder / "exposing.xml").write_text(changed)
    cli("import", "-q", "-p", "-t", "100", "exposing.xml", DATABASE, typed=f"{PASSWORD}\n{PASSWORD}\n")


@contextmanager
def keepassxc(
    env: dict[str, str], unlock_before_search: bool = True, confirms: bool = False
) -> Iterator[KeePassXC]:
    """Runs it with its database open, the one that it had before or else a new one, until the block ends.

    `unlock_before_search` is its own setting, on unless a person switches it off: a search unlocks first. So is
    `confirms`: a person is asked before a program gets a key.
    """
    home = Path(env["HOME"])
    settings = home / ".config/keepassxc/keepassxc.ini"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS.format(unlock_before_search=str(unlock_before_search).lower(), confirms=str(confirms).lower()))
    if not (home / DATABASE).exists():
        _make_database(home, env)
    with session_bus(env) as (address, _), xvfb.screen() as screen:
        there = env | {"DBUS_SESSION_BUS_ADDRESS": address, "DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb"}
        process = subprocess.Popen(
            ["keepassxc", "--pw-stdin", str(home / DATABASE)],
            env=there,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdin
            process.stdin.write(PASSWORD + "\n")
            process.stdin.close()
            keyring = KeePassXC(env, address, process.pid, screen)
            wait_for_name(keyring)
            deadline = time.monotonic() + 30
            while COLLECTION not in keyring.collections or keyring.locked:
                assert time.monotonic() < deadline, "KeePassXC doesn't open its database"
                time.sleep(0.05)
            yield keyring
        finally:
            process.kill()
            process.wait(timeout=10)
