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
# What it is about, the bytes, why it is refused, and the data key that it is read with.
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


def vector(what: str, made: Draft, error: str | None = None) -> Vector:
    """A vector of a draft; why it is refused, or nothing."""
    return what, made.encoded(), error, made.data_key


def put(at: int, value: bytes) -> Callable[[bytearray], None]:
    """A change that puts bytes somewhere."""

    def change(target: bytearray) -> None:
        target[at : at + len(value)] = value

    return change
