"""Published stores that somebody without the key changed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from store_format import HEADER
from vector_drafts import SEED, Vector, sample


def changed_bytes() -> Iterator[Vector]:
    """What anybody could do who hasn't the key."""
    made = sample("victim", generation=2)
    file, key = made.encoded(), made.data_key
    slots = HEADER + len(made.slots[0])
    index = slots + int.from_bytes(file[76:80], "little")
    parts = [
        ("the magic", range(0, 8), "not a store"),
        ("the minor version", range(10, 12), "damaged index"),
        ("the store's id", range(16, 32), "wrong key"),
        ("the generation", range(32, 40), "damaged index"),
        ("the commitment", range(40, 72), "wrong key"),
        ("the zero of the header", range(84, 88), "damaged header"),
        ("the nonce of the index", range(88, 112), "damaged index"),
        ("the slot's id and date", range(HEADER + 4, HEADER + 20), "damaged index"),
        ("the slot's commitment", range(HEADER + 20, HEADER + 52), "damaged index"),
        ("the slot's nonce and data key", range(HEADER + 52, slots), "damaged index"),
        ("the index", range(slots, index), "damaged index"),
        ("the records", range(index, len(file)), "damaged record"),
    ]
    draw = random.Random(f"{SEED}/bits")
    for what, places, error in parts:
        for place in draw.sample(places, min(6, len(places))):
            bit = draw.randrange(8)
            yield f"bit {bit} of byte {place} changed, in {what}", flipped(file, place, bit), error, key
    for what, places in (("the number of slots", (12, 15)), ("the sizes", (72, 75, 76, 79, 80, 83))):
        for place in places:
            yield f"bit 7 of byte {place} changed, in {what}", flipped(file, place, 7), "damaged header", key
    for size in (0, 7, 8, 11):
        yield f"the first {size} bytes only", file[:size], "not a store", key
    for size in (12, 40, HEADER - 1, HEADER, slots - 1, slots, index - 1, index, len(file) - 1):
        yield f"the first {size} bytes only", file[:size], "damaged header", key
    yield "a byte at the end", file + b"\0", "damaged header", key
    yield "itself twice", file + file, "damaged header", key
    for major in (0, 2, 256):
        yield f"major version {major}", file[:8] + major.to_bytes(2, "little") + file[10:], "newer", key
    yield "read with another key", file, "wrong key", bytes(32)
    ranges = {
        "the header": range(0, HEADER),
        "the slot": range(HEADER, slots),
        "the index": range(slots, index),
        "the records": range(index, len(file)),
    }
    # Both have the same sizes.
    sources = {
        "an earlier state": sample("earlier", data_key=key, id=made.id).encoded(),
        "another store with the same data key": sample("another", data_key=key).encoded(),
    }
    for whose, source in sources.items():
        for name, part in ranges.items():
            mixed = file[: part.start] + source[part.start : part.stop] + file[part.stop :]
            error = "damaged record" if name == "the records" else "damaged index"
            yield f"{name} of {whose}", mixed, error, key


def flipped(file: bytes, place: int, bit: int) -> bytes:
    """A file with one bit changed."""
    return file[:place] + bytes([file[place] ^ 1 << bit]) + file[place + 1 :]
