"""A user namespace: it has a kernel keyring of its own, so that locking everything in it locks nobody else's stores."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import programs
from home import Home


class UserNamespace:
    """A namespace with the same users, and what is in its user keyring."""

    def __init__(self, process: int) -> None:
        # What stands before a command that runs there.
        self.enter = ["nsenter", "--user", "--preserve-credentials", f"--target={process}"]

    def adopt(self, home: Home) -> None:
        """Has the programs of a home run here, by scripts that become them."""
        folder = home.path.with_name(home.path.name + ".programs")
        folder.mkdir()
        for name in (programs.AWSKEYS, programs.HELPER):
            script = folder / name
            script.write_text(f'#!/bin/sh\nexec {" ".join(self.enter)} {home.folder / name} "$@"\n')
            script.chmod(0o755)
        home.folder = folder

    def keys(self) -> list[str]:
        """Gives the names of the keys."""
        shown = self._keyctl("show", "@u").splitlines()
        return sorted(line.partition(" user: ")[2] for line in shown if " user: " in line)

    def stores(self) -> list[str]:
        """Gives those of them that are stores' keys."""
        return [name for name in self.keys() if re.fullmatch("awskeys:[0-9a-f]{32}", name)]

    def add_key(self, name: str) -> None:
        """Puts a key there, with the rights that a new one has."""
        self._keyctl("add", "user", name, "EXAMPLE", "@u")

    def _keyctl(self, *arguments: str) -> str:
        return subprocess.run([*self.enter, "keyctl", *arguments], capture_output=True, text=True, check=True).stdout


@contextmanager
def user_namespace() -> Iterator[UserNamespace | None]:
    """Keeps a namespace until the block ends; gives nothing where the system lets this user have none."""
    argv = ["unshare", "--user", "--map-current-user", "sh", "-c", "echo ready; exec cat"]
    holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert holder.stdout
    try:
        yield UserNamespace(holder.pid) if holder.stdout.readline() == "ready\n" else None
    finally:
        holder.communicate(timeout=10)
