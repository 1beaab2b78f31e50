"""A reader and writer of stores that was written after docs/format.md alone agrees with awskeys on every store."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import MakeHome
from fake_keys import DEV, OTHER, THIRD
from home import KEYS, PASSPHRASE, Home
from programs import CHECKOUT
from read_store import Refused, Store
from store_format import KEYRING, stretch
from store_format import PASSPHRASE as PASSPHRASE_SLOT
from write_store import Draft, stretching

READER, VECTORS = CHECKOUT / "Tests/IndependentReader", CHECKOUT / "Tests/StoreVectors"


def read(store: Path, **files: Path) -> dict[str, Any]:
    """Runs the reader, and gives what it printed."""
    options = [word for name, file in files.items() for word in (f"--{name.replace('_', '-')}-file", str(file))]
    argv = [sys.executable, str(READER / "read_store.py"), str(store), *options, "--secrets"]
    printed: dict[str, Any] = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    return printed


def test_it_reads_and_refuses_the_published_stores_as_their_list_says() -> None:
    vectors = json.loads((VECTORS / "index.json").read_text())
    wrong = []
    for vector in vectors:
        try:
            Store.parse((VECTORS / vector["file"]).read_bytes()).contents(bytes.fromhex(vector["data_key"]))
            found = None
        except Refused as refused:
            found = str(refused)
        if found != vector["error"]:
            wrong.append(f"{vector['file']}: {found}")
    assert not wrong
    assert len(vectors) >= 200 and len([each for each in vectors if each["error"]]) >= len(vectors) * 3 / 4


def test_the_published_stores_are_made_by_the_script(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(READER / "make_vectors.py"), str(tmp_path)], check=True, capture_output=True)
    names = {file.name for file in VECTORS.iterdir()} - {"README.md"}
    assert {file.name for file in tmp_path.iterdir()} == names
    assert all((tmp_path / name).read_bytes() == (VECTORS / name).read_bytes() for name in names)


def test_it_reads_what_awskeys_wrote(home: Home, tmp_path: Path) -> None:
    passphrase = Path(home.env["AWSKEYS_PASSPHRASE_FILE"])
    home.import_all()
    code = tmp_path / "code"
    code.write_text(home.run("slot", "add", "recovery").done().stdout.split()[-1])
    for command in (["adopt", "dev", "--yes"], ["remove", "prod", "--yes"]):
        home.run(*command).done()
    home.run("add", "third", "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").done()
    expected = {name: (key.id, key.secret) for name, key in (KEYS | {"third": THIRD}).items() if name != "prod"}
    by_code = read(home.store, recovery_code=code)
    # It keeps the ways in that are at hand.
    home.run("rekey", "--yes").done()
    for found in (by_code, read(home.store, passphrase=passphrase)):
        keys = {name: (each["access_key_id"], each["secret_access_key"]) for name, each in found["profiles"].items()}
        assert keys == expected
        assert [name for name, each in found["profiles"].items() if each["sessions_only"]] == ["dev"]
        assert (found["journals"], found["unfinished"]) == (1, False)


@pytest.mark.parametrize("version", ["1", "1.1", "1.2", "1.3"])
def test_it_reads_the_store_of_every_version(version: str, tmp_path: Path) -> None:
    folder = CHECKOUT / f"Migration/stores/format-{version}"
    store = shutil.copy(folder / "store", tmp_path / "store")
    Path(store).chmod(0o600)
    found = read(Path(store), passphrase=folder / "passphrase")
    listed = json.loads((folder / "expected.json").read_text())
    assert {name: found["profiles"][name]["access_key_id"] for name in listed} == {
        name: each["access_key_id"] for name, each in listed.items()
    }


def test_awskeys_reads_and_changes_what_it_wrote(make_home: MakeHome) -> None:
    home = make_home(config="", credentials="")
    made = Draft(random.Random("a store of the writer"), minor=1)
    made.add_key("dev", "same", id=DEV.id.encode(), secret=DEV.secret.encode(), exposed=True)
    made.add_key("other", id=OTHER.id.encode(), secret=OTHER.secret.encode())
    made.add_slot(KEYRING, made.draw.randbytes(32))
    salt, passes, memory = made.draw.randbytes(16), 2, 65_536
    slot_key = stretch(PASSPHRASE.encode(), salt, passes, memory)
    made.add_slot(PASSPHRASE_SLOT, slot_key, stretching(salt, passes, memory))
    home.store.parent.mkdir(parents=True, mode=0o700)
    home.store.write_bytes(made.encoded())
    home.store.chmod(0o600)
    assert json.loads(home.resolve("same").done().stdout)["SecretAccessKey"] == DEV.secret
    home.run("remove", "dev", "--yes").done()
    assert home.resolve("dev").status != 0
    found = read(home.store, passphrase=Path(home.env["AWSKEYS_PASSPHRASE_FILE"]))
    assert {name: each["access_key_id"] for name, each in found["profiles"].items()} == {
        "same": DEV.id,
        "other": OTHER.id,
    }
