"""A shell with job control and one job, which tells what becomes of it.

    python job_control.py FIFO foreground|background COMMAND [ARGUMENT]...

It writes JSON lines into the FIFO: `started` with the job's pid; `stopped` and `ended` with the status, and whether the
terminal's settings are those of before. A stopped job goes on, in the foreground, when the shell gets SIGUSR1.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import IO, Any


class Job:
    """What a test knows of the job."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "job"
        os.mkfifo(self.path)
        # Open for writing too, so that the end of the shell isn't the end of the file.
        self._events = os.fdopen(os.open(self.path, os.O_RDWR), "r")

    def through(self, ground: str) -> tuple[str, ...]:
        """The command line before the job's own."""
        return (sys.executable, __file__, str(self.path), ground)

    def next(self, kind: str) -> dict[str, Any]:
        """Waits for what happens next, which is to be of a kind."""
        event = json.loads(self._events.readline())
        assert event["event"] == kind, event
        return event


def _tell(fifo: IO[str], **event: object) -> None:
    fifo.write(json.dumps(event) + "\n")
    fifo.flush()


def main(path: str, ground: str, *argv: str) -> None:
    terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    before = termios.tcgetattr(terminal)
    # A background group may hand the terminal over only with this signal out of the way.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

    def begin() -> None:
        os.setpgid(0, 0)
        if ground == "foreground":
            os.tcsetpgrp(terminal, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])

    with open(path, "w") as fifo:
        job = subprocess.Popen(argv, preexec_fn=begin)
        _tell(fifo, event="started", pid=job.pid)
        while True:
            _, status = os.waitpid(job.pid, os.WUNTRACED)
            as_before = termios.tcgetattr(terminal) == before
            os.tcsetpgrp(terminal, os.getpid())
            if not os.WIFSTOPPED(status):
                break
            _tell(fifo, event="stopped", signal=os.WSTOPSIG(status), as_before=as_before)
            signal.sigwait([signal.SIGUSR1])
            os.tcsetpgrp(terminal, job.pid)
            os.killpg(job.pid, signal.SIGCONT)
        _tell(fifo, event="ended", status=os.waitstatus_to_exitcode(status), as_before=as_before)


if __name__ == "__main__":
    main(*sys.argv[1:])
