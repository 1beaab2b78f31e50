"""Runs a command many times at once, with the caller's terminal and environment.

    python crowd.py OUT COUNT COMMAND [ARGUMENT]...

Writes a JSON list of [status, stdout, stderr] to OUT; a death by signal N is the status -N.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from programs import Result


def all_at_once(out: Path, count: int, *argv: str) -> list[str]:
    """Gives the command line that does it."""
    return [sys.executable, __file__, str(out), str(count), *argv]


def answers(out: Path) -> list[Result]:
    """What the commands said."""
    return [Result(*one) for one in json.loads(out.read_text())]


def main(out: str, count: str, *argv: str) -> None:
    running = [
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(int(count))
    ]
    said = [process.communicate() for process in running]
    ends = [[process.returncode, *both] for process, both in zip(running, said, strict=True)]
    Path(out).write_text(json.dumps(ends))


if __name__ == "__main__":
    main(*sys.argv[1:])
