"""What a disk holds when the power goes at some moment of a command: what was flushed, and some of the rest.

The model is the least that POSIX promises: the bytes of a file are safe after an `fsync` of it, and the names in a
folder (made, renamed, removed) after an `fsync` of the folder. Of everything else, some may have reached the disk.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import programs
from programs import Result
from tracing import STRACE

CALLS = "openat,write,pwrite64,fsync,fdatasync,rename,link,unlink,mkdir,ftruncate,close"
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(eq=False)
class Content:
    """What a file holds, and what of it is safe."""

    live: bytes = b""
    safe: bytes = b""
    is_folder: bool = False

    def after_a_cut(self, how: str, draw: random.Random) -> bytes:
        """What is left of it: at least what is safe."""
        if how == "all" or (how == "some" and draw.random() < 0.5):
            return self.live
        if how == "some" and draw.random() < 0.5:
            return self.live[: draw.randint(len(self.safe), max(len(self.live), len(self.safe)))]
        return self.safe


@dataclass(frozen=True)
class Naming:
    """A name in a folder that came, went or was moved there."""

    name: str
    content: Content | None
    moved_from: str | None = None

    @property
    def folder(self) -> str:
        return str(Path(self.name).parent)

    def apply(self, names: dict[str, Content]) -> None:
        """Does it to a folder's names."""
        if self.moved_from:
            names.pop(self.moved_from, None)
        if self.content is None:
            names.pop(self.name, None)
        else:
            names[self.name] = self.content


# How much reaches the disk besides what must: nothing, every name but no byte, everything, or what chance has it.
WAYS = ["nothing", "names", "all", *["some"] * 4]


@dataclass
class Disk:
    """The names and bytes below one folder."""

    live: dict[str, Content] = field(default_factory=dict)
    safe: dict[str, Content] = field(default_factory=dict)
    pending: list[Naming] = field(default_factory=list)

    @classmethod
    def of(cls, files: dict[str, bytes]) -> Disk:
        """A disk that all of it has long reached."""
        names = {name: Content(content, content) for name, content in files.items()}
        return cls(dict(names), dict(names))

    def name(self, naming: Naming) -> None:
        """Changes a name."""
        naming.apply(self.live)
        self.pending.append(naming)

    def flush(self, folder: str) -> None:
        """Makes the names of a folder safe."""
        for naming in self.pending:
            if naming.folder == folder:
                naming.apply(self.safe)
        self.pending = [naming for naming in self.pending if naming.folder != folder]

    def after_a_cut(self, how: str, draw: random.Random) -> dict[str, bytes]:
        """What the disk holds when the power is back."""
        names = dict(self.safe)
        count = {"nothing": 0, "some": draw.randint(0, len(self.pending))}.get(how, len(self.pending))
        for naming in self.pending[:count]:
            naming.apply(names)
        gone = {name for name, content in self.live.items() if content.is_folder and name not in names}
        return {
            name: content.after_a_cut(how, draw)
            for name, content in names.items()
            if not content.is_folder and gone.isdisjoint(str(folder) for folder in Path(name).parents)
        }


def recorded(argv: list[str], env: dict[str, str], log: Path, stdin: str | None = None) -> tuple[Result, list[str]]:
    """Runs a command; gives its result and the calls by which it changed files, with every byte."""
    assert STRACE
    strace = [STRACE, "-f", "-qq", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(log)]
    result = programs.run([*strace, *argv], env, stdin, timeout=120)
    return result, log.read_text(errors="replace").splitlines()


def played(lines: list[str], disk: Disk, home: Path) -> Iterator[None]:
    """Does to a disk what the calls did, and stops after each one that changed something."""
    # Folders by their names; files by what they hold, but for those that were there already.
    opened: dict[str, str | Content | None] = {}
    for line in lines:
        found = re.match(r"\d+\s+(\w+)\((.*)\)\s+= (\d+)", line)
        if not found:
            continue
        call, arguments, answer = found.groups()
        texts = [bytes.fromhex(each.replace("\\x", "")) for each in TEXT.findall(arguments)]
        number = arguments.split(",")[0]
        if call == "openat":
            name = relative(texts[0], home)
            opened.pop(answer, None)
            if name is None:
                continue
            if "O_DIRECTORY" in arguments:
                opened[answer] = name
            elif name in disk.live:
                opened[answer] = None
            else:
                opened[answer] = content = Content()
                disk.name(Naming(name, content))
                yield
        elif call == "close":
            opened.pop(number, None)
        elif call in ("rename", "link", "unlink", "mkdir"):
            names = [name for name in (relative(text, home) for text in texts) if name]
            if not names:
                continue
            if call == "unlink":
                disk.name(Naming(names[0], None))
            elif call == "mkdir":
                disk.name(Naming(names[0], Content(is_folder=True)))
            elif call == "link":
                disk.name(Naming(names[1], disk.live[names[0]]))
            else:
                disk.name(Naming(names[1], disk.live[names[0]], moved_from=names[0]))
            yield
        elif number in opened:
            file = opened[number]
            if isinstance(file, str) and call == "fsync":
                disk.flush(file)
            elif isinstance(file, Content) and call == "write":
                file.live += texts[0]
            elif isinstance(file, Content) and call == "fsync":
                file.safe = file.live
            else:
                raise AssertionError(f"the model has no such call: {line[:200]}")
            yield


def relative(path: bytes, home: Path) -> str | None:
    """A path below the home, or nothing."""
    found = Path(path.decode(errors="replace"))
    return str(found.relative_to(home)) if found.is_relative_to(home) else None
