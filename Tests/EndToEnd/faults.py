"""Every call to the file system that a command makes, and the command once more with one of them killed or failing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import programs
from programs import Result
from tracing import STRACE, begun_calls, injected

# What each call can answer that isn't the program's own mistake (the "ERRORS" of its page in section 2 of the manual).
# ENOSPC and EDQUOT only come from what takes room, EROFS only from what changes something, EINTR only from what waits.
FULL, LOST, BARRED = ["ENOSPC", "EDQUOT"], ["EIO"], ["EACCES"]
CHANGED = [*FULL, *LOST, *BARRED, "EROFS"]
ERRORS = {
    "openat": [*CHANGED, "EINTR"],
    "mkdir": CHANGED,
    "rename": CHANGED,
    "link": CHANGED,
    "unlink": [*LOST, *BARRED, "EROFS"],
    "rmdir": [*LOST, *BARRED, "EROFS"],
    "fchmod": [*LOST, "EROFS"],
    "fchown": [*LOST, "EROFS"],
    "utimensat": [*LOST, *BARRED, "EROFS"],
    "ftruncate": [*LOST, "EINTR"],
    "write": [*FULL, *LOST, "EINTR"],
    "pwrite64": [*FULL, *LOST, "EINTR"],
    "fsync": [*FULL, *LOST, "EROFS"],
    "fdatasync": [*FULL, *LOST, "EROFS"],
    "close": [*FULL, *LOST, "EINTR"],
    "read": [*LOST, "EINTR"],
    "pread64": [*LOST, "EINTR"],
    "flock": ["EINTR"],
    "readlink": [*LOST, *BARRED],
    "newfstatat": [*LOST, *BARRED],
    "access": [*LOST, *BARRED],
    "getdents64": LOST,
}
# Calls with descriptors that aren't the file system's. What is in neither list makes a test fail.
OTHERS = {"prctl", "mmap", "ioctl", "fcntl", "poll"}
KILL = "KILL"


@dataclass(frozen=True)
class Call:
    """A call as strace counts it: by its name, and how many of that name there were up to it."""

    name: str
    occurrence: int
    # What the recorded run showed of it.
    text: str

    @property
    def speaks(self) -> bool:
        """Whether it writes what somebody is to read."""
        return self.name == "write" and re.match(r"write\([12][,<]", self.text) is not None

    def faults(self) -> Iterator[Fault]:
        """Gives all that can befall it."""
        yield Fault(self, KILL)
        # Linux closes a file whatever it says; strace doesn't, and the program would wait for its own lock.
        if self.name == "close" and ".lock>" in self.text:
            return
        for error in ERRORS[self.name]:
            # Only what creates a file needs room for it.
            makes = "O_CREAT" in self.text
            if self.name != "openat" or makes or error not in (*FULL, "EROFS"):
                yield Fault(self, error)


@dataclass(frozen=True)
class Fault:
    """What befalls a call: it isn't made, and either the program is gone, or it gets this error."""

    call: Call
    what: str

    def __str__(self) -> str:
        return f"{self.what} at {self.call.name} {self.call.occurrence}: {self.call.text}"

    def run(self, argv: list[str], env: dict[str, str], stdin: str | None = None) -> Result:
        """Runs the command with it."""
        how = "signal=KILL" if self.what == KILL else f"error={self.what}"
        return injected(self.call.name, self.call.occurrence, how, argv, env, stdin)


def calls_of(
    argv: list[str], env: dict[str, str], log: Path, stdin: str | None = None, only_below: Path | None = None
) -> tuple[Result, list[Call]]:
    """Runs a command to its end; gives its result and its calls to the file system, without those of the loader.

    The program has begun when it makes itself untraceable; before that, it may touch nothing of the user's. Where it
    starts others or goes to the network, `only_below` leaves out what isn't about files below a folder.
    """
    assert STRACE
    strace = [STRACE, "-f", "-qq", "-s", "60", "-e", "trace=%file,%desc,prctl", "-o", str(log)]
    if only_below:
        # With the paths of descriptors.
        strace.append("-y")
    result = programs.run([*strace, *argv], env, stdin, timeout=120)
    counts: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, int], Call] = {}
    begun = False
    for thread, text in begun_calls(log):
        name = text.partition("(")[0]
        counts[thread, name] += 1
        begun = begun or "PR_SET_DUMPABLE" in text
        assert begun or name == "execve" or env["HOME"] + "/" not in text, text
        if begun and name not in OTHERS and (only_below is None or f"{only_below}/" in text):
            found.setdefault((name, counts[thread, name]), Call(name, counts[thread, name], text))
    assert begun, "the program never began"
    return result, list(found.values())
