"""`awskeys backup` and `restore`: copies of the store that open where the store did, and stores that are put back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import OTHER
from home import Home
from terminal import Terminal


@pytest.fixture
def home(make_home: MakeHome) -> Home:
    return make_home().import_all()


def profiles(home: Home) -> list[str]:
    return [each["profile"] for each in json.loads(home.run("list", "--json").done().stdout)["profiles"]]


def test_a_copy_opens_on_another_machine(home: Home, make_home: MakeHome, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert home.run("backup", str(copy)).done().stdout == f'copied the store to "{copy}"\n'
    assert copy.read_bytes() == home.store.read_bytes() and copy.stat().st_mode & 0o777 == 0o600
    # One user's kernel keyring remembers both homes for one store, so the first one is asked before the second is newer.
    known, answer = profiles(home), home.resolve("dev").done().stdout
    other = make_home("other", config=home.config.read_text(), credentials=home.credentials.read_text())
    told = other.run("restore", str(copy), "--yes").done()
    assert told.stdout.startswith("restored the keys of ") and told.stderr == ""
    assert profiles(other) == known
    assert other.run("export", "dev").done().stdout.split('","E')[0] == answer.split('","E')[0]


def test_the_latest_copy_is_noted(home: Home, tmp_path: Path) -> None:
    note = home.store.with_name("store.last-backup")
    before = int(time.time())
    home.run("backup", str(tmp_path / "copy")).done()
    made, generation = map(int, note.read_text().split())
    assert before <= made <= time.time() and note.stat().st_mode & 0o777 == 0o600
    assert generation == int.from_bytes(home.store.read_bytes()[32:40], "little")
    home.run("add", "late", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    home.run("backup", str(tmp_path / "second")).done()
    assert int(note.read_text().split()[1]) == int.from_bytes(home.store.read_bytes()[32:40], "little") > generation
    # A copy is made all the same where it can't be noted.
    note.unlink()
    note.mkdir()
    home.run("backup", str(tmp_path / "third")).done()


def test_an_older_copy_is_put_back_on_purpose_and_what_was_there_is_kept(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    home.run("backup", str(copy)).done()
    before = profiles(home)
    home.run("add", "late", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    replaced = home.store.read_bytes()
    told = home.run("restore", str(copy), "--yes").done()
    [kept] = home.store.parent.glob("store.replaced-*")
    assert kept.read_bytes() == replaced and str(kept) in told.stderr and kept.stat().st_mode & 0o777 == 0o600
    assert profiles(home) == before
    # It is the newest one now, whatever was seen before.
    home.run("lock").done()
    home.resolve("dev").done()
    home.run("restore", str(kept), "--yes").done()
    assert profiles(home) == sorted([*before, "late"])
    assert home.resolve("late").done()


def test_a_copy_from_before_a_new_data_key_opens_with_what_opened_it(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    home.run("backup", str(copy)).done()
    home.run("rekey", "--yes").done()
    home.run("restore", str(copy), "--yes").done()
    home.resolve("dev").done()
    home.run("list").done()


def test_what_is_no_store_replaces_none(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    home.run("backup", str(copy)).done()
    files = home.files()
    home.run("backup", str(copy)).failed(73, "is there already")
    whole = copy.read_bytes()
    for number, damaged in enumerate([whole[:-1], whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], b"", b"x" * 500]):
        copy.write_bytes(damaged)
        result = home.run("restore", str(copy), "--yes")
        assert result.status in (65, 77) and result.stdout == "", (number, result)
    copy.write_bytes(whole)
    copy.chmod(0o644)
    home.run("restore", str(copy), "--yes").failed(77, str(copy))
    copy.chmod(0o600)
    home.run("restore", str(tmp_path / "none"), "--yes").failed(66, "none")
    home.run("restore", str(copy)).failed(64, "--yes")
    assert home.files() == files


def test_a_person_is_asked_and_may_say_no(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    home.run("backup", str(copy)).done()
    files = home.files()
    terminal = Terminal(home, "restore", str(copy))
    terminal.wait_for("replace the store, with the keys of [^\r\n]*dev[^\r\n]*")
    terminal.child.sendline("n")
    assert terminal.ends() == 1 and home.files() == files
