"""Where awskeys finds itself, and how it gets the store open there; docs/unlocking.md has these tests as a table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import programs
import unlocking_table
import xvfb
from assuan_peer import scripted_pinentry
from fake_keys import DEV
from gnome_keyring import Keyring, gnome_keyring, session_bus
from home import PASSPHRASE, Home
from job_control import Job
from programs import Result
from seccomp import without_keys
from terminal import SECRET_ASKED, Terminal
from unlocking_table import Measured, row, stopwatch

# What a program that can't reach the keyring may take, in seconds.
DEADLINE = 2.5


@pytest.fixture
def locked_desktop(desktop: tuple[Home, Keyring]) -> tuple[Home, Keyring]:
    """A locked store that an unlocked keyring opens."""
    desktop[0].run("lock").done()
    return desktop


def assert_key(text: str) -> None:
    """Asserts that a program printed the key."""
    document = json.loads(text)
    assert (document["AccessKeyId"], document["SecretAccessKey"]) == (DEV.id, DEV.secret)


def resolved(home: Home, env: dict[str, str] | None = None, through: tuple[str, ...] = ()) -> Measured:
    """Runs the program without a terminal, and asserts that it gives the key."""
    with stopwatch() as measure:
        answer = programs.run([*through, home.helper, "dev"], home.env | (env or {}), cwd=home.path)
        took = measure(answer)
    assert_key(answer.done().stdout)
    assert through or answer.stderr == ""
    return took


def refused(home: Home, status: int, *fragments: str, env: dict[str, str] | None = None) -> Measured:
    """Runs the program without a terminal, and asserts that it fails, with the next step."""
    with stopwatch() as measure:
        answer = home.resolve("dev", env=env)
        took = measure(answer)
    answer.failed(status, *fragments)
    assert "awskeys unlock" in answer.hint, answer
    return took


def asked_on_a_terminal(home: Home, out: Path, *through: str) -> Measured:
    """Runs the program on a terminal, types the passphrase, and asserts that it gives the key."""
    with stopwatch() as measure:
        terminal = Terminal(home, "dev", program=programs.HELPER, stdout=out, through=through)
        took = measure(terminal.answers([PASSPHRASE], {}))
    assert_key(out.read_text())
    assert terminal.restored
    return took


# MARK: the store is open already


@row("unlocked before", "the key, from the kernel keyring", 0)
def test_unlocked_before(locked: Home) -> Measured:
    locked.use_passphrase(PASSPHRASE)
    locked.run("unlock").done()
    locked.forget_passphrase()
    return resolved(locked)


@row("unlocked before, in a session keyring of its own (`keyctl session -`)", "the key, from the kernel keyring", 0)
def test_a_session_keyring_of_its_own(locked: Home) -> Measured:
    locked.use_passphrase(PASSPHRASE)
    locked.run("unlock").done()
    locked.forget_passphrase()
    return resolved(locked, through=("keyctl", "session", "-"))


# MARK: the desktop's keyring


@row("desktop, keyring unlocked", "the key, from the desktop keyring", 0)
def test_the_keyring(locked_desktop: tuple[Home, Keyring]) -> Measured:
    return resolved(locked_desktop[0])


@row("keyring locked, no screen", "fails: the keyring is locked", 77)
def test_a_locked_keyring(locked_desktop: tuple[Home, Keyring]) -> Measured:
    home, keyring = locked_desktop
    keyring.lock()
    took = refused(home, 77, "locked")
    assert keyring.locked
    return took


@row("keyring without a default collection, as on a new account", "fails at once: no key for the store in it", 77)
def test_no_default_collection(locked_desktop: tuple[Home, Keyring], tmp_path: Path) -> Measured:
    home, _ = locked_desktop
    (tmp_path / "new/run").mkdir(parents=True, mode=0o700)
    new = home.env | {"HOME": str(tmp_path / "new"), "XDG_RUNTIME_DIR": str(tmp_path / "new/run")}
    with gnome_keyring(new, unlocked=False) as keyring:
        return refused(home, 77, "no key", env={"DBUS_SESSION_BUS_ADDRESS": keyring.bus})


@row("keyring hangs", "fails after 2 s", 69)
def test_a_hanging_keyring(locked_desktop: tuple[Home, Keyring]) -> Measured:
    home, keyring = locked_desktop
    with keyring.stopped():
        took = refused(home, 69)
    assert took.seconds < DEADLINE
    return took


@row("no session bus", "fails at once: no keyring", 69)
def test_no_bus(locked_desktop: tuple[Home, Keyring]) -> Measured:
    home, _ = locked_desktop
    del home.env["DBUS_SESSION_BUS_ADDRESS"]
    return refused(home, 69)


@row("session bus dead, its socket still there", "fails at once: no keyring", 69)
def test_a_dead_bus(locked_desktop: tuple[Home, Keyring]) -> Measured:
    home, _ = locked_desktop
    with session_bus(home.env) as (address, process):
        process.kill()
        process.wait(timeout=10)
        socket = address.partition("path=")[2].partition(",")[0]
        assert not socket or os.path.exists(socket)
        return refused(home, 69, env={"DBUS_SESSION_BUS_ADDRESS": address})


# MARK: a passphrase file


@row("`AWSKEYS_PASSPHRASE_FILE`", "the key, by the passphrase file", 0)
def test_a_passphrase_file(locked: Home) -> Measured:
    locked.use_passphrase(PASSPHRASE)
    return resolved(locked)


@row("systemd service with a credential `awskeys-passphrase`", "the key, by the passphrase file", 0)
def test_a_systemd_credential(locked: Home, tmp_path: Path) -> Measured:
    (tmp_path / "awskeys-passphrase").write_text(PASSPHRASE + "\n")
    (tmp_path / "awskeys-passphrase").chmod(0o400)
    return resolved(locked, env={"CREDENTIALS_DIRECTORY": str(tmp_path)})


# MARK: a terminal


@row("terminal", "asks there, then the key", 0)
def test_a_terminal(locked: Home, tmp_path: Path) -> Measured:
    return asked_on_a_terminal(locked, tmp_path / "out")


@row("terminal, standard input is a pipe", "asks at the terminal, then the key", 0)
def test_a_terminal_and_piped_input(locked: Home, tmp_path: Path) -> Measured:
    return asked_on_a_terminal(locked, tmp_path / "out", "/bin/sh", "-c", 'echo "not the passphrase" | "$0" "$@"')


@row("background job of a shell", "fails at once: nobody to ask", 77)
def test_a_background_job(locked: Home, tmp_path: Path) -> Measured:
    job = Job(tmp_path)
    with stopwatch() as measure:
        terminal = Terminal(locked, "dev", program=programs.HELPER, through=job.through("background"))
        job.next("started")
        ended = job.next("ended")
        took = measure(ended["status"])
    terminal.ends()
    assert ended["as_before"] and "awskeys unlock" in terminal.seen
    assert "Passphrase of" not in terminal.seen
    return took


@row("`setsid` from a terminal", "fails at once: nobody to ask", 77)
def test_setsid(locked: Home) -> Measured:
    with stopwatch() as measure:
        terminal = Terminal(locked, "dev", program=programs.HELPER, through=("setsid", "--wait"))
        took = measure(terminal.ends())
    assert "awskeys unlock" in terminal.seen and "Passphrase of" not in terminal.seen
    return took


@row("no terminal, standard input `/dev/null`", "fails at once: nobody to ask", 77)
def test_no_terminal(locked: Home) -> Measured:
    return refused(locked, 77)


@row("cron", "fails at once: nobody to ask", 77)
def test_cron(locked: Home) -> Measured:
    bare = {"HOME": str(locked.path), "LOGNAME": "ann", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    with stopwatch() as measure:
        answer = programs.run([locked.helper, "dev"], bare, cwd=locked.path)
        took = measure(answer)
    answer.failed(77, "awskeys unlock")
    return took


# MARK: a screen


@row("screen, and a pinentry in `PATH`", "a dialog asks, then the key", 0)
def test_a_pinentry(locked: Home, tmp_path: Path) -> Measured:
    pinentry = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}", name="pinentry-gtk-2")
    took = resolved(locked, env={"DISPLAY": ":99", "PATH": str(pinentry.path.parent)})
    assert pinentry.dialogs == 1
    return took


@row("screen, and the person dismisses the dialog", "fails: dismissed", 77)
def test_a_dismissed_pinentry(locked: Home, tmp_path: Path) -> Measured:
    pinentry = scripted_pinentry(tmp_path / "bin", "cancel")
    took = refused(locked, 77, env={"DISPLAY": ":99", "PATH": str(pinentry.path.parent)})
    assert pinentry.dialogs == 1
    return took


@pytest.mark.skipif(
    not xvfb.can_be_had() or not shutil.which("pinentry-gtk-2"), reason="needs Xvfb, xdotool, pinentry-gtk-2"
)
@row("screen, and GTK's own pinentry", "a dialog asks, then the key", 0)
def test_a_real_pinentry(locked: Home, tmp_path: Path) -> Measured:
    only = tmp_path / "bin"
    only.mkdir()
    (only / "pinentry-gtk-2").symlink_to(shutil.which("pinentry-gtk-2") or "")
    with xvfb.screen() as screen, stopwatch() as measure:
        env = locked.env | {"DISPLAY": screen.display, "PATH": str(only)}
        asking = subprocess.Popen(
            [locked.helper, "dev"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        screen.type_into("pinentry", PASSPHRASE)
        said, complained = asking.communicate(timeout=60)
        took = measure(Result(asking.returncode, said, complained))
    assert took.status == 0, complained
    assert_key(said)
    return took


@row("screen, `SSH_ASKPASS`, no pinentry", "that program asks, then the key", 0)
def test_ssh_askpass(locked: Home, tmp_path: Path) -> Measured:
    askpass = tmp_path / "askpass"
    askpass.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/asked"\necho "{PASSPHRASE}"\n')
    askpass.chmod(0o755)
    took = resolved(locked, env={"DISPLAY": ":99", "SSH_ASKPASS": str(askpass), "PATH": str(tmp_path)})
    assert len((tmp_path / "asked").read_text().splitlines()) == 1
    return took


# MARK: containers and other accounts


@row("container that refuses kernel keys, passphrase file", "the key, by the passphrase file each time", 0)
def test_no_kernel_keys_and_a_passphrase_file(locked: Home) -> Measured:
    locked.use_passphrase(PASSPHRASE)
    took = resolved(locked, through=tuple(without_keys()))
    locked.forget_passphrase()
    refused(locked, 77)
    return took


@row("container that refuses kernel keys, keyring", "the key, from the desktop keyring each time", 0)
def test_no_kernel_keys_and_a_keyring(locked_desktop: tuple[Home, Keyring]) -> Measured:
    home, keyring = locked_desktop
    took = resolved(home, through=tuple(without_keys()))
    keyring.lock()
    refused(home, 77, "locked")
    return took


@row("container that refuses kernel keys, nothing else", "fails at once: nobody to ask", 77)
def test_no_kernel_keys_and_nobody(locked: Home) -> Measured:
    with stopwatch() as measure:
        answer = programs.run(without_keys(locked.helper, "dev"), locked.env, cwd=locked.path)
        took = measure(answer)
    answer.failed(77, "awskeys unlock")
    return took


@row("another `HOME`", "fails: no store there", 66)
def test_another_home(locked: Home, tmp_path: Path) -> Measured:
    locked.use_passphrase(PASSPHRASE)
    locked.run("unlock").done()
    (tmp_path / "other").mkdir()
    with stopwatch() as measure:
        answer = locked.resolve("dev", env={"HOME": str(tmp_path / "other")})
        took = measure(answer)
    answer.failed(66)
    return took


def test_the_table_in_the_docs_is_of_these_tests() -> None:
    """`make unlocking-table` writes it; the times in it are those of the last time."""
    assert unlocking_table.documented() == [each.promised for each in unlocking_table.ROWS]


def test_the_prompt_is_where_this_file_looks_for_it(locked: Home) -> None:
    terminal = Terminal(locked, "unlock")
    terminal.wait_for(SECRET_ASKED)
    assert "Passphrase of" in terminal.seen
    terminal.interrupt()
    terminal.ends()
