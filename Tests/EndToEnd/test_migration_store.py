"""A store that an earlier version froze still opens, and can be written on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import THIRD
from home import Home
from programs import CHECKOUT

STORES = sorted(CHECKOUT.glob("Migration/stores/format-*"))


@pytest.fixture(params=STORES, ids=lambda folder: folder.name)
def frozen(request: pytest.FixtureRequest, make_home: MakeHome) -> Iterator[tuple[Home, dict[str, dict[str, str]]]]:
    """A home with a copy of the store, its passphrase, and what it must hold."""
    folder: Path = request.param
    home = make_home(config=None, credentials=None)
    home.store.parent.mkdir(parents=True, mode=0o700)
    shutil.copyfile(folder / "store", home.store)
    home.store.chmod(0o600)
    home.use_passphrase((folder / "passphrase").read_text().splitlines()[0])
    # Copies of one store share their place in the kernel keyring, and what it remembers of their age.
    home.run("lock").done()
    if (rotations := folder / "rotations.json").exists():
        found = json.loads(home.run("list", "--json").done().stdout)["rotations"]
        assert found == json.loads(rotations.read_text())
    if (kept := folder / "kept-back.json").exists():
        expected = json.loads(kept.read_text())
        listed = json.loads(home.run("list", "--json").done().stdout)["profiles"]
        assert {each["profile"] for each in listed if each["sessions_only"]} == set(expected)
        for name, key in expected.items():
            shown = json.loads(home.run("export", name, "--no-session", "--format", "json").done().stdout)
            assert shown == {"AccessKeyId": key["access_key_id"], "SecretAccessKey": key["secret_access_key"]}
    if (confirmed := folder / "confirmed.json").exists():
        expected = json.loads(confirmed.read_text())
        listed = json.loads(home.run("list", "--json").done().stdout)["profiles"]
        found = {each["profile"]: (each["confirm"], each["access_key_id"]) for each in listed if "confirm" in each}
        assert found == {name: (each["confirm"], each["access_key_id"]) for name, each in expected.items()}
        for name in expected:
            home.resolve(name).failed(77, "confirm")
    if (devices := folder / "devices.json").exists():
        listed = json.loads(home.run("mfa", "list", "--json").done().stdout)["devices"]
        assert [each["serial_number"] for each in listed] == json.loads(devices.read_text())
    yield home, json.loads((folder / "expected.json").read_text())


def assert_holds(home: Home, expected: dict[str, dict[str, str]]) -> None:
    """Asserts that the store gives every key that it was frozen with."""
    for name, key in expected.items():
        document = json.loads(home.resolve(name).done().stdout)
        found = {"access_key_id": document["AccessKeyId"], "secret_access_key": document["SecretAccessKey"]}
        assert found == key


def test_there_is_a_frozen_store() -> None:
    assert STORES


def test_a_frozen_store_opens_and_can_be_added_to(frozen: tuple[Home, dict[str, dict[str, str]]]) -> None:
    home, expected = frozen
    assert expected
    before = home.store.read_bytes()
    assert_holds(home, expected)
    assert home.store.read_bytes() == before, "reading rewrote it"
    home.run("add", "third", "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").done()
    added = {"third": {"access_key_id": THIRD.id, "secret_access_key": THIRD.secret}}
    assert_holds(home, expected | added)
    home.run("lock").done()
    assert_holds(home, expected | added)
