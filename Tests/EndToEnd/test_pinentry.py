"""A person who is asked in a dialog: what awskeys says to a pinentry, and what it makes of each answer.

`test_deadline.py` has the one that never answers.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

import xvfb
from assuan_peer import Pinentry, scripted_pinentry
from canary import secrets_in
from conftest import MakeHome
from home import PASSPHRASE, Home
from programs import Result
from test_unlocking import assert_key

# Characters that Assuan escapes, some that it doesn't, and a length that needs more than one D line.
ODD = "100 % sure, 25%25, \\ D OK ünd Umläute " + "x" * 60


@pytest.fixture
def passphrase() -> str:
    return PASSPHRASE


@pytest.fixture
def locked(make_home: MakeHome, passphrase: str) -> Home:
    """A locked store that a passphrase opens, a screen, and no terminal."""
    home = make_home()
    home.use_passphrase(passphrase)
    home.import_all().run("lock").done()
    home.forget_passphrase()
    home.env["DISPLAY"] = ":99"
    return home


def resolved_with(home: Home, *pinentries: Pinentry, **env: str) -> Result:
    """Resolves where only these pinentries are in PATH."""
    path = ":".join(str(pinentry.path.parent) for pinentry in pinentries)
    return home.resolve("dev", env={"PATH": path, **env})


def test_it_says_what_for_and_ends_the_conversation(locked: Home, tmp_path: Path) -> None:
    pinentry = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}")
    answer = resolved_with(locked, pinentry)
    assert_key(answer.done().stdout)
    assert answer.stderr == ""
    [said] = pinentry.said("SETDESC")
    assert "awskeys" in said and "\n" in said
    assert pinentry.said("SETPROMPT") and pinentry.said("SETTITLE") == ["awskeys"]
    assert pinentry.said("SETERROR") == []
    assert 1 <= int(pinentry.said("SETTIMEOUT")[0]) <= 55
    everything = "\n".join(line.text for line in pinentry.lines)
    assert secrets_in([("pinentry", everything.encode())], [PASSPHRASE]) == []


@pytest.mark.parametrize("passphrase", [ODD])
@pytest.mark.parametrize("how", ["passphrase", "split", "chatty"])
def test_every_character_of_a_passphrase_arrives(locked: Home, tmp_path: Path, how: str, passphrase: str) -> None:
    pinentry = scripted_pinentry(tmp_path / "bin", f"{how} {passphrase}")
    assert_key(resolved_with(locked, pinentry).done().stdout)
    assert pinentry.dialogs == 1


def test_a_wrong_passphrase_is_told_and_asked_for_again(locked: Home, tmp_path: Path) -> None:
    pinentry = scripted_pinentry(tmp_path / "bin", "passphrase wrong EXAMPLE", f"passphrase {PASSPHRASE}")
    assert_key(resolved_with(locked, pinentry).done().stdout)
    assert (pinentry.dialogs, len(pinentry.said("SETERROR")), pinentry.processes) == (2, 1, 1)


def test_three_wrong_passphrases_are_enough(locked: Home, tmp_path: Path) -> None:
    pinentry = scripted_pinentry(tmp_path / "bin", "passphrase wrong EXAMPLE")
    answer = resolved_with(locked, pinentry)
    answer.failed(77, "wrong")
    assert "wrong EXAMPLE" not in answer.stderr
    assert pinentry.dialogs == 3


@pytest.mark.parametrize(
    ("said", "fragment"),
    [("cancel", "no passphrase was given"), ("timeout", "in time"), ("passphrase ", "no passphrase was given")],
)
def test_a_person_who_says_no_is_asked_nowhere_else(locked: Home, tmp_path: Path, said: str, fragment: str) -> None:
    first = scripted_pinentry(tmp_path / "first", said, name="pinentry-qt")
    second = scripted_pinentry(tmp_path / "second", f"passphrase {PASSPHRASE}", name="pinentry-gtk-2")
    resolved_with(locked, first, second).failed(77, fragment)
    assert (first.dialogs, second.dialogs) == (1, 0)


def test_options_may_be_refused(locked: Home, tmp_path: Path) -> None:
    pinentry = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}", refuse_options=True)
    assert_key(resolved_with(locked, pinentry).done().stdout)


@pytest.mark.parametrize("said", ["die", "garbage"])
def test_one_that_breaks_off_makes_room_for_the_next(locked: Home, tmp_path: Path, said: str) -> None:
    first = scripted_pinentry(tmp_path / "first", said, name="pinentry-qt")
    second = scripted_pinentry(tmp_path / "second", f"passphrase {PASSPHRASE}", name="pinentry-gtk-2")
    assert_key(resolved_with(locked, first, second).done().stdout)
    assert (first.dialogs, second.dialogs) == (1, 1)


@pytest.mark.parametrize("greeting", ["", "ERR 83886340 Not supported <Pinentry>", "\\377\\000"])
def test_one_that_does_not_greet_makes_room_for_the_next(locked: Home, tmp_path: Path, greeting: str) -> None:
    mute = tmp_path / "first" / "pinentry-gnome3"
    mute.parent.mkdir()
    mute.write_text(f"#!/bin/sh\nprintf '{greeting}\\n'\nexit 1\n")
    mute.chmod(0o755)
    second = scripted_pinentry(tmp_path / "second", f"passphrase {PASSPHRASE}", name="pinentry-gtk-2")
    answer = locked.resolve("dev", env={"PATH": f"{mute.parent}:{second.path.parent}"})
    assert_key(answer.done().stdout)


def test_those_that_need_a_terminal_are_passed_over(locked: Home, tmp_path: Path) -> None:
    curses = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}", name="pinentry-curses")
    (curses.path.parent / "pinentry").symlink_to(curses.path)
    resolved_with(locked, curses).failed(77)
    assert curses.processes == 0


def settle(home: Home, text: str) -> None:
    """Writes the settings."""
    settings = home.path / ".config/awskeys/config"
    settings.parent.mkdir(parents=True)
    settings.write_text(text)


def test_a_setting_names_the_one_to_use(locked: Home, tmp_path: Path) -> None:
    found = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}")
    named = scripted_pinentry(tmp_path / "else where", f"passphrase {PASSPHRASE}", name="mine")
    settle(locked, f"# which dialog\npinentry = {named.path}\n")
    assert_key(resolved_with(locked, found).done().stdout)
    assert (found.dialogs, named.dialogs) == (0, 1)


def test_a_setting_forbids_every_dialog(locked: Home, tmp_path: Path) -> None:
    found = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}")
    settle(locked, "pinentry = none\n")
    resolved_with(locked, found, SSH_ASKPASS=str(found.path)).failed(77)
    assert found.processes == 0


@pytest.mark.xfail(reason="a real pinentry doesn't notice that whoever asked is gone", strict=True)
@pytest.mark.skipif(
    not xvfb.can_be_had() or not shutil.which("pinentry-gtk-2"), reason="needs Xvfb, xdotool, pinentry-gtk-2"
)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_a_program_that_is_killed_leaves_no_dialog(locked: Home, tmp_path: Path, how: signal.Signals) -> None:
    only = tmp_path / "bin"
    only.mkdir()
    (only / "pinentry-gtk-2").symlink_to(shutil.which("pinentry-gtk-2") or "")
    with xvfb.screen() as screen:
        env = locked.env | {"DISPLAY": screen.display, "PATH": str(only)}
        asking = subprocess.Popen(
            [locked.helper, "dev"], env=env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        window = screen.wait_for_window("pinentry")
        asking.send_signal(how)
        assert asking.wait(timeout=30) == -how
        deadline = time.monotonic() + 5
        while window in screen.windows("pinentry"):
            assert time.monotonic() < deadline, "the dialog stays"
            time.sleep(0.05)
