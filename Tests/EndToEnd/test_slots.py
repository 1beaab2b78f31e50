"""What opens the store is changed: slots are replaced, the recovery code is used, and each refusal changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import programs
from conftest import MakeHome
from fake_keys import DEV
from gnome_keyring import Keyring, gnome_keyring
from home import PASSPHRASE, Home
from programs import Result
from test_full_disk import fill, small_disk
from test_terminal import Terminal
from tracing import STRACE

NEW = "another EXAMPLE passphrase"


@pytest.fixture
def new_passphrase(tmp_path: Path) -> list[str]:
    """The option that names a file with a new passphrase."""
    file = tmp_path / "new"
    file.write_text(NEW + "\n")
    file.chmod(0o600)
    return ["--new-passphrase-file", str(file)]


def slots(home: Home) -> dict[str, str]:
    """Gives the store's slots: their ids with their kinds."""
    return {slot["id"]: slot["kind"] for slot in json.loads(home.run("slot", "list", "--json").done().stdout)["slots"]}


def opens_with(home: Home, passphrase: str | None) -> bool:
    """Says whether the locked store opens with a passphrase or code in a file, or with the keyring alone."""
    home.run("lock").done()
    home.forget_passphrase()
    if passphrase is not None:
        home.use_passphrase(passphrase)
    answer = home.resolve("dev")
    home.forget_passphrase()
    assert answer.status == 77 or DEV.secret in answer.stdout, answer
    return answer.status == 0


def code_in(text: str) -> str:
    """Gives the recovery code that was printed last."""
    lines = [line for line in text.split() if len(line) == 31 and line.count("-") == 5]
    return lines[-1]


def unread(home: Home, how: str, *arguments: str) -> Result:
    """Runs `awskeys` with a standard output that takes nothing."""
    argv = [str(home.folder / programs.AWSKEYS), *arguments]
    if how == "full":
        return programs.run(["/bin/sh", "-c", 'exec "$0" "$@" > /dev/full', *argv], home.env)
    if how == "closed":
        return programs.run(["/bin/sh", "-c", 'exec "$0" "$@" >&-', *argv], home.env)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            argv, env=home.env, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE, text=True,
            start_new_session=True, timeout=60,
        )  # fmt: skip
    finally:
        os.close(writing)
    return Result(done.returncode, "", done.stderr)


def assert_unshown(answer: Result) -> None:
    """Asserts that the command says it couldn't print."""
    assert (answer.status, answer.stdout) == (74, ""), answer
    assert answer.stderr.splitlines()[-1].startswith("awskeys: cannot write to standard output: "), answer


UNREAD = ["full", "closed", "no reader"]


# Passphrases


@pytest.mark.parametrize("how", ["none", "kind", "id"])
def test_a_replaced_passphrase_opens_the_store_and_the_old_one_does_not(
    home: Home, new_passphrase: list[str], how: str
) -> None:
    home.import_all()
    ((old, _),) = slots(home).items()
    name = {"none": [], "kind": ["passphrase"], "id": [old]}[how]
    generation = json.loads(home.run("status", "--json").done().stdout)["generation"]
    answer = home.run("slot", "replace", *name, *new_passphrase, "--yes").done()
    assert json.loads(home.run("status", "--json").done().stdout)["generation"] == generation + 1
    ((new, kind),) = slots(home).items()
    assert kind == "passphrase" and new != old
    assert old in answer.stderr and new in answer.stderr and answer.stdout == ""
    assert opens_with(home, NEW) and not opens_with(home, PASSPHRASE)


def test_a_person_types_the_new_passphrase_twice(home: Home) -> None:
    home.import_all()
    before = home.store.read_bytes()
    terminal = Terminal(home, "slot", "replace")
    assert terminal.answers([NEW, NEW + "."], {}) == 64, terminal.seen
    assert home.store.read_bytes() == before
    terminal = Terminal(home, "slot", "replace")
    assert terminal.answers([NEW, NEW], {}) == 0, terminal.seen
    assert NEW not in terminal.seen
    assert opens_with(home, NEW) and not opens_with(home, PASSPHRASE)


def test_a_no_replaces_nothing(home: Home) -> None:
    home.import_all()
    before = home.store.read_bytes()
    terminal = Terminal(home, "slot", "replace")
    assert terminal.answers([], {"replace": "n"}) == 1, terminal.seen
    assert "nothing was changed" in terminal.seen
    assert home.store.read_bytes() == before


def test_replace_names_what_it_cannot_choose_between_and_refuses_the_rest(
    home: Home, new_passphrase: list[str]
) -> None:
    home.import_all()
    home.run("slot", "add", "passphrase", *new_passphrase).done()
    home.run("slot", "add", "recovery").done()
    before, all_slots = home.store.read_bytes(), slots(home)
    passphrases = [slot for slot, kind in all_slots.items() if kind == "passphrase"]
    home.run("slot", "replace", "--yes").failed(64, *all_slots)
    answer = home.run("slot", "replace", "passphrase", *new_passphrase, "--yes")
    answer.failed(64, *passphrases)
    assert not any(slot in answer.stderr for slot in set(all_slots) - set(passphrases))
    home.run("slot", "replace", "keyring", "--yes").failed(66, "keyring", "slot list")
    home.run("slot", "replace", "0000000000000000", "--yes").failed(66, "0000000000000000", "slot list")
    home.run("slot", "replace", passphrases[0], *new_passphrase).failed(64, "--yes")
    home.run("slot", "replace", "recovery", *new_passphrase, "--yes").failed(64, "--new-passphrase-file")
    home.run("slot", "replace", passphrases[0], "--new-passphrase-file", "/nowhere", "--yes").failed(78, "/nowhere")
    assert home.store.read_bytes() == before


def test_slot_list_shows_what_a_trial_costs(home: Home) -> None:
    home.import_all()
    found = json.loads(home.run("slot", "list", "--json").done().stdout)["slots"][0]
    assert set(found) == {"id", "kind", "created", "memory_kib", "passes"}
    # The standard, but where there is little memory: as much work at least, as far as passes go.
    assert found["memory_kib"] in (64 * 1024, 128 * 1024, 256 * 1024)
    assert found["memory_kib"] * found["passes"] >= 3 * 256 * 1024 or found["passes"] == 10
    shown = home.run("slot", "list").done().stdout
    assert f"{found['memory_kib'] // 1024} MiB, {found['passes']} passes" in shown


# The keyring


def test_a_replaced_keyring_slot_has_a_new_item_and_the_old_one_is_gone(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    ((old, _),) = slots(home).items()
    before = home.store.read_bytes()
    home.run("slot", "replace", "--yes").done()
    ((new, kind),) = slots(home).items()
    assert kind == "keyring" and new != old
    assert [attributes["slot"] for _, attributes in keyring.labels_and_attributes()] == [new]
    assert opens_with(home, None)
    # An old copy of the file finds its key no more.
    home.store.write_bytes(before)
    home.run("lock").done()
    answer = home.resolve("dev")
    answer.failed(answer.status)
    assert answer.status in (69, 77), answer


def test_a_keyring_that_is_locked_replaces_nothing(desktop: tuple[Home, Keyring]) -> None:
    home, keyring = desktop
    home.run("unlock").done()
    before, items = home.store.read_bytes(), keyring.items
    keyring.lock()
    home.run("slot", "replace", "keyring", "--yes").failed(77, "keyring", "locked")
    keyring.unlock()
    assert (home.store.read_bytes(), keyring.items) == (before, items)
    assert opens_with(home, None)


@pytest.mark.parametrize("arguments", [["slot", "replace"], ["slot", "add", "keyring"], ["rekey"]], ids=" ".join)
def test_a_new_keyring_item_goes_again_if_the_store_cannot_be_written(
    desktop: tuple[Home, Keyring], arguments: list[str]
) -> None:
    home, keyring = desktop
    home.run("unlock").done()
    with small_disk(home.store.parent):
        fill(home.store.parent)
        before, items = home.store.read_bytes(), keyring.items
        home.run(*arguments, *([] if "add" in arguments else ["--yes"])).failed(73)
        assert (home.store.read_bytes(), keyring.items) == (before, items)
        assert opens_with(home, None)
        (home.store.parent / "filler").unlink()
        home.run(*arguments, *([] if "add" in arguments else ["--yes"])).done()
        assert opens_with(home, None)
        assert len(keyring.items) == len(slots(home))
        home.lock()


# The recovery code


def lose_passphrase(home: Home, _: Keyring | None) -> None:
    home.forget_passphrase()


def lose_keyring(home: Home, keyring: Keyring | None) -> None:
    assert keyring
    keyring.delete_items()


@pytest.mark.parametrize("lose", [lose_passphrase, lose_keyring], ids=["passphrase", "keyring"])
def test_the_code_opens_the_store_when_all_else_is_lost_however_it_is_typed(
    make_home: MakeHome, lose: Callable[[Home, Keyring | None], None]
) -> None:
    home = make_home(passphrase=lose is lose_passphrase)
    with gnome_keyring(home.env) as keyring:
        if lose is lose_keyring:
            home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        home.import_all()
        code = code_in(home.run("slot", "add", "recovery").done().stdout)
        while "0" not in code:
            # One code in two has no 0 that could be taken for an O.
            code = code_in(home.run("slot", "replace", "recovery", "--yes").done().stdout)
        lose(home, keyring)
        home.run("lock").done()
        answer = home.resolve("dev")
        answer.failed(answer.status)
        terminal = Terminal(home, "unlock")
        typed = code.lower().replace("-", " ").replace("0", "o")
        assert terminal.answers([typed], {}) == 0, terminal.seen
        assert code not in terminal.seen and typed not in terminal.seen
        assert DEV.secret in home.resolve("dev").done().stdout

        # The store is open again, so that a code that was used can be replaced, and then opens nothing.
        terminal = Terminal(home, "slot", "replace", "recovery")
        assert terminal.answers([], {}) == 0, terminal.seen
        new = code_in(terminal.seen)
        assert new != code
        assert not opens_with(home, code) and opens_with(home, new)


@pytest.mark.parametrize("how", UNREAD)
def test_a_code_that_cannot_be_shown_changes_nothing_that_opens(home: Home, how: str) -> None:
    home.import_all()
    only_passphrase = slots(home)
    assert_unshown(unread(home, how, "slot", "add", "recovery"))
    assert slots(home) == only_passphrase

    code = code_in(home.run("slot", "add", "recovery").done().stdout)
    both = slots(home)
    assert_unshown(unread(home, how, "slot", "replace", "recovery", "--yes"))
    assert slots(home) == both
    assert_unshown(unread(home, how, "rekey", "--yes"))
    assert slots(home) == both
    assert opens_with(home, PASSPHRASE) and opens_with(home, code)


@pytest.mark.skipif(STRACE is None, reason="strace isn't there to make one write fail")
@pytest.mark.parametrize(
    ("arguments", "failing"),
    [(["slot", "replace", "recovery"], 1), (["slot", "replace", "recovery"], 2), (["rekey"], 2)],
)
def test_a_code_that_was_shown_works_and_the_old_one_does_until_then(
    home: Home, arguments: list[str], failing: int
) -> None:
    home.import_all()
    old = code_in(home.run("slot", "add", "recovery").done().stdout)
    fail = ["-e", "trace=rename", "-e", f"inject=rename:error=ENOSPC:when={failing}", "-o", "/dev/null"]
    argv = [str(STRACE), "-f", "-qq", *fail, str(home.folder / programs.AWSKEYS), *arguments, "--yes"]
    answer = programs.run(argv, home.env)
    assert answer.status == 73, answer
    shown = [code_in(answer.stdout)] if failing == 2 else []
    assert shown or answer.stdout == ""
    for code in [old, *shown]:
        assert opens_with(home, code)
    assert sorted(slots(home).values()) == ["passphrase", "recovery", *("recovery" for _ in shown)]
