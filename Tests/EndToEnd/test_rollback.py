"""An older file in the store's place is refused, whoever remembers that there was a newer one, until it is accepted."""

from __future__ import annotations

import json

from fake_keys import DEV, THIRD
from gnome_keyring import Keyring
from home import Home


def generation(keyring: Keyring) -> int:
    """What the one item says of the store."""
    ((_, attributes),) = keyring.labels_and_attributes()
    return int(attributes["generation"])


def add(home: Home, name: str = "third") -> None:
    """Writes the store once more."""
    home.run("add", name, "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").done()


def test_the_desktops_keyring_remembers_what_the_kernel_has_forgotten(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    older = home.store.read_bytes()
    before = generation(keyring)
    add(home)
    assert generation(keyring) > before
    home.run("lock").done()
    home.store.write_bytes(older)
    for answer in (home.resolve("dev"), home.run("credential-process", "dev"), home.run("list"), home.run("unlock")):
        answer.failed(76, "--accept-rollback")
    assert home.store.read_bytes() == older

    seen = generation(keyring)
    home.run("unlock", "--accept-rollback").done()
    assert DEV.id in home.resolve("dev").done().stdout
    # It has become the newest one, wherever something was noted.
    assert generation(keyring) > seen
    home.run("lock").done()
    assert DEV.id in home.resolve("dev").done().stdout
    assert THIRD.id not in home.run("list").done().stdout


def test_a_changed_generation_is_damage_and_not_an_older_file(desktop: tuple[Home, Keyring]) -> None:
    home, _ = desktop
    add(home)
    whole = home.store.read_bytes()
    # Little-endian, 8 bytes at offset 32.
    for number in (0, 2**63):
        home.store.write_bytes(whole[:32] + number.to_bytes(8, "little") + whole[40:])
        for locks in (False, True):
            if locks:
                home.run("lock").done()
            home.resolve("dev").failed(65)
        home.store.write_bytes(whole)
        # What was claimed has not been remembered.
        assert DEV.id in home.resolve("dev").done().stdout


def test_what_was_written_while_the_keyring_was_locked_is_noted_by_the_next_who_opens_it(
    desktop: tuple[Home, Keyring],
) -> None:
    home, keyring = desktop
    before = generation(keyring)
    home.run("unlock").done()
    keyring.lock()
    add(home)
    keyring.unlock()
    assert generation(keyring) == before
    home.run("lock").done()
    home.resolve("dev").done()
    assert generation(keyring) > before


def test_the_kernel_learns_of_what_another_machine_wrote(home: Home) -> None:
    home.import_all()
    older = home.store.read_bytes()
    add(home)
    newer = home.store.read_bytes()
    home.run("lock").done()
    # Without a keyring slot, nobody remembers the newer one.
    home.store.write_bytes(older)
    home.run("unlock").done()
    home.store.write_bytes(newer)
    home.run("list").done()
    home.store.write_bytes(older)
    home.resolve("dev").failed(76, "--accept-rollback")


def test_the_environment_does_not_lead_to_another_keyring(desktop: tuple[Home, Keyring]) -> None:
    home, _ = desktop
    home.run("lock").done()
    # libsecret's ways to a file of its own, and to another service.
    elsewhere = {
        "SECRET_BACKEND": "file",
        "SNAP_NAME": "awskeys",
        "SNAP": "/nowhere",
        "SECRET_FILE_TEST_PATH": str(home.path / "elsewhere"),
        "SECRET_SERVICE_BUS_NAME": "org.example.Elsewhere",
    }
    assert DEV.id in home.resolve("dev", env=elsewhere).done().stdout
    home.run("slot", "add", "keyring", env=elsewhere).done()
    assert not (home.path / "elsewhere").exists()


def test_a_rollback_that_was_not_confirmed_is_not_accepted(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    older = home.store.read_bytes()
    add(home)
    home.store.write_bytes(older)
    keyring.lock()
    # The slot can't be opened, so nothing is accepted, and what the kernel remembers stays.
    home.run("unlock", "--accept-rollback").failed(77, "locked")
    home.resolve("dev").failed(76, "--accept-rollback")
    status = json.loads(home.run("status", "--json").done().stdout)
    assert status["seen_generation"] > status["generation"]
