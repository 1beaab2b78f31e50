"""Bundles as docs/bundle-format.md has them: a reader and writer in Python agree, and what isn't right is refused."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bundle import Bundle, Identity, decode, encode, fingerprint, key_bytes, make, public_of, text_of
from conftest import IS_TORTURE
from fake_keys import DEV, OTHER, THIRD
from programs import CHECKOUT
from sharing import BUNDLE_PASSPHRASE, Person, ann, ben

__all__ = ["ann", "ben"]

DRAW = random.Random("bundles of the writer")
HOUR = 3600


@pytest.fixture
def zoe() -> Identity:
    """Somebody whose identity no store of awskeys keeps."""
    return Identity.draw(DRAW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a bundle lies."""
    return tmp_path / "bundle"


def made(sender: Identity, to: bytes, begin: int = 0, end: int = HOUR, keys: list[bytes] | None = None) -> bytes:
    """A bundle that is made `begin` seconds from now and expires `end` seconds from now."""
    now = int(time.time())
    return make(sender, [to], keys or [key_bytes("dev", DEV.id, DEV.secret, 1)], now + begin, now + end, DRAW)


def test_the_reader_opens_what_awskeys_made(ann: Person, zoe: Identity, file: Path, tmp_path: Path) -> None:
    assert public_of(ann.identity) and fingerprint(public_of(ann.identity)) == ann.fingerprint
    (tmp_path / "zoe").write_text((zoe.seed + zoe.secret).hex())
    (tmp_path / "phrase").write_text(BUNDLE_PASSPHRASE + "\n")
    to_zoe = ["--to", text_of(zoe.public), "--to", ann.identity]
    for words, how in (
        (to_zoe, ["--identity-file", str(tmp_path / "zoe")]),
        (["--passphrase-file", str(tmp_path / "phrase")], ["--passphrase-file", str(tmp_path / "phrase")]),
    ):
        file.write_text(ann.seal("third", "dev", *words))
        argv = [sys.executable, str(CHECKOUT / "Tests/IndependentReader/bundle.py"), str(file), *how, "--secrets"]
        opened = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
        assert opened["sender"] == ann.fingerprint
        marks = {"exposed": True, "sessions_only": False}
        assert opened["profiles"]["dev"] == {"access_key_id": DEV.id, "secret_access_key": DEV.secret} | marks
        assert opened["profiles"]["third"]["sessions_only"] and not opened["profiles"]["third"]["exposed"]


def test_awskeys_opens_what_the_writer_made(ben: Person, zoe: Identity, file: Path, tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text(BUNDLE_PASSPHRASE + "\n")
    now = int(time.time())
    keys = [key_bytes("dev", DEV.id, DEV.secret), key_bytes("third", THIRD.id, THIRD.secret, 2)]
    bundles = [
        (make(zoe, [zoe.public, public_of(ben.identity)], keys, now, now + HOUR, DRAW), []),
        (make(zoe, [], keys, now, now + HOUR, DRAW, BUNDLE_PASSPHRASE.encode()), [str(tmp_path / "phrase")]),
    ]
    for bundle, phrase in bundles:
        file.write_text(encode(bundle))
        words = ["--passphrase-file", *phrase] if phrase else []
        ben.home.run("import", str(file), "--sender", text_of(zoe.public), "--yes", *words).done()
        assert DEV.secret in ben.home.resolve("dev").done().stdout
        ben.home.run("remove", "dev", "third", "--yes").done()


def test_a_bundle_at_the_wrong_time_is_refused(ben: Person, zoe: Identity, file: Path) -> None:
    words = ("--sender", fingerprint(zoe.public), "--yes")
    for begin, end, fragment in ((-HOUR, -1, "expired at"), (HOUR, 2 * HOUR, "still to come")):
        file.write_text(encode(made(zoe, public_of(ben.identity), begin, end)))
        ben.refuses(file, 76, fragment, words=words)
    # A sender's clock may be a little ahead.
    file.write_text(encode(made(zoe, public_of(ben.identity), 120)))
    ben.home.run("import", str(file), *words).done()


def test_whoever_makes_a_bundle_anew_is_its_sender(ann: Person, ben: Person, zoe: Identity, file: Path) -> None:
    opened = Bundle.parse(decode(ann.seal("dev", "--to", text_of(zoe.public)))).keys(zoe)
    again = [key_bytes(name, key["access_key_id"], key["secret_access_key"]) for name, key in opened.items()]
    file.write_text(encode(made(zoe, public_of(ben.identity), keys=again)))
    assert fingerprint(zoe.public) in ben.refuses(file, 77, words=("--sender", ann.fingerprint, "--yes"))
    shown = json.loads(ben.home.run("import", str(file), "--dry-run", "--json").done().stdout)
    assert shown["sender"] == fingerprint(zoe.public)
    # Signed anew as it is, it fits nobody.
    theirs = decode(ann.seal("dev", to=[ben]))
    file.write_text(encode(zoe.sign(theirs[:48] + zoe.public + theirs[112:-64])))
    ben.refuses(file, 65, "damaged", words=("--sender", fingerprint(zoe.public), "--yes"))


def test_a_bundle_that_was_changed_is_refused(ann: Person, ben: Person, file: Path) -> None:
    bundle = decode(ann.seal("dev", to=[ben]))
    words = ("--sender", ann.fingerprint, "--yes")
    places = range(0, len(bundle)) if IS_TORTURE else [0, 8, 12, 14, 20, 33, 41, 50, 113, 117, 121, 200, 400, -100, -1]
    for place in places:
        changed = bytearray(bundle)
        changed[place] ^= 1
        file.write_text(encode(bytes(changed)))
        ben.refuses(file, 65, words=words)
    text = encode(bundle)
    fragments = {
        "cut off": [text[:-40], text[:200], encode(bundle[:-1]), encode(bundle[:13])],
        "no bundle": ["", "hello\n", text[:20], encode(b"A" * 2000), "Dear Ben,\n" + text],
        "damaged": [text.replace("QVdTS0", "QVdTS!"), encode(bundle + b"\0"), text.replace("\n-----E", "\n\n-----E")],
        "later": [encode(bundle[:8] + b"\2" + bundle[9:])],
    }
    for fragment, texts in fragments.items():
        for each in texts:
            file.write_text(each)
            ben.refuses(file, 65, fragment, words=words)
    file.unlink()
    ben.refuses(file, 66, "no bundle", words=words)
    file.mkdir()
    ben.home.run("import", str(file), *words).failed(74, "directory", hint=False)
    file.rmdir()
    file.write_text(text)
    ben.takes(file, ann)


@pytest.mark.parametrize(
    "key",
    [
        key_bytes("a b", OTHER.id, OTHER.secret),
        key_bytes("\x1b[2J", OTHER.id, OTHER.secret),
        key_bytes("temporary", "ASIA" + OTHER.id[4:], OTHER.secret),
        key_bytes("odd", "AKIA EXAMPLE", OTHER.secret),
        key_bytes("flags", OTHER.id, OTHER.secret, 4),
        key_bytes("secret", OTHER.id, "EXAMPLE EXAMPLE"),
        key_bytes("empty", OTHER.id, ""),
    ],
    ids=["space", "escape", "temporary", "id", "flag", "secret", "no-secret"],
)
def test_a_sender_can_put_nothing_odd_into_a_bundle(ben: Person, zoe: Identity, file: Path, key: bytes) -> None:
    file.write_text(encode(made(zoe, public_of(ben.identity), keys=[key])))
    said = ben.refuses(file, 65, words=("--sender", fingerprint(zoe.public), "--yes"))
    assert "\x1b" not in said and "EXAMPLE" not in said.replace(str(file), "")
