"""Access keys that open nothing, and look like it."""

from __future__ import annotations

import base64
import random
import string
from dataclasses import dataclass

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BASE64 = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True)
class Key:
    """An access key: its id and its secret."""

    id: str
    secret: str

    def lines(self) -> str:
        """The two lines that stand in an AWS file."""
        return f"aws_access_key_id = {self.id}\naws_secret_access_key = {self.secret}\n"


DOCUMENTED = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def fake_key(source: random.Random) -> Key:
    """Draws a key of the documented shape: 20 and 40 characters."""
    middle = "".join(source.choices(BASE32, k=9))
    return Key(f"AKIA{middle}EXAMPLE", "EXAMPLE" + "".join(source.choices(BASE64, k=33)))


_numbered = random.Random("the keys that tests write down")
DEV, PROD, THIRD, OTHER, VAULTED = (fake_key(_numbered) for _ in range(5))
# The seed of a device that shows codes, as its bytes and as people type it.
RAW_SEED = "EXAMPLEqWzRtPvBnMxKd"
SEED = base64.b32encode(RAW_SEED.encode()).decode()
