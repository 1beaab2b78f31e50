"""What a core dump of a process would hold, although it allows none; and programs that are held where they make a call.

The memory is read as the kernel reads it for a core dump, core(5): without what is marked with MADV_DONTDUMP. So it
doesn't depend on where, and whether, a machine writes core dumps. Two things that a core dump has don't come up here:
registers, which hold the last bytes that were copied, and buffers of TLS, since the tests' own AWS speaks plain http.
"""

from __future__ import annotations

import mmap
import os
import re
import signal
import subprocess
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from canary import secrets_in
from tracing import STRACE

# Bits of an entry of /proc/PID/pagemap: in memory or swapped out; what a file has unchanged, or what is shared.
THERE, OF_A_FILE = 3 << 62, 1 << 61
# All secrets are text, and little of a program's memory is.
TEXT = re.compile(rb"[ -~]{8,}")


@dataclass(frozen=True)
class Memory:
    """The memory of a process, but for what it has unchanged from files."""

    # What a core dump holds.
    dumped: bytes
    # What it leaves out.
    left_out: bytes

    def betrays(self, secrets: list[str], but: Iterable[str] = ()) -> list[str]:
        """Names the secrets of which a core dump holds anything, `but` for those that are known to lie there."""
        text = b"\n".join(TEXT.findall(self.dumped))
        for known in but:
            text = text.replace(known.encode(), b"")
        return secrets_in([("core", text)], [secret for secret in secrets if secret not in but])


def memory(process: int) -> Memory:
    """Reads the memory of a process that forbids it, as only root may."""
    parts: dict[bool, list[bytes]] = {True: [], False: []}
    with open(f"/proc/{process}/mem", "rb", buffering=0) as file, open(f"/proc/{process}/pagemap", "rb") as pages:
        for line in Path(f"/proc/{process}/smaps").read_text().splitlines():
            if match := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
                start, end = (int(each, 16) for each in match.groups())
            elif line.startswith("VmFlags:"):
                flags = line.split()[1:]
                pages.seek(start // mmap.PAGESIZE * 8)
                for number, entry in enumerate(array("Q", pages.read((end - start) // mmap.PAGESIZE * 8))):
                    if entry & THERE and not (entry & OF_A_FILE and "sh" not in flags):
                        file.seek(start + number * mmap.PAGESIZE)
                        parts["dd" in flags].append(file.read(mmap.PAGESIZE))
    return Memory(b"".join(parts[False]), b"".join(parts[True]))


def until(call: str, path: Path, log: Path) -> list[str]:
    """What stands before a command line, so that the command stops once it has made a call with that path.

    strace waits until somebody opens the log, where it says so.
    """
    assert STRACE
    log.unlink(missing_ok=True)
    os.mkfifo(log)
    rule = f"inject={call}:signal=STOP"
    return [STRACE, "-f", "-qq", "-o", str(log), "-e", f"trace={call}", "-P", str(path), "-e", rule]


def stopped(lines: TextIO) -> int:
    """Waits in what strace writes until the command is stopped, and gives the number of its process."""
    line = next((line for line in lines if "stopped by SIGSTOP" in line), None)
    assert line, "the call was never made"
    return int(line.split()[0])


@contextmanager
def held(
    argv: list[str], env: dict[str, str], call: str, path: Path, log: Path, stdin: str = "", stdout: Path | None = None
) -> Iterator[int]:
    """Runs a command until it has made a call, gives the number of its process, and ends it afterwards."""
    with open(stdout or os.devnull, "w") as output:
        process = subprocess.Popen(
            [*until(call, path, log), *argv],
            env=env,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        assert process.stdin
        process.stdin.write(stdin.encode())
        process.stdin.close()
        with log.open() as lines:
            yield stopped(lines)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
