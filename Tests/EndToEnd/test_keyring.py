"""A real gnome-keyring on a bus of its own: it opens the store, and each way in which it can't has its own answer."""

from __future__ import annotations

import json
import time

import pytest

from conftest import MakeHome
from fake_keys import DEV
from gnome_keyring import Keyring, gnome_keyring
from home import PASSPHRASE, Home

# What a program that can't reach the keyring may take, in seconds: the one promise about time.
DEADLINE = 2.5


def slots(home: Home) -> list[str]:
    """Gives the kinds of the store's slots."""
    listed = json.loads(home.run("slot", "list", "--json").done().stdout)
    return [slot["kind"] for slot in (listed["slots"] if isinstance(listed, dict) else listed)]


def assert_both_resolve(home: Home) -> None:
    """Asserts that both programs give the key."""
    for answer in (home.resolve("dev"), home.run("credential-process", "dev")):
        document = json.loads(answer.done().stdout)
        assert (document["AccessKeyId"], document["SecretAccessKey"]) == (DEV.id, DEV.secret)
        assert answer.stderr == ""


def assert_both_fail(home: Home, status: int, *fragments: str) -> None:
    """Asserts that both programs fail with one message and a next step."""
    home.resolve("dev").failed(status, *fragments)
    home.run("credential-process", "dev").failed(status, *fragments)


def test_a_first_import_makes_a_keyring_slot(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    assert slots(home) == ["keyring"]
    assert len(keyring.items) == 1
    (label, attributes), *_ = keyring.labels_and_attributes()
    assert "awskeys" in label.lower()
    assert not any(part in f"{label} {attributes}" for part in (DEV.id, DEV.secret))


def test_the_store_opens_without_a_question(desktop: tuple[Home, Keyring]) -> None:
    home, _ = desktop
    home.run("lock").done()
    assert_both_resolve(home)


def test_a_locked_keyring_says_so_and_an_unlocked_one_resolves_again(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    keyring.lock()
    home.run("lock").done()
    assert_both_fail(home, 77, "locked", "awskeys unlock")
    assert keyring.locked
    keyring.unlock()
    assert_both_resolve(home)


def test_an_unlocked_session_outlives_the_lock_of_the_keyring_until_awskeys_lock(
    desktop: tuple[Home, Keyring],
) -> None:
    home, keyring = desktop
    status = json.loads(home.run("status", "--json").done().stdout)
    if status["kernel_keyring"] != "available":
        pytest.skip("the kernel refuses keys here, so that nothing is remembered")
    home.run("unlock").done()
    keyring.lock()
    assert_both_resolve(home)


def test_a_keyring_that_hangs_is_given_up_on_in_time(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    home.run("lock").done()
    with keyring.stopped():
        for ask in (lambda: home.resolve("dev"), lambda: home.run("credential-process", "dev")):
            began = time.monotonic()
            answer = ask()
            assert time.monotonic() - began < DEADLINE
            answer.failed(69)
    assert_both_resolve(home)


def test_a_passphrase_opens_the_store_when_the_keyring_is_locked_or_hangs(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    new = home.path / "new-passphrase"
    new.write_text(PASSPHRASE + "\n")
    new.chmod(0o600)
    home.run("slot", "add", "passphrase", "--new-passphrase-file", str(new)).done()
    assert sorted(slots(home)) == ["keyring", "passphrase"]
    home.use_passphrase(PASSPHRASE)
    keyring.lock()
    home.run("lock").done()
    assert_both_resolve(home)
    home.run("lock").done()
    with keyring.stopped():
        assert_both_resolve(home)
    home.forget_passphrase()
    home.run("lock").done()
    assert_both_fail(home, 77)


def test_a_deleted_item_says_that_the_keyring_has_none(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    store = home.store.read_bytes()
    keyring.delete_items()
    home.run("lock").done()
    answer = home.resolve("dev")
    answer.failed(answer.status)
    assert answer.status in (69, 77), answer
    assert "keyring" in answer.stderr.lower()
    assert home.store.read_bytes() == store
    assert keyring.items == []


def test_without_a_bus_the_message_names_the_missing_service(desktop: tuple[Home, Keyring]) -> None:
    home, _ = desktop
    home.run("lock").done()
    del home.env["DBUS_SESSION_BUS_ADDRESS"]
    assert_both_fail(home, 69)


def test_a_keyring_slot_can_be_added_to_a_store_with_a_passphrase(make_home: MakeHome) -> None:
    home = make_home().import_all()
    assert slots(home) == ["passphrase"]
    with gnome_keyring(home.env) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        home.run("slot", "add", "keyring").done()
        assert sorted(slots(home)) == ["keyring", "passphrase"]
        home.forget_passphrase()
        home.run("lock").done()
        assert_both_resolve(home)


def test_an_import_with_a_locked_keyring_makes_no_store_and_changes_nothing(make_home: MakeHome) -> None:
    home = make_home(passphrase=False)
    with gnome_keyring(home.env) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        keyring.lock()
        before = home.files(".aws")
        answer = home.run("import", "--yes")
        answer.failed(answer.status, after_plan=True)
        assert answer.status in (69, 77), answer
        assert home.files(".aws") == before
        assert not home.store.exists()
        assert keyring.items == []
