"""Writes stores as docs/format.md has them, and, for the vectors, stores that break one of its rules."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from read_store import Store
from store_format import HEADER, KEY, MAGIC, NONCE, TAG, Slot, commit, derive, seal

Change = Callable[[bytearray], None]


def key_fields(id: bytes, secret: bytes, added: int = 1_800_000_000, exposed: bool = False) -> list[tuple[int, bytes]]:
    """The fields of an access key."""
    return [(1, id), (2, secret), (3, added.to_bytes(8, "little")), (4, bytes([exposed]))]


def record_of(fields: list[tuple[int, bytes]]) -> bytes:
    """Fields, a zero, and zeros to a multiple of 128 bytes."""
    plain = b"".join(bytes([number]) + len(value).to_bytes(2, "little") + value for number, value in fields) + b"\0"
    return plain + bytes(-len(plain) % 128)


def stretching(salt: bytes, passes: int, memory: int) -> bytes:
    """The parameters of a slot that a person opens; memory in KiB."""
    return salt + passes.to_bytes(4, "little") + memory.to_bytes(4, "little")


@dataclass
class Record:
    """A record before it is sealed."""

    kind: int
    plain: bytes
    id: bytes
    generation: int = 1
    # What it is sealed for, where that isn't what the entry says.
    sealed_kind: int | None = None
    sealed_store: bytes | None = None


@dataclass
class Draft:
    """A store that is to be written. Its randomness is drawn from a seed, so that vectors come out the same."""

    draw: random.Random
    data_key: bytes = b""
    id: bytes = b""
    minor: int = 2
    generation: int = 1
    flags: int = 0
    slots: list[bytes] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    # Names in the order in which they are written, and the number of each one's record.
    profiles: list[tuple[bytes, int]] = field(default_factory=list)
    change_header: Change = lambda header: None
    change_entries: Change = lambda entries: None
    change_index: Change = lambda index: None

    def __post_init__(self) -> None:
        self.data_key = self.data_key or self.draw.randbytes(32)
        self.id = self.id or self.draw.randbytes(16)

    def add(self, plain: bytes, kind: int = KEY, **how: object) -> int:
        """Adds a record, and gives its number."""
        self.records.append(Record(kind, plain, self.draw.randbytes(16), **how))  # type: ignore[arg-type]
        return len(self.records) - 1

    def add_key(self, *names: str, id: bytes, secret: bytes, exposed: bool = False) -> None:
        """Adds a key with its profiles."""
        number = self.add(record_of(key_fields(id, secret, exposed=exposed)))
        self.profiles = sorted(self.profiles + [(name.encode(), number) for name in names])

    def add_slot(self, kind: int, slot_key: bytes, parameters: bytes = b"") -> None:
        """Adds a way in."""
        nonce = self.draw.randbytes(NONCE)
        empty = Slot(kind, self.draw.randbytes(8), 1_800_000_000, parameters, bytes(32), nonce, b"")
        bound = empty.prefix + self.id
        wrapped = seal(derive(slot_key, b"slotwrap"), nonce, bound, self.data_key)
        self.slots.append(empty.prefix + commit(slot_key, b"slotcomm", bound) + nonce + wrapped)

    def encoded(self) -> bytes:
        """The file."""
        entries, sealed = bytearray(), b""
        for record in self.records:
            nonce, kind = self.draw.randbytes(NONCE), record.kind.to_bytes(2, "little")
            generation = record.generation.to_bytes(8, "little")
            sealed_kind = (record.sealed_kind or record.kind).to_bytes(2, "little")
            bound = b"\1\0" + (record.sealed_store or self.id) + record.id + sealed_kind + generation
            whole = nonce + seal(derive(self.data_key, b"storerec"), nonce, bound, record.plain)
            sizes = len(sealed).to_bytes(4, "little") + len(whole).to_bytes(4, "little")
            entries += record.id + generation + whole[-TAG:] + sizes + kind + bytes(2)
            sealed += whole
        self.change_entries(entries)
        counts = (len(self.records), len(self.profiles), self.flags)
        index = bytearray(b"".join(number.to_bytes(4, "little") for number in counts) + entries)
        for name, number in self.profiles:
            index += len(name).to_bytes(2, "little") + name + number.to_bytes(4, "little")
        self.change_index(index)
        slots, nonce = b"".join(self.slots), self.draw.randbytes(NONCE)
        header = bytearray(MAGIC + b"\1\0" + self.minor.to_bytes(2, "little"))
        header += len(self.slots).to_bytes(4, "little") + self.id + self.generation.to_bytes(8, "little")
        header += commit(self.data_key, b"storecom", self.id)
        for size in (len(slots), len(index) + TAG, len(sealed), 0):
            header += size.to_bytes(4, "little")
        header += nonce
        assert len(header) == HEADER
        self.change_header(header)
        clear = bytes(header) + slots
        return clear + seal(derive(self.data_key, b"storeidx"), nonce, clear, bytes(index)) + sealed


def with_another_slot(file: bytes, data_key: bytes, kind: int) -> bytes:
    """Gives a store with one more slot, of a kind that nobody knows."""
    store = Store.parse(file)
    slot = Slot(kind, os.urandom(8), 0, b"", os.urandom(32), os.urandom(NONCE), os.urandom(48)).bytes
    slots = file[HEADER : store.index.start] + slot
    header = bytearray(file[:HEADER])
    header[12:16] = (len(store.slots) + 1).to_bytes(4, "little")
    header[72:76] = len(slots).to_bytes(4, "little")
    header[88:112] = os.urandom(NONCE)
    clear = bytes(header) + slots
    index = seal(derive(data_key, b"storeidx"), clear[88:112], clear, store.index_of(data_key))
    return clear + index + file[store.records.start :]
