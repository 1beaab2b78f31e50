"""systemd-journald itself, with journals of the tests' own, in a mount namespace that commands can be run in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import programs
from home import Home
from programs import Result

PROGRAM = "/lib/systemd/systemd-journald"
# As long as a step may take on a very busy machine.
PATIENCE = 30
# Whether one can be had: it has to be root, and may be missing.
IS_THERE = os.geteuid() == 0 and os.access(PROGRAM, os.X_OK)
# The kernel's own messages are none of the tests'. A journal on disk has a file for each user.
SCRIPT = """
set -e
mkdir -p /run/systemd /run/log /var/log
for folder in /run/systemd /run/log /var/log; do mount -t tmpfs none $folder; done
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d
printf '[Journal]\\nReadKMsg=no\\nAudit=no\\nSplitMode=uid\\nStorage=%s\\n' "$1" > /run/systemd/journald.conf.d/own.conf
if [ "$1" = persistent ]; then mkdir /var/log/journal; touch /run/systemd/journal/flushed; fi
"$2" &
echo $!
wait
"""


@dataclass
class Journal:
    """A running journald; `root` is what processes in its namespace have as `/`."""

    process: int

    @property
    def root(self) -> Path:
        return Path(f"/proc/{self.process}/root")

    @property
    def through(self) -> list[str]:
        """What runs a command where this journal is the system's."""
        return [shutil.which("nsenter") or "", f"--mount=/proc/{self.process}/ns/mnt", f"--wd={os.getcwd()}", "--"]

    def run(self, home: Home, program: str, *arguments: str, user: int | None = None, **more: str) -> Result:
        """Runs one of the programs there, as a user if one is named."""
        be: list[str] = []
        if user is not None:
            be = [shutil.which("setpriv") or "", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
        argv = [*self.through, *be, str(home.folder / program), *arguments]
        return programs.run(argv, home.env | more)

    def entries(self) -> list[dict[str, Any]]:
        """What awskeys has written so far, with all that journald knows of it."""
        self.settle()
        argv = [*self.through, "journalctl", "--quiet", "--all", "--output=json", "SYSLOG_IDENTIFIER=awskeys"]
        printed = programs.run(argv, {"PATH": os.environ["PATH"]}).done().stdout
        return [json.loads(line) for line in printed.splitlines()]

    def settle(self) -> None:
        """Waits until all that was sent has been written."""
        argv = [*self.through, "journalctl", "--sync"]
        programs.run(argv, {"PATH": os.environ["PATH"]}).done()

    def files(self) -> list[tuple[str, bytes]]:
        """The journals as they lie there."""
        self.settle()
        found = [file for below in ("run/log", "var/log") for file in (self.root / below).rglob("*.journal")]
        return [(str(file), file.read_bytes()) for file in found]

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        os.kill(self.process, number)


@contextmanager
def journald(storage: str = "volatile") -> Iterator[Journal]:
    """Runs one until the block ends; `persistent` has a journal for each user."""
    argv = ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", storage, PROGRAM]
    shell = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert shell.stdout
    journal = Journal(int(shell.stdout.readline()))
    try:
        deadline = time.monotonic() + PATIENCE
        while not (journal.root / "run/systemd/journal/socket").exists():
            assert time.monotonic() < deadline and shell.poll() is None, "journald doesn't start"
            time.sleep(0.02)
        yield journal
    finally:
        os.kill(journal.process, signal.SIGKILL)
        shell.wait(timeout=PATIENCE)
