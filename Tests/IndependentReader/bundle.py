"""Opens and makes bundles of awskeys, as docs/bundle-format.md says, with PyNaCl and argon2-cffi.

bundle.py BUNDLE --identity-file FILE | --passphrase-file FILE

An identity is its two secret halves as hexadecimal digits, the Ed25519 seed first. It prints the sender's fingerprint
and the profiles; with --secrets the secrets too. A bundle that isn't right is refused with exit code 65, one at the
wrong time with 76, and one that doesn't open with 77.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from nacl.bindings import (
    crypto_scalarmult,
    crypto_scalarmult_base,
    crypto_sign,
    crypto_sign_BYTES,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import CryptoError

from store_format import NONCE, TAG, Reader, Refused, commit, derive, open_sealed, seal, stretch

MAGIC = b"AWSKBNDL"
HEADER, SIGNATURE, PADDING = 120, crypto_sign_BYTES, 1024
LARGEST, LONGEST_TEXT, MOST_STANZAS, LAST_TIME = 1 << 20, 2 << 20, 32, 253_402_300_799
RECIPIENT, PASSPHRASE = 1, 2
FIRST, LAST = "-----BEGIN AWSKEYS BUNDLE-----", "-----END AWSKEYS BUNDLE-----"


def agree(secret: bytes, public: bytes, bound: bytes) -> bytes:
    """The key that two pairs have in common."""
    try:
        shared = crypto_scalarmult(secret, public)
    except (CryptoError, RuntimeError) as error:
        raise Refused("damaged recipients") from error
    return hashlib.blake2b(bound, digest_size=32, key=shared).digest()


def fingerprint(public: bytes) -> str:
    """What people compare."""
    digits = hashlib.sha256(b"awskeys identity" + public).hexdigest()[:24]
    return "-".join(digits[at : at + 4] for at in range(0, 24, 4))


def text_of(public: bytes) -> str:
    """What `awskeys identity` prints."""
    check = hashlib.sha256(b"awskeys1" + public).digest()[:5]
    return "awskeys1" + base64.urlsafe_b64encode(public + check).decode()


def public_of(text: str) -> bytes:
    """The public identity in a line."""
    public = base64.urlsafe_b64decode(text.removeprefix("awskeys1"))[:64]
    if text_of(public) != text:
        raise Refused("no identity")
    return public


@dataclass(frozen=True)
class Identity:
    """Two secret halves."""

    seed: bytes
    secret: bytes

    @classmethod
    def draw(cls, random: Random) -> Identity:
        """A new one."""
        return cls(random.randbytes(32), random.randbytes(32))

    @property
    def public(self) -> bytes:
        """What is handed out."""
        return crypto_sign_seed_keypair(self.seed)[0] + crypto_scalarmult_base(self.secret)

    def sign(self, message: bytes) -> bytes:
        """The message with its signature behind it."""
        signed: bytes = crypto_sign(message, crypto_sign_seed_keypair(self.seed)[1])
        return message + signed[:SIGNATURE]


def decode(text: str) -> bytes:
    """Section 2."""
    plain = text.replace("\r\n", "\n").strip(" \t\r\n")
    lines = plain.split("\n")
    if lines[0] != FIRST:
        raise Refused("not a bundle")
    if lines[-1] != LAST:
        raise Refused("cut off")
    try:
        bundle = base64.b64decode("".join(lines[1:-1]), validate=True)
    except ValueError as error:
        raise Refused("damaged text") from error
    if len(text.encode()) > LONGEST_TEXT or encode(bundle) != plain + "\n":
        raise Refused("damaged text")
    return bundle


@dataclass(frozen=True)
class Stanza:
    """One way in."""

    kind: int
    parameters: bytes
    commitment: bytes
    nonce: bytes
    wrapped: bytes

    def file_key(self, key: bytes, header: bytes) -> bytes | None:
        """The file key, if it is the stanza's key."""
        bound = header + bytes([self.kind, 0]) + len(self.parameters).to_bytes(2, "little") + self.parameters
        if commit(key, b"bndlcomm", bound) != self.commitment:
            return None
        return open_sealed(derive(key, b"bndlwrap"), self.nonce, bound, self.wrapped, "recipients")


@dataclass(frozen=True)
class Bundle:
    """A bundle whose signature fits."""

    bundle: bytes
    created: int
    expires: int
    sender: bytes
    stanzas: list[Stanza]
    content: int

    @classmethod
    def parse(cls, bundle: bytes) -> Bundle:
        """Steps 2 to 4."""
        if bundle[:8] != MAGIC or len(bundle) < 12:
            raise Refused("not a bundle")
        header = Reader(bundle[8:HEADER], "header")
        if header.number(2) != 1:
            raise Refused("newer")
        header.number(2)
        if len(bundle) < HEADER:
            raise Refused("cut off")
        if header.number(1) != 1:
            raise Refused("newer")
        count, zero = header.number(1), header.number(2)
        header.take(16)
        created, expires, sender = header.number(8), header.number(8), header.take(64)
        stanzas, content = header.number(4), header.number(4)
        size = HEADER + stanzas + content + SIGNATURE
        header.demand(zero == 0 and 1 <= count <= MOST_STANZAS and created < expires <= LAST_TIME)
        header.demand(size <= LARGEST and content >= 32 + NONCE + TAG + PADDING)
        if len(bundle) < size:
            raise Refused("cut off")
        header.demand(len(bundle) == size)
        try:
            crypto_sign_open(bundle[-SIGNATURE:] + bundle[:-SIGNATURE], sender[:32])
        except CryptoError as error:
            raise Refused("damaged signature") from error
        ways = cls.parse_stanzas(bundle[HEADER : HEADER + stanzas], count)
        return cls(bundle, created, expires, sender, ways, HEADER + stanzas)

    @staticmethod
    def parse_stanzas(part: bytes, count: int) -> list[Stanza]:
        """The stanzas, which fill their part."""
        reader = Reader(part, "recipients")
        stanzas = []
        for _ in range(count):
            kind, zero = reader.number(1), reader.number(1)
            if kind == 0 or kind >= 0x80:
                raise Refused("newer")
            parameters = reader.take(reader.number(2))
            reader.demand(zero == 0 and len(parameters) == {RECIPIENT: 96, PASSPHRASE: 24}.get(kind, len(parameters)))
            if kind == PASSPHRASE:
                passes, memory = (int.from_bytes(parameters[at : at + 4], "little") for at in (16, 20))
                reader.demand(2 <= passes <= 10 and 65_536 <= memory <= 1_048_576 and count == 1)
            stanzas.append(Stanza(kind, parameters, reader.take(32), reader.take(NONCE), reader.take(48)))
        named = [stanza.parameters[:64] for stanza in stanzas if stanza.kind == RECIPIENT]
        reader.demand(not reader.rest and len(set(named)) == len(named))
        return stanzas

    def demand_current(self, now: float) -> None:
        """Step 5."""
        if now >= self.expires:
            raise Refused("expired")
        if self.created - now > 300:
            raise Refused("not yet made")

    def keys(self, identity: Identity | None, passphrase: bytes | None = None) -> dict[str, dict[str, Any]]:
        """Steps 7 and 8."""
        for stanza in self.stanzas:
            if stanza.kind == RECIPIENT and identity and stanza.parameters[:64] == identity.public:
                ephemeral = stanza.parameters[64:]
                tried = agree(identity.secret, ephemeral, ephemeral + identity.public)
                if key := stanza.file_key(tried, self.bundle[:HEADER]):
                    return self.opened(key)
                raise Refused("damaged recipients")
            if stanza.kind == PASSPHRASE and passphrase is not None:
                salt, costs = stanza.parameters[:16], stanza.parameters[16:]
                passes, memory = (int.from_bytes(costs[at : at + 4], "little") for at in (0, 4))
                if key := stanza.file_key(stretch(passphrase, salt, passes, memory), self.bundle[:HEADER]):
                    return self.opened(key)
        raise Refused("locked")

    def opened(self, key: bytes) -> dict[str, dict[str, Any]]:
        """The content."""
        content, sealed = self.content, self.content + 32 + NONCE
        if commit(key, b"bndlpcom", self.bundle[:content]) != self.bundle[content : content + 32]:
            raise Refused("damaged content")
        nonce = self.bundle[content + 32 : sealed]
        key = derive(key, b"bndlload")
        plain = open_sealed(key, nonce, self.bundle[:sealed], self.bundle[sealed:-SIGNATURE], "content")
        reader = Reader(plain, "content")
        keys: dict[str, dict[str, Any]] = {}
        last = ""
        while name := reader.text():
            id = reader.take(reader.number(1))
            flags = reader.number(1)
            if flags > 3:
                raise Refused("newer")
            secret = reader.take(reader.number(2))
            reader.demand(name.encode() > last.encode() and 1 <= len(id) <= 128 and 1 <= len(secret) <= 1024)
            reader.demand(all(0x21 <= byte <= 0x7E for byte in id + secret))
            keys[name] = {"access_key_id": id.decode(), "secret_access_key": secret.decode()}
            keys[name] |= {"exposed": bool(flags & 1), "sessions_only": bool(flags & 2)}
            last = name
        reader.demand(bool(keys) and not any(reader.rest) and len(plain) % PADDING == 0 and len(reader.rest) < PADDING)
        return keys


def encode(bundle: bytes) -> str:
    """The text of a bundle."""
    letters = base64.b64encode(bundle).decode()
    return "\n".join([FIRST, *(letters[at : at + 64] for at in range(0, len(letters), 64)), LAST]) + "\n"


def key_bytes(name: str, id: str, secret: str, flags: int = 0) -> bytes:
    """One key of the content."""
    sized = len(name.encode()).to_bytes(2, "little") + name.encode() + bytes([len(id)]) + id.encode()
    return sized + bytes([flags]) + len(secret).to_bytes(2, "little") + secret.encode()


def make(
    sender: Identity,
    recipients: list[bytes],
    keys: list[bytes],
    created: int,
    expires: int,
    random: Random,
    passphrase: bytes | None = None,
) -> bytes:
    """Makes a bundle for recipients or under a passphrase, with random numbers that are no secret."""
    plain = b"".join(keys) + bytes(2)
    plain += bytes(-len(plain) % PADDING)
    ways = 1 if passphrase is not None else len(recipients)
    stanza_size = 4 + (24 if passphrase is not None else 96) + 32 + NONCE + 48
    header = MAGIC + b"\1\0\0\0\1" + bytes([ways, 0, 0]) + random.randbytes(16)
    header += created.to_bytes(8, "little") + expires.to_bytes(8, "little") + sender.public
    header += (ways * stanza_size).to_bytes(4, "little") + (32 + NONCE + len(plain) + TAG).to_bytes(4, "little")
    file_key, bundle = random.randbytes(32), header
    if passphrase is not None:
        salt = random.randbytes(16)
        parameters = salt + (2).to_bytes(4, "little") + (65_536).to_bytes(4, "little")
        bundle += stanza(PASSPHRASE, parameters, stretch(passphrase, salt, 2, 65_536), file_key, header, random)
    for recipient in recipients:
        secret = random.randbytes(32)
        ephemeral = crypto_scalarmult_base(secret)
        key = agree(secret, recipient[32:], ephemeral + recipient)
        bundle += stanza(RECIPIENT, recipient + ephemeral, key, file_key, header, random)
    nonce = random.randbytes(NONCE)
    bundle += commit(file_key, b"bndlpcom", bundle) + nonce
    return sender.sign(bundle + seal(derive(file_key, b"bndlload"), nonce, bundle, plain))


def stanza(kind: int, parameters: bytes, key: bytes, file_key: bytes, header: bytes, random: Random) -> bytes:
    """One way in."""
    head = bytes([kind, 0]) + len(parameters).to_bytes(2, "little") + parameters
    nonce, bound = random.randbytes(NONCE), header + head
    wrapped = seal(derive(key, b"bndlwrap"), nonce, bound, file_key)
    return head + commit(key, b"bndlcomm", bound) + nonce + wrapped


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Opens a bundle of awskeys.")
    parser.add_argument("bundle", type=Path)
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument("--identity-file", type=Path)
    ways.add_argument("--passphrase-file", type=Path)
    parser.add_argument("--secrets", action="store_true")
    options = parser.parse_args()
    identity = passphrase = None
    if options.identity_file:
        halves = bytes.fromhex(options.identity_file.read_text())
        identity = Identity(halves[:32], halves[32:])
    else:
        passphrase = options.passphrase_file.read_bytes().splitlines()[0]
    try:
        bundle = Bundle.parse(decode(options.bundle.read_bytes().decode("ascii", "replace")))
        bundle.demand_current(time.time())
        keys = bundle.keys(identity, passphrase)
    except Refused as refused:
        print(f"bundle: {refused}", file=sys.stderr)
        return {"locked": 77, "expired": 76, "not yet made": 76}.get(str(refused), 65)
    if not options.secrets:
        for key in keys.values():
            del key["secret_access_key"]
    print(json.dumps({"sender": fingerprint(bundle.sender), "profiles": keys}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
