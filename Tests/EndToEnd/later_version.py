"""A store as a later version could write it, made by docs/format.md with Python's BLAKE2b and libsodium."""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import os

HEADER = 112


def _sodium() -> ctypes.CDLL:
    library = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
    assert library.sodium_init() >= 0
    return library


def _derived(key: bytes, context: bytes) -> bytes:
    return hashlib.blake2b(
        digest_size=32, key=key, salt=(1).to_bytes(8, "little") + bytes(8), person=context + bytes(8)
    ).digest()


def _opened(key: bytes, nonce: bytes, associated: bytes, sealed: bytes) -> bytes:
    plain = ctypes.create_string_buffer(len(sealed) - 16)
    size, proved = ctypes.c_ulonglong(len(sealed)), ctypes.c_ulonglong(len(associated))
    status = _sodium().crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, None, None, sealed, size, associated, proved, nonce, key
    )
    assert status == 0, "not authentic"
    return plain.raw


def _sealed(key: bytes, nonce: bytes, associated: bytes, plain: bytes) -> bytes:
    sealed = ctypes.create_string_buffer(len(plain) + 16)
    size, proved = ctypes.c_ulonglong(len(plain)), ctypes.c_ulonglong(len(associated))
    status = _sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed, None, plain, size, associated, proved, None, nonce, key
    )
    assert status == 0
    return sealed.raw


def _number(store: bytes, at: int) -> int:
    return int.from_bytes(store[at : at + 4], "little")


def data_key(store: bytes, passphrase: str) -> bytes:
    """Gives the data key of a store whose first slot opens with the passphrase."""
    slot = store[HEADER:]
    assert slot[0] == 2, "the first slot has no passphrase"
    prefix, rest = slot[:44], slot[44:]
    typed, key = passphrase.encode(), ctypes.create_string_buffer(32)
    size, passes = ctypes.c_ulonglong(len(typed)), ctypes.c_ulonglong(_number(prefix, 36))
    memory = ctypes.c_size_t(_number(prefix, 40) * 1024)
    out = ctypes.c_ulonglong(32)
    assert _sodium().crypto_pwhash(key, out, typed, size, prefix[20:36], passes, memory, 2) == 0
    wrapping = _derived(key.raw, b"slotwrap")
    return _opened(wrapping, rest[32:56], prefix + store[16:32], rest[56:104])


def opened_index(store: bytes, key: bytes) -> bytes:
    """Opens the index of a store with its data key."""
    start = HEADER + _number(store, 72)
    sealed = store[start : start + _number(store, 76)]
    return _opened(_derived(key, b"storeidx"), store[88:112], store[:start], sealed)


def with_another_slot(store: bytes, key: bytes, kind: int) -> bytes:
    """Gives the store with one more slot, of a kind that nobody knows."""
    start = HEADER + _number(store, 72)
    records = store[start + _number(store, 76) :]
    slot = bytes([kind, 0, 0, 0]) + os.urandom(8) + bytes(8) + os.urandom(32 + 24 + 48)
    header = bytearray(store[:HEADER])
    header[12:16] = (_number(store, 12) + 1).to_bytes(4, "little")
    header[72:76] = (_number(store, 72) + len(slot)).to_bytes(4, "little")
    header[88:112] = os.urandom(24)
    clear = bytes(header) + store[HEADER:start] + slot
    return clear + _sealed(_derived(key, b"storeidx"), clear[88:112], clear, opened_index(store, key)) + records
