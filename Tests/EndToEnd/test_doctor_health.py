"""`awskeys doctor` about the store and what opens it: one broken home that each rule finds, and a sound one."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jeepney import MessageType, message_bus, new_error
from jeepney.io.blocking import open_dbus_connection

import keepassxc
import programs
from clock import shifted_clock
from conftest import MakeHome
from fake_keys import OTHER
from gnome_keyring import NAME, Keyring, gnome_keyring, session_bus
from home import Home
from rotating import Ann
from seccomp import without_keys
from stub_iam import Stub
from tracing import STRACE

DAY = 86_400


def found(
    home: Home, env: dict[str, str] | None = None, refused: bool = False, through: list[str] | None = None
) -> dict[str, dict[str, Any]]:
    """What is found, by the rule; one of each is enough here."""
    argv = without_keys() if refused else through or []
    result = programs.run(
        [*argv, str(home.folder / programs.AWSKEYS), "doctor", "--json"], home.env | (env or {}), None, 60, home.path
    )
    findings = json.loads(result.stdout)["findings"]
    for each in findings:
        assert each["message"] and each["message"][-1] != "." and each["hint"], each
    return {each["rule"]: each for each in findings}


@pytest.fixture
def sound(desktop: tuple[Home, Keyring]) -> tuple[Home, Keyring]:
    """A home whose keys nobody has seen in plain text, an open keyring, and a recovery code."""
    home, keyring = desktop
    home.run("slot", "add", "recovery").done()
    return home, keyring


def test_a_sound_home_has_nothing_but_marks_of_its_keys(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    assert set(found(home)) - {"exposed-key"} == set()


def test_nothing_is_said_of_a_store_that_is_not_there(home: Home) -> None:
    assert not {"one-way-in", "no-keyring", "kernel-keyring", "store"} & set(found(home))


def test_one_way_in_and_no_recovery_code(desktop: tuple[Home, Keyring]) -> None:
    home, _ = desktop
    only = found(home)["one-way-in"]
    assert only["severity"] == "warning" and "slot add recovery" in only["hint"]
    passphrase = home.path / "new"
    passphrase.write_text("zebra quagmire tundra\n")
    passphrase.chmod(0o600)
    home.run("slot", "add", "passphrase", "--new-passphrase-file", str(passphrase)).done()
    assert {"one-way-in", "no-recovery-code"} & set(found(home)) == {"no-recovery-code"}
    home.run("slot", "add", "recovery").done()
    assert not {"one-way-in", "no-recovery-code"} & set(found(home))


def test_no_bus_and_a_bus_without_a_keyring(sound: tuple[Home, Keyring]) -> None:
    home, keyring = sound
    assert "no-keyring" not in found(home)
    no_bus = found(home, {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})["no-keyring"]
    assert no_bus["severity"] == "warning"
    del home.env["DBUS_SESSION_BUS_ADDRESS"]
    assert "no-keyring" in found(home)


def test_without_its_only_keyring_a_store_is_in_trouble(desktop: tuple[Home, Keyring]) -> None:
    home, _ = desktop
    home.run("lock").done()
    finding = found(home, {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})["no-keyring"]
    assert finding["severity"] == "error" and "nothing else opens the store" in finding["message"]


def test_a_locked_keyring_is_found_and_stays_locked(sound: tuple[Home, Keyring]) -> None:
    home, keyring = sound
    home.run("lock").done()
    assert "keyring-locked" not in found(home)
    keyring.lock()
    assert found(home)["keyring-locked"]["severity"] == "warning"
    assert keyring.locked
    assert json.loads(home.run("status", "--json").done().stdout)["locked"] is True


def test_a_keyring_that_does_not_answer(sound: tuple[Home, Keyring]) -> None:
    home, keyring = sound
    with keyring.stopped():
        assert "keyring-silent" in found(home)
    assert "keyring-silent" not in found(home)


@pytest.mark.skipif(not STRACE or os.geteuid() != 0, reason="needs strace, and root to trace awskeys")
def test_a_keyring_that_is_slow(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    assert "keyring-slow" not in found(home)
    # One message from the bus comes 1.3 seconds later.
    delayed = ["-e", "trace=recvmsg", "-e", "inject=recvmsg:delay_enter=1300000:when=8"]
    slow = found(home, through=[str(STRACE), "-f", "-qq", "-o", "/dev/null", *delayed])["keyring-slow"]
    assert " ms to answer" in slow["message"]


def test_a_keyring_that_fails(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    assert "keyring-failed" not in found(home)
    with session_bus(home.env) as (address, _), open_dbus_connection(address) as connection:
        connection.send_and_get_reply(message_bus.RequestName(NAME), timeout=10)

        def refuse() -> None:
            # It ends when its bus does.
            with suppress(OSError, ValueError):
                while True:
                    call = connection.receive(timeout=30)
                    if call.header.message_type is MessageType.method_call:
                        connection.send(new_error(call, "org.freedesktop.DBus.Error.Failed", "s", ("EXAMPLE",)))

        threading.Thread(target=refuse, daemon=True).start()
        finding = found(home, {"DBUS_SESSION_BUS_ADDRESS": address})
        assert finding["keyring-failed"]["severity"] == "warning", finding


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_store_of_somebody_else(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    assert "store-mode" not in found(home)
    os.chown(home.store, 54321, -1)
    assert found(home)["store-mode"]["severity"] == "error"


def test_a_keyring_that_has_lost_the_key(sound: tuple[Home, Keyring]) -> None:
    home, keyring = sound
    assert "keyring-key" not in found(home)
    keyring.delete_items()
    assert "has no key" in found(home)["keyring-key"]["message"]


@pytest.mark.skipif(not keepassxc.can_be_had(), reason="needs keepassxc, Xvfb and xdotool")
def test_a_keyring_that_asks_each_time(make_home: MakeHome) -> None:
    home = make_home(passphrase=False)
    bare = dict(home.env)
    with keepassxc.keepassxc(bare) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        home.import_all()
        assert "keyring-asks" not in found(home)
        # What is new in the database is written by then.
        keyring.lock()
    with keepassxc.keepassxc(bare, confirms=True) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        assert found(home)["keyring-asks"]["severity"] == "warning"


def test_a_kernel_that_keeps_no_keys(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    assert "kernel-keyring" not in found(home)
    assert "Operation not permitted" in found(home, refused=True)["kernel-keyring"]["message"]


def test_an_older_store_than_the_keyring_knows(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    older = home.store.read_bytes()
    home.run("add", "third", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    assert "store-older" not in found(home)
    home.run("lock").done()
    home.store.write_bytes(older)
    assert found(home)["store-older"]["severity"] == "error"
    assert home.store.read_bytes() == older


def test_permissions_of_the_store_and_its_folders(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    assert not {"store-mode", "store-folder"} & set(found(home))
    home.store.chmod(0o644)
    assert "chmod 600" in found(home)["store-mode"]["hint"]
    home.store.chmod(0o600)
    home.store.parent.chmod(0o777)
    assert "chmod go-w" in found(home)["store-folder"]["hint"]
    assert home.store.parent.stat().st_mode & 0o777 == 0o777


def test_a_file_that_is_no_store(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    assert "store" not in found(home)
    home.store.write_bytes(b"something else")
    assert found(home)["store"]["severity"] == "error"


def test_keys_that_lay_in_plain_text_and_old_ones(sound: tuple[Home, Keyring], tmp_path: Path) -> None:
    home, _ = sound
    home.run("remove", "dev", "prod", "default", "--yes").done()
    home.run("add", "third", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    assert not {"exposed-key", "old-key"} & set(found(home))
    assert "old-key" not in found(home, shifted_clock(tmp_path, 90 * DAY))
    assert "third is 91 days old" in found(home, shifted_clock(tmp_path, 91 * DAY + 60))["old-key"]["message"]


def test_keys_of_a_store_that_only_a_person_opens_are_left_alone(locked: Home) -> None:
    assert not {"exposed-key", "old-key"} & set(found(locked))
    assert json.loads(locked.run("status", "--json").done().stdout)["locked"] is True


def test_exposed_keys_are_marked_until_they_are_rotated(make_home: MakeHome, stub: Stub) -> None:
    ann = Ann.make(make_home, stub)
    assert "exposed-key" in found(ann.home)
    ann.rotate("dev", "--delete-now", "--yes").done()
    assert "exposed-key" not in found(ann.home)


def test_a_rotation_that_is_overdue(make_home: MakeHome, stub: Stub, tmp_path: Path) -> None:
    ann = Ann.make(make_home, stub)
    ann.rotate("dev", "--keep-active", "--yes").done()
    assert "unfinished-rotation" not in found(ann.home)
    late = found(ann.home, shifted_clock(tmp_path, 40 * DAY))["unfinished-rotation"]
    assert "awskeys rotate --finish" in late["message"]


def test_a_copy_that_is_older_than_the_store(sound: tuple[Home, Keyring], tmp_path: Path) -> None:
    home, _ = sound
    home.run("backup", str(tmp_path / "copy")).done()
    late = shifted_clock(tmp_path, 32 * DAY)
    assert "old-backup" not in found(home, late)
    home.run("add", "third", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    assert "old-backup" not in found(home)
    assert "32 days old" in found(home, late)["old-backup"]["message"]


def test_a_clock_that_is_behind_the_files(sound: tuple[Home, Keyring], tmp_path: Path) -> None:
    home, _ = sound
    assert "clock" not in found(home)
    assert "clock" not in found(home, shifted_clock(tmp_path, -60))
    assert "in the future" in found(home, shifted_clock(tmp_path, -10 * DAY))["clock"]["message"]


def test_settings_that_cannot_be_understood(sound: tuple[Home, Keyring]) -> None:
    home, _ = sound
    settings = home.path / ".config/awskeys/config"
    settings.parent.mkdir(parents=True)
    settings.write_text("unlock-for = 15m\n")
    assert "settings" not in found(home)
    settings.write_text("unlock-for = soon\n")
    assert "unlock-for" in found(home)["settings"]["message"]
