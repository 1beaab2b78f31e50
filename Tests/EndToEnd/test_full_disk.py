"""A disk that is full or can't be written: import says so, and every byte stays where it was."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import DEV
from home import Home

PLACES = ["store", "files"]


@contextmanager
def small_disk(at: Path) -> Iterator[None]:
    """Mounts a disk of 64 KiB over a folder, with what was in it; skips the test where that isn't allowed."""
    kept = {file: file.read_bytes() for file in at.iterdir() if file.is_file()}
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(at)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    try:
        for file, content in kept.items():
            file.write_bytes(content)
            file.chmod(0o600)
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)


def fill(folder: Path) -> None:
    """Leaves not one byte free."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        for size in (4096, 1):
            try:
                while True:
                    filler.write(b"\0" * size)
            except OSError:
                pass


def folder_of(home: Home, place: str) -> Path:
    """Gives the folder that the disk is mounted over."""
    if place == "files":
        return home.config.parent
    home.store.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    return home.store.parent


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_stops_a_first_import_before_anything_is_lost(home: Home, place: str) -> None:
    folder = folder_of(home, place)
    with small_disk(folder):
        fill(folder)
        before = home.files(".aws")
        home.run("import", "--yes").failed(73, after_plan=True)
        assert home.files(".aws") == before
        (folder / "filler").unlink()
        home.run("import", "--yes").done()
        assert DEV.secret in home.resolve("dev").done().stdout
        home.lock()


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_stops_an_undo_before_anything_is_lost(home: Home, place: str) -> None:
    plain = home.files(".aws")
    folder = folder_of(home, place)
    with small_disk(folder):
        home.import_all()
        fill(folder)
        before = home.files(".aws")
        home.run("import", "--undo", "--yes").failed(73)
        assert home.files(".aws") == before
        assert DEV.secret in home.resolve("dev").done().stdout
        (folder / "filler").unlink()
        home.run("import", "--undo", "--yes").done()
        assert home.files(".aws") == plain
        home.lock()


@pytest.mark.parametrize("place", PLACES)
def test_a_read_only_disk_stops_an_import(home: Home, place: str) -> None:
    folder = folder_of(home, place)
    with small_disk(folder):
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        before = home.files()
        home.run("import", "--yes").failed(73, after_plan=True)
        assert home.files(".aws") == {name: content for name, content in before.items() if name.startswith(".aws/")}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into any folder")
def test_a_folder_that_may_not_be_written_stops_an_import(make_home: MakeHome) -> None:
    home = make_home()
    home.config.parent.chmod(0o500)
    before = home.files(".aws")
    try:
        home.run("import", "--yes").failed(73, after_plan=True)
        assert home.files(".aws") == before
    finally:
        home.config.parent.chmod(0o700)


def test_what_fails_says_nothing_of_a_key_that_others_have(home: Home) -> None:
    home.import_all()
    before = home.run("list", "--json").done().stdout
    home.credentials.write_text(home.credentials.read_text() + f"\n[twin]\n{DEV.lines()}")
    typed = f"{DEV.id}\n{DEV.secret}\n"
    with small_disk(home.config.parent):
        fill(home.config.parent)
        home.run("import", "--sessions", "--yes").failed(73, after_plan=True)
        home.run("add", "third", "--sessions", "--yes", stdin=typed).failed(73)
        assert home.run("list", "--json").done().stdout == before
    home.run("import", "--sessions", "--profile", "twin", "--yes").done()
    kept = {each["profile"]: each["sessions_only"] for each in json.loads(home.run("list", "--json").done().stdout)["profiles"]}
    assert kept["twin"] and kept["dev"]
