"""Stores with field 129 of keys: how often a person is asked."""

from __future__ import annotations

from collections.abc import Iterator

from vector_drafts import ID, SECRET, Vector, draft, vector
from write_store import key_fields, record_of

RECORD = "damaged record"


def confirmations() -> Iterator[Vector]:
    """Its two values, with and without the field before it, and what isn't one."""
    for what, more, error in (
        ("at each use", [(129, b"\1")], None),
        ("once, until the store is locked", [(129, b"\2")], None),
        ("at each use of a session", [(128, b""), (129, b"\1")], None),
        ("in a way of a later version", [(129, b"\3")], "newer"),
        ("in no way", [(129, b"\0")], "newer"),
        ("with two bytes", [(129, b"\1\0")], RECORD),
        ("before it is kept back", [(129, b"\1"), (128, b"")], RECORD),
    ):
        made = draft(f"asked {what}")
        made.profiles = [(b"dev", made.add(record_of([*key_fields(ID, SECRET), *more])))]
        yield vector(f"a key that a person is asked about {what}", made, error)
