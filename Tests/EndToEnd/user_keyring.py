"""A key of the kernel's user keyring, which is put back to what it was."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass


def keyctl(*arguments: str, stdin: bytes = b"") -> bytes:
    """Runs keyctl, and gives what it printed."""
    return subprocess.run(["keyctl", *arguments], input=stdin, capture_output=True, check=True).stdout


@dataclass(frozen=True)
class UserKey:
    """A key's name and what it held."""

    name: str
    payload: bytes

    @classmethod
    def named(cls, name: str) -> UserKey:
        """Reads a key."""
        return cls(name, keyctl("pipe", cls.number(name)))

    @staticmethod
    def number(name: str) -> str:
        """The number of the key of a name."""
        return keyctl("search", "@u", "user", name).decode().strip()

    def restore(self) -> None:
        """Puts back what it held."""
        keyctl("pupdate", self.number(self.name), stdin=self.payload)
