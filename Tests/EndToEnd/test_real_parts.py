"""The parts that tests of unlocking stand on do what they say; needs no awskeys."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import xvfb
from assuan_peer import CANCELLED, TIMED_OUT, UNKNOWN_OPTION, scripted_pinentry
from counting import secret_service_calls
from gnome_keyring import gnome_keyring
from home import bare_environment
from seccomp import without_keys

PERCENTS = "100 % sure, 25%25, ünd Umläute"


def assuan(program: Path | str, *lines: str, env: dict[str, str] | None = None) -> list[str]:
    """Sends lines to a pinentry, and gives what it said after its greeting."""
    spoken = "".join(line + "\n" for line in lines)
    done = subprocess.run([program], input=spoken, capture_output=True, text=True, timeout=60, env=env)
    greeting, *answers = done.stdout.splitlines()
    assert greeting.startswith("OK"), done
    return answers


def test_keys_are_refused_under_seccomp_and_nothing_else() -> None:
    allowed = subprocess.run(["keyctl", "show"], capture_output=True, text=True)
    refused = subprocess.run(without_keys("keyctl", "show"), capture_output=True, text=True)
    added = subprocess.run(without_keys("keyctl", "add", "user", "EXAMPLE", "x", "@u"), capture_output=True, text=True)
    assert allowed.returncode == 0
    assert refused.returncode != 0 and "Operation not permitted" in refused.stderr, refused
    assert added.returncode != 0 and "Operation not permitted" in added.stderr, added
    assert subprocess.run(without_keys("sh", "-c", "echo $$; exit 7"), stdout=subprocess.DEVNULL).returncode == 7


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (f"passphrase {PERCENTS}", ["D 100 %25 sure, 25%2525, ünd Umläute", "OK"]),
        ("split a%b", ["D a", "D %25", "D b", "OK"]),
        ("cancel", [CANCELLED]),
        ("timeout", [TIMED_OUT]),
    ],
)
def test_the_scripted_pinentry_answers_as_told(tmp_path: Path, answer: str, said: list[str]) -> None:
    pinentry = scripted_pinentry(tmp_path, answer)
    heard = assuan(pinentry.path, "SETDESC two%0Alines 100%25", "OPTION ttyname=/dev/pts/9", "GETPIN", "BYE")
    assert heard == ["OK", "OK", *said, "OK closing connection"]
    assert pinentry.said("SETDESC") == ["two\nlines 100%"]
    assert (pinentry.dialogs, pinentry.processes) == (1, 1)


def test_the_scripted_pinentry_takes_its_answers_in_turn(tmp_path: Path) -> None:
    pinentry = scripted_pinentry(tmp_path, "passphrase wrong", "passphrase right", refuse_options=True)
    assert assuan(pinentry.path, "OPTION no-grab", "GETPIN") == [UNKNOWN_OPTION, "D wrong", "OK"]
    assert assuan(pinentry.path, "GETPIN", "GETPIN") == ["D right", "OK", "D right", "OK"]
    pinentry.answer("die")
    assert assuan(pinentry.path, "GETPIN") == []
    assert (pinentry.dialogs, pinentry.processes) == (4, 3)


@pytest.mark.parametrize("program", ["pinentry-gtk-2", "pinentry-qt"])
def test_somebody_types_into_a_real_pinentry(program: str, tmp_path: Path) -> None:
    if not xvfb.can_be_had() or not shutil.which(program):
        pytest.skip(f"needs Xvfb, xdotool and {program}")
    asked = "SETTITLE EXAMPLE\nSETDESC EXAMPLE\nSETPROMPT Passphrase:\nGETPIN\nBYE\n"
    with xvfb.screen() as screen:
        env = bare_environment(tmp_path) | {"DISPLAY": screen.display}
        for act, said in (
            (lambda: screen.type_into("pinentry", "an EXAMPLE with 100 %"), "D an EXAMPLE with 100 %25"),
            (lambda: screen.cancel("pinentry"), "ERR 83886179"),
        ):
            pinentry = subprocess.Popen(
                [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True
            )
            assert pinentry.stdin
            pinentry.stdin.write(asked)
            pinentry.stdin.flush()
            act()
            heard, _ = pinentry.communicate(timeout=30)
            assert any(line.startswith(said) for line in heard.splitlines()), heard


def test_calls_to_the_secret_service_are_counted(tmp_path: Path) -> None:
    env = bare_environment(tmp_path)
    with gnome_keyring(env) as keyring, secret_service_calls(keyring.bus) as calls:
        assert calls.so_far() == []
        on_the_bus = os.environ | {"DBUS_SESSION_BUS_ADDRESS": keyring.bus}
        for _ in range(3):
            subprocess.run(["secret-tool", "lookup", "no", "such"], env=on_the_bus, capture_output=True)
        assert calls.members()["SearchItems"] == 3
        assert len(calls.senders("SearchItems")) == 3
