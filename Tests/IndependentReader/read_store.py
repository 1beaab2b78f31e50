"""Reads a store of awskeys, as docs/format.md section 5 says, believing nothing before its check.

    read_store.py STORE --passphrase-file FILE | --recovery-code-file FILE | --slot-key-file FILE | --data-key-file FILE

Keys come from files as hexadecimal digits. It prints profiles, access key ids and what else the store has; with
--secrets the secrets too. A store that isn't right is refused with exit code 65, one that doesn't open with 77.
"""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store_format import (
    DEVICE,
    ENTRY,
    HEADER,
    IDENTITY,
    JOURNAL,
    KEY,
    KEYRING,
    LARGEST,
    MAGIC,
    MOST_RECORDS,
    MOST_SLOTS,
    NONCE,
    PASSPHRASE,
    RECOVERY,
    ROTATION,
    TAG,
    Reader,
    Refused,
    Slot,
    commit,
    derive,
    open_sealed,
    stretch,
)


@dataclass(frozen=True)
class Store:
    """A store whose header and slots fit; nothing of it is proved yet."""

    file: bytes
    minor: int
    id: bytes
    generation: int
    commitment: bytes
    slots: list[Slot]
    index_nonce: bytes
    index: range
    records: range

    @classmethod
    def parse(cls, file: bytes) -> Store:
        """Steps 2 and 3."""
        if file[:8] != MAGIC or len(file) < 12:
            raise Refused("not a store")
        header = Reader(file[8:HEADER], "header")
        major, minor = header.number(2), header.number(2)
        if major != 1:
            raise Refused("newer")
        count = header.number(4)
        id, generation, commitment = header.take(16), header.number(8), header.take(32)
        slots, index, records, zero = (header.number(4) for _ in range(4))
        header.demand(
            zero == 0 and generation < (1 << 64) - 1 and count <= MOST_SLOTS and index >= TAG and len(file) <= LARGEST
        )
        header.demand(HEADER + slots + index + records == len(file))
        start = HEADER + slots
        return cls(
            file,
            minor,
            id,
            generation,
            commitment,
            cls.parse_slots(file[HEADER:start], count),
            header.take(NONCE),
            range(start, start + index),
            range(start + index, len(file)),
        )

    @staticmethod
    def parse_slots(part: bytes, count: int) -> list[Slot]:
        """The slots, which fill their part."""
        reader = Reader(part, "slots")
        slots = []
        for _ in range(count):
            kind, zero = reader.number(1), reader.number(1)
            if kind == 0 or kind >= 0x80:
                raise Refused("newer")
            size = reader.number(2)
            id, created, parameters = reader.take(8), reader.number(8), reader.take(size)
            slot = Slot(kind, id, created, parameters, reader.take(32), reader.take(NONCE), reader.take(48))
            reader.demand(zero == 0 and size == {KEYRING: 0, PASSPHRASE: 24, RECOVERY: 24}.get(kind, size))
            if kind in (PASSPHRASE, RECOVERY):
                _, passes, memory = slot.costs
                reader.demand(2 <= passes <= 10 and 65_536 <= memory <= 1_048_576)
            slots.append(slot)
        reader.demand(not reader.rest)
        return slots

    def data_key(self, kind: int, typed: bytes | None = None, slot_key: bytes | None = None) -> bytes:
        """Opens a slot of a kind, with what a person typed or with the slot's own key."""
        for slot in self.slots:
            if slot.kind == kind:
                tried = slot_key if typed is None else stretch(typed, *slot.costs)
                if tried and (key := slot.data_key(tried, self.id)):
                    return key
        raise Refused("locked")

    def contents(self, data_key: bytes) -> Contents:
        """Steps 4 and 5, and every rule of 2.3, 2.4 and 3."""
        if commit(data_key, b"storecom", self.id) != self.commitment:
            raise Refused("wrong key")
        index = Reader(self.index_of(data_key), "index")
        record_count, profile_count, flags = (index.number(4) for _ in range(3))
        index.demand(max(record_count, profile_count) <= MOST_RECORDS and flags <= 1)
        entries = [Entry.parse(Reader(index.take(ENTRY), "index")) for _ in range(record_count)]
        kinds = [entry.kind for entry in entries]
        index.demand(len({entry.id for entry in entries}) == record_count)
        end = 0
        for entry in entries:
            index.demand(entry.offset == end and entry.size >= NONCE + TAG)
            end += entry.size
        index.demand(end == len(self.records))
        profiles: dict[str, int] = {}
        last = b""
        for _ in range(profile_count):
            name, number = index.text(), index.number(4)
            index.demand(name.encode() > last and number < record_count and kinds[number] == KEY)
            profiles[name], last = number, name.encode()
        index.demand(not index.rest)
        index.demand({number for number, kind in enumerate(kinds) if kind == KEY} == set(profiles.values()))
        records = [self.record(entry, derive(data_key, b"storerec")) for entry in entries]
        keys = {number: AccessKey.parse(records[number]) for number in set(profiles.values())}
        counted = {name: kinds.count(kind) for name, kind in NOTES.items()}
        return Contents({name: keys[number] for name, number in profiles.items()}, counted, bool(flags))

    def index_of(self, data_key: bytes) -> bytes:
        """The index, which proves all that comes before it."""
        before, sealed = self.file[: self.index.start], self.file[self.index.start : self.index.stop]
        return open_sealed(derive(data_key, b"storeidx"), self.index_nonce, before, sealed, "index")

    def record(self, entry: Entry, key: bytes) -> bytes:
        """What a record holds."""
        start = self.records.start + entry.offset
        record = self.file[start : start + entry.size]
        if record[-TAG:] != entry.tag:
            raise Refused("damaged record")
        generation, kind = entry.generation.to_bytes(8, "little"), entry.kind.to_bytes(2, "little")
        bound = (1).to_bytes(2, "little") + self.id + entry.id + kind + generation
        return open_sealed(key, record[:NONCE], bound, record[NONCE:], "record")


@dataclass(frozen=True)
class Entry:
    """What the index says of a record."""

    id: bytes
    generation: int
    tag: bytes
    offset: int
    size: int
    kind: int

    @classmethod
    def parse(cls, reader: Reader) -> Entry:
        """Reads an entry."""
        id, generation, tag = reader.take(16), reader.number(8), reader.take(16)
        entry = cls(id, generation, tag, reader.number(4), reader.number(4), reader.number(2))
        reader.demand(reader.number(2) == 0)
        return entry


NOTES = {"journals": JOURNAL, "rotations": ROTATION, "devices": DEVICE, "identities": IDENTITY}


@dataclass(frozen=True)
class AccessKey:
    """A record of kind 1."""

    id: str
    secret: bytes
    added: int
    was_exposed: bool
    is_sessions_only: bool
    confirm: str | None

    @classmethod
    def parse(cls, plain: bytes) -> AccessKey:
        """Reads the fields, and the padding after them."""
        reader = Reader(plain, "record")
        reader.demand(len(plain) % 128 == 0)
        fields: dict[int, bytes] = {}
        last = 0
        while number := reader.number(1):
            if number > 129:
                raise Refused("newer")
            reader.demand(number > last)
            fields[number], last = reader.take(reader.number(2)), number
        reader.demand(not any(reader.rest) and fields.keys() >= {1, 2, 3, 4})
        reader.demand(all(0x21 <= byte <= 0x7E for byte in fields[1]) and len(fields[3]) == 8)
        reader.demand(fields[4] in (b"\0", b"\1") and not fields.get(128))
        added = int.from_bytes(fields[3], "little")
        reader.demand(len(fields.get(129, b"\1")) == 1)
        confirm = {None: None, b"\1": "always", b"\2": "once-per-session"}.get(fields.get(129), "")
        if confirm == "":
            raise Refused("newer")
        return cls(fields[1].decode(), fields[2], added, fields[4] == b"\1", 128 in fields, confirm)


@dataclass(frozen=True)
class Contents:
    """What a store holds."""

    keys: dict[str, AccessKey]
    notes: dict[str, int]
    is_unfinished: bool

    def document(self, with_secrets: bool) -> dict[str, Any]:
        """As it is printed."""
        profiles: dict[str, Any] = {}
        for name, key in self.keys.items():
            profiles[name] = {"access_key_id": key.id, "added": key.added, "exposed": key.was_exposed}
            profiles[name]["sessions_only"] = key.is_sessions_only
            if key.confirm:
                profiles[name]["confirm"] = key.confirm
            if with_secrets:
                profiles[name]["secret_access_key"] = key.secret.decode()
        return {"profiles": profiles, **self.notes, "unfinished": self.is_unfinished}


def read_file(path: Path) -> bytes:
    """Step 1."""
    with open(path, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Refused("not a store")
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise Refused("locked")
        return file.read(LARGEST + 1)


def opened(store: Store, options: argparse.Namespace) -> bytes:
    """The data key, by whatever was given."""
    if options.data_key_file:
        return bytes.fromhex(options.data_key_file.read_text())
    if options.slot_key_file:
        return store.data_key(KEYRING, slot_key=bytes.fromhex(options.slot_key_file.read_text()))
    if options.recovery_code_file:
        code = options.recovery_code_file.read_text().strip().replace("-", "").replace(" ", "").upper()
        return store.data_key(RECOVERY, code.translate(str.maketrans("OIL", "011")).encode())
    return store.data_key(PASSPHRASE, options.passphrase_file.read_bytes().splitlines()[0])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Reads a store of awskeys.")
    parser.add_argument("store", type=Path)
    ways = parser.add_mutually_exclusive_group(required=True)
    for way in ("passphrase", "recovery-code", "slot-key", "data-key"):
        ways.add_argument(f"--{way}-file", type=Path)
    parser.add_argument("--secrets", action="store_true")
    options = parser.parse_args()
    try:
        store = Store.parse(read_file(options.store))
        print(json.dumps(store.contents(opened(store, options)).document(options.secrets), indent=2))
    except Refused as refused:
        print(f"read_store: {refused}", file=sys.stderr)
        return 77 if str(refused) == "locked" else 65
    return 0


if __name__ == "__main__":
    sys.exit(main())
