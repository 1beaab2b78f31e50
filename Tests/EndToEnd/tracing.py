"""Programs under strace: what they executed, how they went on, and killed at a chosen system call."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import programs
from programs import Result

STRACE = shutil.which("strace")


def traced(
    argv: list[str], env: dict[str, str], log: Path, calls: str, stdin: str | None = None
) -> tuple[Result, list[bytes]]:
    """Runs a command; gives its result, and the calls of it and its children in full, a line for each."""
    assert STRACE
    strace = [STRACE, "-f", "-qq", "-y", "-e", f"trace={calls}", "-v", "-s", "1000000", "-o", str(log)]
    result = programs.run([*strace, *argv], env, stdin)
    return result, log.read_bytes().splitlines()


@dataclass
class Course:
    """The system calls of one thread of a run, usually the busiest, in their order."""

    calls: list[str]

    def first(self, *fragments: str) -> int:
        """Gives the number, from 1, of the first call that names one of the fragments.

        Programs of ours can't be traced by their own user, who then sees addresses in the place of paths: there, it is
        the first call that takes a lock.
        """
        for wanted in (fragments, ("flock(",)):
            for number, call in enumerate(self.calls, start=1):
                if any(fragment in call for fragment in wanted):
                    return number
        raise AssertionError(f"no call names any of {fragments}, and none takes a lock")

    def occurrence(self, number: int) -> tuple[str, int]:
        """Gives the name of a call, and how many calls of that name there are up to it."""
        names = [call.partition("(")[0] for call in self.calls[:number]]
        return names[-1], names.count(names[-1])


def begun_calls(log: Path) -> list[tuple[str, str]]:
    """Gives the calls that strace wrote down, each with its thread.

    "1234 openat(...": a call begins; resumed ones, signals and exits were counted or aren't calls.
    """
    return re.findall(r"^(\d+)\s+(\w+\(.*)$", log.read_text(errors="replace"), re.MULTILINE)


def course(argv: list[str], env: dict[str, str], log: Path, doing: str = "") -> tuple[Result, Course]:
    """Runs a command to its end, and gives the system calls of the thread that made the most of a kind."""
    assert STRACE
    result = programs.run([STRACE, "-f", "-qq", "-s", "300", "-o", str(log), *argv], env)
    begun = begun_calls(log)
    busiest = Counter(thread for thread, call in begun if call.startswith(doing)).most_common(1)[0][0]
    return result, Course([call for thread, call in begun if thread == busiest])


def injected(
    name: str,
    occurrence: int,
    what: str,
    argv: list[str],
    env: dict[str, str],
    stdin: str | None = None,
    timeout: float = 120,
    cwd: Path | None = None,
) -> Result:
    """Runs a command, and lets something happen to it as it enters a call: `signal=KILL`, or `error=EIO`.

    strace counts each kind of call by itself, in each thread by itself. `--seccomp-bpf` would be quicker, but with it
    strace sends no signals.
    """
    assert STRACE
    rule = f"inject={name}:{what}:when={occurrence}"
    strace = [STRACE, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", rule]
    return programs.run([*strace, *argv], env, stdin, timeout, cwd)


def killed_at(number: int, of: Course, argv: list[str], env: dict[str, str]) -> Result:
    """Runs a command that dies of SIGKILL as it enters the call of that number, counted from 1, of an earlier run."""
    return injected(*of.occurrence(number), "signal=KILL", argv, env)
