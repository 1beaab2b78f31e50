"""What the published stores are made of."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from store_format import JOURNAL, KEYRING
from write_store import Draft

SEED = "awskeys store vectors"
ID, SECRET = b"AKIAIOSFODNN7EXAMPLE", b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OTHER_ID, OTHER_SECRET = b"AKIAI44QH8DHBEXAMPLE", b"je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
COSTS = (2).to_bytes(4, "little") + (65_536).to_bytes(4, "little")
# What it is about, the bytes, and why it is refused; a data key for those that aren't read with the draft's.
Vector = tuple[str, bytes, str | None, bytes]


def draft(name: str, **how: Any) -> Draft:
    """A draft whose randomness depends on its name."""
    return Draft(random.Random(f"{SEED}/{name}"), **how)


def sample(name: str, **how: Any) -> Draft:
    """Two keys of three profiles, a way in and a journal."""
    made = draft(name, **how)
    made.add_key("dev", "test", id=ID, secret=SECRET)
    made.add_key("prod", id=OTHER_ID, secret=OTHER_SECRET, exposed=True)
    made.add(b"a journal, to whoever doesn't look inside", JOURNAL)
    made.add_slot(KEYRING, made.draw.randbytes(32))
    return made


def put(at: int, value: bytes) -> Callable[[bytearray], None]:
    """A change that puts bytes somewhere."""

    def change(target: bytearray) -> None:
        target[at : at + len(value)] = value

    return change
