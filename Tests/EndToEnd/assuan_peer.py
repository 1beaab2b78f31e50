"""A pinentry that answers as it is told: an executable that speaks the Assuan protocol and notes every line it gets.

Each GETPIN or CONFIRM takes the next answer of a list, over all processes of it; the last answer stays. An answer is
one of

    "passphrase TEXT"   the passphrase, percent-escaped as pinentry does
    "split TEXT"        the same over several D lines
    "chatty TEXT"       the same between status lines, comments and one of the longest lines that there may be
    "yes", "no"         what it says to CONFIRM
    "cancel", "timeout" what pinentry says when a person cancels, or doesn't come
    "garbage"           lines that aren't Assuan's, one of them far too long, and the end of the process
    "hang", "die"       no answer at all until whoever asks is gone, or the end of the process
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

# libgpg-error's codes with pinentry as their source (5 << 24): GPG_ERR_NOT_CONFIRMED, GPG_ERR_CANCELED,
# GPG_ERR_TIMEOUT, GPG_ERR_UNKNOWN_OPTION.
NOT_CONFIRMED = "ERR 83886194 Not confirmed <Pinentry>"
CANCELLED = "ERR 83886179 Operation cancelled <Pinentry>"
TIMED_OUT = "ERR 83886142 Timeout <Pinentry>"
UNKNOWN_OPTION = "ERR 83886254 Unknown option <Pinentry>"
# Assuan's longest line, in bytes with the line feed.
LONGEST = 1000


@dataclass(frozen=True)
class Line:
    """What one process of the pinentry was sent, percent-decoded."""

    pid: int
    parent: int
    text: str

    @property
    def command(self) -> str:
        return self.text.partition(" ")[0]


@dataclass(frozen=True)
class Pinentry:
    """The executable, and what it was asked."""

    path: Path

    @property
    def lines(self) -> list[Line]:
        """Every line that came, over all processes."""
        log = self.path.with_suffix(".log")
        return [Line(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []

    def said(self, command: str) -> list[str]:
        """The arguments of each such command."""
        return [line.text.partition(" ")[2] for line in self.lines if line.command == command]

    @property
    def dialogs(self) -> int:
        """How often a person was asked for a passphrase, or to agree."""
        return len(self.said("GETPIN") + self.said("CONFIRM"))

    @property
    def askers(self) -> list[int]:
        """The process behind each dialog, in their order."""
        return [line.parent for line in self.lines if line.command == "GETPIN"]

    @property
    def processes(self) -> int:
        """How many processes of it were started."""
        return len({line.pid for line in self.lines})

    def answer(self, *answers: str, held: bool = False, refuse_options: bool = False) -> None:
        """Says what comes from now on; if it is held, only once it is let go."""
        self.path.with_suffix(".held").unlink(missing_ok=True)
        if held:
            self.path.with_suffix(".held").touch()
        plan = {"answers": list(answers), "refuse_options": refuse_options}
        self.path.with_suffix(".plan").write_text(json.dumps(plan))

    def let_go(self) -> None:
        """Lets the person answer at last."""
        self.path.with_suffix(".held").unlink()

    def wait_for_dialogs(self, count: int, timeout: float = 30) -> None:
        """Waits until so many dialogs have been up."""
        deadline = time.monotonic() + timeout
        while self.dialogs < count:
            assert time.monotonic() < deadline, (self.dialogs, self.lines)
            time.sleep(0.02)


def scripted_pinentry(folder: Path, *answers: str, name: str = "pinentry", **how: object) -> Pinentry:
    """Makes the executable in a folder, which may stand in PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    pinentry = Pinentry(folder / name)
    # A shell script in between, since the path of the interpreter may be longer than what `#!` takes.
    pinentry.path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{pinentry.path}" "$@"\n')
    pinentry.path.chmod(0o755)
    pinentry.answer(*answers, **how)  # type: ignore[arg-type]
    return pinentry


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _next_answer(file: Path) -> str:
    """Takes the next answer off the list."""
    with file.open("r+") as plan_file:
        fcntl.flock(plan_file, fcntl.LOCK_EX)
        plan = json.load(plan_file)
        answer = plan["answers"][0]
        if len(plan["answers"]) > 1:
            rest = json.dumps(plan | {"answers": plan["answers"][1:]})
            plan_file.seek(0)
            plan_file.truncate()
            plan_file.write(rest)
    return str(answer)


def _say(*lines: str) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()


def _answer_pin(plan_file: Path) -> None:
    answer = _next_answer(plan_file)
    while plan_file.with_suffix(".held").exists():
        time.sleep(0.01)
    how, _, text = answer.partition(" ")
    if how == "passphrase":
        _say("D " + _escaped(text), "OK")
    elif how == "split":
        _say(*("D " + _escaped(character) for character in text), "OK")
    elif how == "chatty":
        _say("# a comment", "S PASSWORD_FROM_CACHE", "# " + "x" * (LONGEST - 3), "D " + _escaped(text))
        _say("S BUTTON_INFO close", "OK and what follows is for people")
    elif how == "yes":
        _say("OK")
    elif how == "no":
        _say(NOT_CONFIRMED)
    elif how == "cancel":
        _say(CANCELLED)
    elif how == "timeout":
        _say(TIMED_OUT)
    elif how == "garbage":
        _say("\x00\xff neither OK nor ERR", "# " + "x" * 100_000)
        sys.exit(0)
    elif how == "hang":
        sys.stdin.read()
    elif how == "die":
        os._exit(3)
    else:
        raise ValueError(answer)


def _serve(path: Path) -> None:
    plan_file = path.with_suffix(".plan")
    _say("OK Pleased to meet you, process")
    for raw in sys.stdin:
        text = unquote(raw.rstrip("\n"))
        with path.with_suffix(".log").open("a") as log:
            log.write(json.dumps({"pid": os.getpid(), "parent": os.getppid(), "text": text}) + "\n")
        command = text.partition(" ")[0].upper()
        if command in ("GETPIN", "CONFIRM"):
            _answer_pin(plan_file)
        elif command == "OPTION" and json.loads(plan_file.read_text())["refuse_options"]:
            _say(UNKNOWN_OPTION)
        elif command == "BYE":
            _say("OK closing connection")
            return
        else:
            _say("OK")


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
