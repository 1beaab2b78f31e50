"""Published stores of which every piece is authentic, and one rule is broken."""

from __future__ import annotations

from collections.abc import Iterator

from store_format import ENTRY, PASSPHRASE, RECOVERY
from vector_drafts import ID, SECRET, Vector, draft, put, sample, vector
from write_store import key_fields, record_of, stretching

# What is to blame.
IN_HEADER, SLOTS, INDEX, RECORD = (f"damaged {part}" for part in ("header", "slots", "index", "record"))


def broken_rules() -> Iterator[Vector]:
    """What only somebody with the key could write: every piece is authentic, and one rule is broken."""

    for what, at, value, error in (
        ("a header that isn't zero at offset 84", 84, b"\1\0\0\0", IN_HEADER),
        ("a header with one slot more", 12, b"\2\0\0\0", SLOTS),
        ("a header with no slot, and one is there", 12, b"\0\0\0\0", SLOTS),
        ("a header with 33 slots", 12, b"\x21\0\0\0", IN_HEADER),
    ):
        yield vector(what, sample(what, change_header=put(at, value)), error)
    yield vector("generation 2^64-1, after which there is none", sample("last", generation=(1 << 64) - 1), IN_HEADER)
    slots: list[tuple[str, int, bytes, str]] = [
        ("kind 0", 0, b"\0", "newer"),
        ("critical kind 128", 0, b"\x80", "newer"),
        ("critical kind 255", 0, b"\xff", "newer"),
        ("a one where zero must be", 1, b"\1", SLOTS),
        ("parameters past its end", 2, b"\xff\xff", SLOTS),
        ("parameters that a keyring's doesn't have", 2, b"\1\0", SLOTS),
    ]
    for what, at, value, error in slots:
        made = sample(f"slot with {what}")
        slot = bytearray(made.slots[0])
        slot[at : at + len(value)] = value
        made.slots = [bytes(slot)]
        yield vector(f"a slot with {what}", made, error)
    for kind in (PASSPHRASE, RECOVERY):
        for passes, memory in (
            (0, 262_144),
            (1, 262_144),
            (11, 262_144),
            (3, 0),
            (3, 8),
            (3, 65_535),
            (3, 1_048_577),
            (2**32 - 1, 65_536),
            (3, 2**32 - 1),
        ):
            made = sample(f"costs {kind} {passes} {memory}")
            made.add_slot(kind, made.draw.randbytes(32), stretching(made.draw.randbytes(16), passes, memory))
            yield vector(f"slot kind {kind}, {passes} passes and {memory} KiB, out of bounds", made, SLOTS)
        for size in (0, 23, 25):
            made = sample(f"parameters {kind} {size}")
            made.add_slot(kind, made.draw.randbytes(32), (stretching(bytes(16), 2, 65_536) + bytes(1))[:size])
            yield vector(f"slot kind {kind} with {size} bytes of parameters", made, SLOTS)
    yield from broken_index()
    yield from broken_records()


def broken_index() -> Iterator[Vector]:
    """Indexes that break a rule."""
    for what, at, value in (
        ("a record more than there is", 0, b"\4\0\0\0"),
        ("a record less", 0, b"\2\0\0\0"),
        ("65,537 records", 0, b"\1\0\1\0"),
        ("2^32 - 1 records", 0, b"\xff\xff\xff\xff"),
        ("a profile more", 4, b"\4\0\0\0"),
        ("a profile less", 4, b"\2\0\0\0"),
        ("65,537 profiles", 4, b"\1\0\1\0"),
        ("an unknown flag", 8, b"\2\0\0\0"),
        ("a flag in the last byte", 8, b"\0\0\0\x80"),
    ):
        yield vector(f"an index with {what}", sample(f"index with {what}", change_index=put(at, value)), INDEX)
    yield vector(
        "bytes after the last profile", sample("index tail", change_index=lambda index: index.extend(b"\0")), INDEX
    )
    yield vector(
        "an index of 11 bytes", draft("short", change_index=lambda index: index.__delitem__(slice(11, None))), INDEX
    )
    for what, at, value in (
        ("offset 1 in the place of 0", 40, b"\1\0\0\0"),
        ("a size that leaves a gap", 44, b"\x29\1\0\0"),
        ("a size of 39", 44, b"\x27\0\0\0"),
        ("a size past the end", 44, b"\xff\xff\xff\xff"),
        ("a one where zero must be", 50, b"\1\0"),
        ("the second one's offset in the first", ENTRY + 40, b"\0\0\0\0"),
    ):
        yield vector(f"an entry with {what}", sample(f"entry with {what}", change_entries=put(at, value)), INDEX)
    twice = sample("one id twice")
    twice.records[1].id = twice.records[0].id
    yield vector("two records with one id", twice, INDEX)
    for what, profiles in (
        ("an empty name", [(b"", 0), (b"dev", 1)]),
        ("names in the wrong order", [(b"prod", 1), (b"dev", 0)]),
        ("a name that is there twice", [(b"dev", 0), (b"dev", 1)]),
        ("a name that isn't UTF-8", [(b"\xff", 0), (b"\xff\xff", 1)]),
        ("a profile of a record that isn't there", [(b"dev", 0), (b"far", 9), (b"prod", 1)]),
        ("a profile whose record is a journal", [(b"dev", 0), (b"note", 2), (b"prod", 1)]),
        ("a key that no profile has", [(b"dev", 0)]),
    ):
        made = sample(what)
        made.profiles = profiles
        yield vector(what, made, INDEX)


def broken_records() -> Iterator[Vector]:
    """Records that break a rule."""
    yield vector("an entry with another tag", sample("tag", change_entries=put(24, bytes(16))), RECORD)
    for what, how in (("another kind", {"sealed_kind": 2}), ("another store", {"sealed_store": bytes(16)})):
        made = draft(f"sealed for {what}")
        made.profiles = [(b"dev", made.add(record_of(key_fields(ID, SECRET)), **how))]
        yield vector(f"a record that was sealed for {what}", made, RECORD)
    made = draft("generation")
    made.profiles = [(b"dev", made.add(record_of(key_fields(ID, SECRET))))]
    made.change_entries = put(16, b"\2")
    yield vector("an entry with another generation than the record's", made, RECORD)
    id, secret, added, exposed = key_fields(ID, SECRET)
    for what, fields, error in (
        ("no access key id", [secret, added, exposed], RECORD),
        ("no secret", [id, added, exposed], RECORD),
        ("no date", [id, secret, exposed], RECORD),
        ("no word on exposure", [id, secret, added], RECORD),
        ("fields in the wrong order", [secret, id, added, exposed], RECORD),
        ("a field twice", [id, id, secret, added, exposed], RECORD),
        ("a date of 7 bytes", [id, secret, (3, bytes(7)), exposed], RECORD),
        ("an exposure of 2", [id, secret, added, (4, b"\2")], RECORD),
        ("an exposure of 2 bytes", [id, secret, added, (4, b"\0\0")], RECORD),
        ("a space in the access key id", [(1, b"AKIA EXAMPLE"), secret, added, exposed], RECORD),
        ("an access key id that isn't ASCII", [(1, "AKIA\u00e4".encode()), secret, added, exposed], RECORD),
        ("critical field 130", [id, secret, added, exposed, (130, b"")], "newer"),
        ("critical field 255", [id, secret, added, exposed, (255, b"x")], "newer"),
        ("field 128 with a value", [id, secret, added, exposed, (128, b"x")], RECORD),
    ):
        made = draft(f"key with {what}")
        made.profiles = [(b"dev", made.add(record_of(fields)))]
        yield vector(f"a key with {what}", made, error)
    whole = record_of(key_fields(ID, SECRET))
    for what, plain in (
        ("nothing in it", b""),
        ("no end", whole.rstrip(b"\0")),
        ("a field that goes past the end", b"\1\xff\xff" + whole),
        ("something after the zeros", whole[:-1] + b"\1"),
        ("half a field", whole[:10]),
    ):
        made = draft(f"plain with {what}")
        made.profiles = [(b"dev", made.add(plain))]
        yield vector(f"a key record with {what}", made, RECORD)
