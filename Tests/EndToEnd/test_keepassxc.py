"""A real KeePassXC as Secret Service opens the store, and differs from gnome-keyring only where this file says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assuan_peer import scripted_pinentry
from conftest import MakeHome
from fake_keys import DEV
from home import PASSPHRASE, Home
from keepassxc import PASSWORD, KeePassXC, can_be_had, keepassxc
from programs import Result

pytestmark = pytest.mark.skipif(not can_be_had(), reason="needs keepassxc, Xvfb and xdotool")

# The dialog that asks for the database's password; the main window's title begins with the database's name.
DIALOG = "^Unlock Database"


@pytest.fixture
def desktop(make_home: MakeHome, request: pytest.FixtureRequest) -> Iterator[tuple[Home, KeePassXC]]:
    """A home with an open database, and everything imported through it."""
    home = make_home(passphrase=False)
    with keepassxc(home.env, unlock_before_search=getattr(request, "param", True)) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        home.import_all()
        home.run("lock").done()
        yield home, keyring


def meanwhile(home: Home, env: dict[str, str]) -> tuple[threading.Thread, list[Result]]:
    """Lets a program ask for a key in the background, for a person to answer."""
    answers: list[Result] = []
    asker = threading.Thread(target=lambda: answers.append(home.resolve("dev", env=env)))
    asker.start()
    return asker, answers


def test_it_makes_a_slot_and_the_store_opens_without_a_question(desktop: tuple[Home, KeePassXC]) -> None:
    home, keyring = desktop
    slots = json.loads(home.run("slot", "list", "--json").done().stdout)["slots"]
    assert [slot["kind"] for slot in slots] == ["keyring"]
    home.run("lock").done()
    assert json.loads(home.resolve("dev").done().stdout)["AccessKeyId"] == DEV.id
    assert len(keyring.items) == 1
    (label, attributes), *_ = keyring.labels_and_attributes()
    assert "awskeys" in label.lower()
    # Unlike gnome-keyring's, its items also show the entry's own fields as attributes.
    assert {"Title", "Uuid", "Path"} <= attributes.keys()
    assert not any(part in f"{label} {attributes}" for part in (DEV.id, DEV.secret))


# KeePassXC's own setting *Unlock before search*, on unless a person switches it off: a search brings up its dialog.
UNLOCK_BEFORE_SEARCH = pytest.mark.parametrize(
    "desktop", [True, False], indirect=True, ids=["unlock-before-search", "search-at-once"]
)


@UNLOCK_BEFORE_SEARCH
def test_a_locked_database_hides_its_items_and_nothing_is_made_anew(desktop: tuple[Home, KeePassXC]) -> None:
    home, keyring = desktop
    store = home.store.read_bytes()
    keyring.lock()
    answer = home.resolve("dev")
    # gnome-keyring shows locked items; KeePassXC shows none, and may bring up a dialog for a search, so that the
    # collection's lock has to tell.
    answer.failed(77, "the desktop keyring is locked", "awskeys unlock")
    assert home.store.read_bytes() == store


@UNLOCK_BEFORE_SEARCH
def test_with_a_screen_its_dialog_unlocks(desktop: tuple[Home, KeePassXC]) -> None:
    home, keyring = desktop
    keyring.lock()
    asker, answers = meanwhile(home, {"DISPLAY": keyring.screen.display})
    keyring.screen.type_into(DIALOG, PASSWORD)
    asker.join(timeout=60)
    assert json.loads(answers[0].done().stdout)["AccessKeyId"] == DEV.id
    assert not keyring.locked and len(keyring.items) == 1


@UNLOCK_BEFORE_SEARCH
def test_a_dismissed_dialog_is_a_refusal(desktop: tuple[Home, KeePassXC]) -> None:
    home, keyring = desktop
    keyring.lock()
    asker, answers = meanwhile(home, {"DISPLAY": keyring.screen.display})
    keyring.screen.cancel(DIALOG)
    asker.join(timeout=60)
    answers[0].failed(77, "dismissed")
    assert keyring.locked


@UNLOCK_BEFORE_SEARCH
def test_after_a_dismissed_dialog_no_other_one_comes_up(desktop: tuple[Home, KeePassXC], tmp_path: Path) -> None:
    home, keyring = desktop
    (tmp_path / "new-passphrase").write_text(PASSPHRASE + "\n")
    (tmp_path / "new-passphrase").chmod(0o600)
    home.run("slot", "add", "passphrase", "--new-passphrase-file", str(tmp_path / "new-passphrase")).done()
    home.run("lock").done()
    pinentry = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}")
    keyring.lock()
    asker, answers = meanwhile(home, {"DISPLAY": keyring.screen.display, "PATH": str(pinentry.path.parent)})
    keyring.screen.cancel(DIALOG)
    asker.join(timeout=60)
    answers[0].failed(77, "dismissed")
    assert pinentry.dialogs == 0
