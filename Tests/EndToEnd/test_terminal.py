"""A person at a terminal: what is asked, what is shown, and that a passphrase never is."""

from __future__ import annotations

import json
import termios
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from canary import secrets_in
from conftest import MakeHome
from fake_keys import DEV, THIRD
from home import PASSPHRASE, Home
from stub_iam import Stub
from terminal import ID_ASKED, SECRET_ASKED, YES_OR_NO, Terminal


@pytest.fixture
def newcomer(make_home: MakeHome) -> Home:
    """A home with the everyday files, no passphrase file and no Secret Service."""
    return make_home(passphrase=False)


@pytest.fixture
def locked(home: Home) -> Iterator[Home]:
    """A home with everything imported under a passphrase, locked, and nobody but a person to ask."""
    home.import_all().run("lock").done()
    home.forget_passphrase()
    yield home


def test_a_first_import_asks_a_passphrase_twice_and_offers_a_recovery_code(newcomer: Home) -> None:
    terminal = Terminal(newcomer, "import")
    assert terminal.answers([PASSPHRASE, PASSPHRASE], {"recovery": "y"}) == 0, terminal.seen
    assert PASSPHRASE not in terminal.seen
    assert "recovery" in terminal.seen.lower()
    assert DEV.secret not in newcomer.credentials.read_text()
    slots = json.loads(newcomer.run("status", "--json").done().stdout)["slots"]
    assert sorted(slot["kind"] for slot in slots) == ["passphrase", "recovery"]
    newcomer.run("lock").done()
    newcomer.use_passphrase(PASSPHRASE)
    assert DEV.secret in newcomer.resolve("dev").done().stdout


def test_import_offers_to_replace_what_lay_in_plain_text(make_home: MakeHome, stub: Stub) -> None:
    key = stub.user("ann").key()
    home = make_home(config="[default]\nregion = us-east-1\n", credentials=f"[dev]\n{key.lines()}")
    home.env |= stub.environment
    terminal = Terminal(home, "import")
    assert terminal.answers([], {"in iam now": "y"}) == 0, terminal.seen
    assert json.loads(home.resolve("dev").done().stdout)["AccessKeyId"] != key.id
    assert not stub.works(key.id)


def test_a_recovery_code_may_be_declined(newcomer: Home) -> None:
    terminal = Terminal(newcomer, "import")
    assert terminal.answers([PASSPHRASE, PASSPHRASE], {"recovery": "n"}) == 0, terminal.seen
    slots = json.loads(newcomer.run("status", "--json").done().stdout)["slots"]
    assert [slot["kind"] for slot in slots] == ["passphrase"]


def test_saying_no_changes_nothing(newcomer: Home) -> None:
    before = newcomer.files()
    terminal = Terminal(newcomer, "import")
    while terminal.wait_for(YES_OR_NO, SECRET_ASKED) == 1:
        terminal.type_unseen(PASSPHRASE)
    terminal.child.sendline("n")
    assert terminal.ends() == 1, terminal.seen
    assert newcomer.files() == before


def test_two_different_passphrases_make_no_store(newcomer: Home) -> None:
    before = newcomer.files()
    terminal = Terminal(newcomer, "import")
    typed = 0
    while typed < 2:
        if terminal.wait_for(SECRET_ASKED, YES_OR_NO) == 1:
            terminal.child.sendline("y")
            continue
        terminal.type_unseen(f"{PASSPHRASE} {typed}")
        typed += 1
    # Either it asks again, and is left there, or it gives up by itself.
    again = terminal.child.expect([SECRET_ASKED, pexpect.EOF])
    if again == 0:
        terminal.seen += terminal.child.before
        terminal.interrupt()
    else:
        terminal.seen += terminal.child.before
    assert terminal.ends() != 0
    assert "match" in terminal.seen or "same" in terminal.seen or "differ" in terminal.seen, terminal.seen
    assert newcomer.files() == before


def test_the_plan_on_a_terminal_masks_every_secret(newcomer: Home) -> None:
    terminal = Terminal(newcomer, "import", "--dry-run")
    assert terminal.ends() == 0
    assert "credential_process" in terminal.seen
    assert secrets_in([("terminal", terminal.seen.encode())], [DEV.secret]) == []


def test_unlock_asks_and_opens(locked: Home) -> None:
    terminal = Terminal(locked, "unlock")
    assert terminal.answers([PASSPHRASE], {}) == 0, terminal.seen
    assert PASSPHRASE not in terminal.seen
    assert DEV.id in locked.resolve("dev").done().stdout


def test_a_wrong_passphrase_is_told_and_may_be_mended(locked: Home) -> None:
    terminal = Terminal(locked, "unlock")
    terminal.wait_for(SECRET_ASKED)
    terminal.type_unseen("mistyped EXAMPLE")
    terminal.wait_for("Wrong passphrase, try again: ")
    terminal.type_unseen(PASSPHRASE)
    assert terminal.ends() == 0, terminal.seen


def test_three_wrong_passphrases_are_enough(locked: Home) -> None:
    terminal = Terminal(locked, "unlock")
    assert terminal.answers(["mistyped EXAMPLE"] * 3, {}) == 77, terminal.seen
    assert "the store is locked: wrong passphrase" in terminal.seen


def test_an_interrupt_at_the_prompt_gives_the_terminal_back(locked: Home) -> None:
    terminal = Terminal(locked, "unlock")
    terminal.wait_for(SECRET_ASKED)
    terminal.interrupt()
    # The master side of a pty sees the line settings as the program left them.
    now = termios.tcgetattr(terminal.child.child_fd)
    assert now[3] & termios.ECHO and now[3] == terminal.before[3]
    terminal.child.close()
    status, signal = terminal.child.exitstatus, terminal.child.signalstatus
    assert signal == 2 or status in (1, 77, 130), (status, signal)
    locked.resolve("dev").failed(77)


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("awskeys-credential-process", ["dev"]), ("awskeys", ["credential-process", "dev"])],
    ids=["fast", "slow"],
)
def test_a_client_on_a_terminal_gets_its_json_after_a_prompt(
    locked: Home, tmp_path: Path, program: str, arguments: list[str]
) -> None:
    out = tmp_path / "stdout"
    terminal = Terminal(locked, *arguments, program=program, stdout=out)
    assert terminal.answers([PASSPHRASE], {}) == 0, terminal.seen
    assert secrets_in([("terminal", terminal.seen.encode())], [PASSPHRASE, DEV.secret]) == []
    document = json.loads(out.read_text())
    assert (document["AccessKeyId"], document["SecretAccessKey"]) == (DEV.id, DEV.secret)
    assert out.read_text().count("\n") == 1


def test_add_asks_for_both_halves_and_hides_the_secret(home: Home) -> None:
    home.import_all()
    terminal = Terminal(home, "add", "third")
    terminal.wait_for(ID_ASKED)
    terminal.child.sendline(THIRD.id)
    terminal.wait_for(SECRET_ASKED)
    terminal.type_unseen(THIRD.secret)
    assert terminal.answers([], {}) == 0, terminal.seen
    assert secrets_in([("terminal", terminal.seen.encode())], [THIRD.secret]) == []
    assert THIRD.secret in home.resolve("third").done().stdout
