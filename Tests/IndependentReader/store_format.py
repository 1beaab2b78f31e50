"""The primitives and the layout of docs/format.md, with PyNaCl and argon2-cffi, and nothing of awskeys' own code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

MAGIC = b"AWSKEYS\0"
HEADER, ENTRY, NONCE, TAG = 112, 52, 24, 16
LARGEST, MOST_SLOTS, MOST_RECORDS = 16 << 20, 32, 65_536
KEY, JOURNAL, ROTATION, DEVICE, IDENTITY = 1, 2, 3, 4, 5
KEYRING, PASSPHRASE, RECOVERY = 1, 2, 3


class Refused(Exception):
    """Why a store isn't read: `not a store`, `newer`, `wrong key`, `locked`, or `damaged` and the part."""


def derive(key: bytes, context: bytes) -> bytes:
    """A key for one use."""
    salt, person = (1).to_bytes(8, "little") + bytes(8), context + bytes(8)
    return hashlib.blake2b(digest_size=32, key=key, salt=salt, person=person).digest()


def commit(key: bytes, context: bytes, bound: bytes) -> bytes:
    """What shows that it is the right key before anything is opened with it."""
    return hashlib.blake2b(bound, digest_size=32, key=derive(key, context)).digest()


def stretch(passphrase: bytes, salt: bytes, passes: int, memory: int) -> bytes:
    """The key of a slot that a person opens; memory in KiB."""
    return hash_secret_raw(passphrase, salt, passes, memory, 1, 32, Type.ID, 0x13)


def seal(key: bytes, nonce: bytes, associated: bytes, plain: bytes) -> bytes:
    """Ciphertext and tag."""
    sealed: bytes = crypto_aead_xchacha20poly1305_ietf_encrypt(plain, associated, nonce, key)
    return sealed


def open_sealed(key: bytes, nonce: bytes, associated: bytes, sealed: bytes, part: str) -> bytes:
    """What was sealed; refused as damage to a part if it isn't authentic."""
    try:
        plain: bytes = crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, associated, nonce, key)
    except (CryptoError, ValueError, TypeError) as error:
        raise Refused(f"damaged {part}") from error
    return plain


@dataclass
class Reader:
    """Takes numbers and texts off the front of some bytes; refuses what goes past their end."""

    rest: bytes
    part: str

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > len(self.rest):
            raise Refused(f"damaged {self.part}")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def number(self, size: int) -> int:
        """The next number."""
        return int.from_bytes(self.take(size), "little")

    def text(self) -> str:
        """The next text: its size in two bytes, then UTF-8."""
        try:
            return self.take(self.number(2)).decode()
        except UnicodeDecodeError as error:
            raise Refused(f"damaged {self.part}") from error

    def demand(self, is_so: bool) -> None:
        """Refuses unless something holds."""
        if not is_so:
            raise Refused(f"damaged {self.part}")


@dataclass(frozen=True)
class Slot:
    """One way in."""

    kind: int
    id: bytes
    created: int
    parameters: bytes
    commitment: bytes
    nonce: bytes
    wrapped: bytes

    @property
    def prefix(self) -> bytes:
        """What comes before the commitment."""
        head = bytes([self.kind, 0]) + len(self.parameters).to_bytes(2, "little")
        return head + self.id + self.created.to_bytes(8, "little") + self.parameters

    @property
    def bytes(self) -> bytes:
        """The slot as it stands in the file."""
        return self.prefix + self.commitment + self.nonce + self.wrapped

    @property
    def costs(self) -> tuple[bytes, int, int]:
        """Salt, passes, and memory in KiB."""
        reader = Reader(self.parameters, "slots")
        return reader.take(16), reader.number(4), reader.number(4)

    def data_key(self, slot_key: bytes, store: bytes) -> bytes | None:
        """The data key, if it is the slot's key."""
        bound = self.prefix + store
        if commit(slot_key, b"slotcomm", bound) != self.commitment:
            return None
        return open_sealed(derive(slot_key, b"slotwrap"), self.nonce, bound, self.wrapped, "slots")
