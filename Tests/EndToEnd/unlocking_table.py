"""The table of docs/unlocking.md: each row is a test, which measures it."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import programs
from programs import Result

DOCUMENT = programs.CHECKOUT / "docs" / "unlocking.md"
BEGIN, END = "<!-- the table: make unlocking-table -->", "<!-- the end of the table -->"
HEAD = ["| where it runs | what happens | exit code | ms |", "|---|---|---:|---:|"]


@dataclass
class Row:
    """A situation, and what becomes of `awskeys-credential-process` in it."""

    situation: str
    outcome: str
    status: int
    milliseconds: int | None = None

    @property
    def promised(self) -> tuple[str, str, str]:
        """All but the time."""
        return self.situation, self.outcome, str(self.status)

    def __str__(self) -> str:
        return f"| {' | '.join(self.promised)} | {'' if self.milliseconds is None else self.milliseconds} |"


@dataclass
class Measured:
    """What a program did, and how long it took, in seconds."""

    status: int
    seconds: float


ROWS: list[Row] = []


def row(situation: str, outcome: str, status: int) -> Callable[[Callable[..., Measured]], Callable[..., None]]:
    """Makes a test a row of the table. The test itself shows the outcome; here the exit code is held against it."""
    here = Row(situation, outcome, status)
    ROWS.append(here)

    def decorate(test: Callable[..., Measured]) -> Callable[..., None]:
        @functools.wraps(test)
        def measured(*arguments: object, **named: object) -> None:
            took = test(*arguments, **named)
            assert took.status == here.status, took
            here.milliseconds = round(took.seconds * 1000)

        return measured

    return decorate


@contextmanager
def stopwatch() -> Iterator[Callable[[Result | int], Measured]]:
    """Gives what makes a measurement of a result; the time runs from here until then."""
    began = time.monotonic()
    yield lambda end: Measured(end.status if isinstance(end, Result) else end, time.monotonic() - began)


def documented() -> list[tuple[str, ...]]:
    """The rows that stand in the document, without their times."""
    _, _, after = DOCUMENT.read_text().partition(BEGIN)
    lines = after.partition(END)[0].strip().splitlines()[len(HEAD) :]
    return [tuple(re.split(r" *\| *", line)[1:4]) for line in lines]


def write(path: Path) -> None:
    """Puts the measured table into a document that has the two marks, or makes a file of it."""
    table = "\n".join([*HEAD, *map(str, ROWS)])
    text = path.read_text() if path.exists() else f"{BEGIN}\n{END}\n"
    before, _, after = text.partition(BEGIN)
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after.partition(END)[2]}")
