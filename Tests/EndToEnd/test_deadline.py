"""Whatever nobody answers ends within 55 seconds: Go's SDK gives a credential_process no more than 60."""

from __future__ import annotations

import os
import subprocess
import termios
import time

import pexpect
import pytest

from conftest import MakeHome
from home import Home
from programs import Result

# What the SDK gives, in seconds; what is promised is 55.
SDK = 60

SILENT_PINENTRY = """#!/bin/sh
echo OK
while read -r line; do case $line in GETPIN) sleep 120 ;; *) echo OK ;; esac; done
"""


def locked(make_home: MakeHome, name: str) -> Home:
    """A home with a locked store that only a person could open."""
    home = make_home(name).import_all()
    home.run("lock").done()
    home.forget_passphrase()
    return home


@pytest.mark.timeout(120)
def test_a_prompt_that_nobody_answers_ends_in_time(make_home: MakeHome) -> None:
    typed, windowed = locked(make_home, "terminal"), locked(make_home, "window")
    began = time.monotonic()
    # At a terminal.
    terminal = pexpect.spawn(typed.helper, ["dev"], env=typed.env, encoding="utf-8", timeout=SDK, cwd=str(typed.path))
    before = termios.tcgetattr(terminal.child_fd)
    terminal.expect("Passphrase of the awskeys store: ")
    assert termios.tcgetattr(terminal.child_fd) != before
    # In a window, and somebody who waits for what comes of it.
    pinentry = windowed.path / "pinentry-qt"
    pinentry.write_text(SILENT_PINENTRY)
    pinentry.chmod(0o700)
    env = windowed.env | {"DISPLAY": ":77", "PATH": f"{windowed.path}:{os.environ['PATH']}"}
    callers = [
        subprocess.Popen(
            [windowed.helper, "dev"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for _ in range(3)
    ]
    terminal.expect(pexpect.EOF)
    assert termios.tcgetattr(terminal.child_fd) == before
    terminal.close()
    assert terminal.exitstatus == 77
    assert "nobody gave the passphrase in time" in terminal.before
    for caller in callers:
        out, err = caller.communicate(timeout=SDK)
        Result(caller.returncode, out, err).failed(77)
    assert 50 < time.monotonic() - began < SDK + 5
