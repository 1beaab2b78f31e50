"""`awskeys doctor --fix` on drawn pairs of files that are ill in several ways: no SDK loses or changes a key by it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import IS_TORTURE, SEED
from doctor_cases import BOM
from generate import generate
from generate_traps import SPOILERS, TRAPS
from home import Home
from judging import Bench, Judged, outcome
from oracles import Oracles, Resolution
from programs import CHECKOUT, Result
from signing_server import SigningServer

PAIRS = 400 if IS_TORTURE else 80
RULES = ["byte-order-mark", "duplicate-section", "duplicate-setting", "unprefixed-section", "two-defaults"]
Spoil = Callable[[random.Random, list[str]], list[str]]


@pytest.fixture(scope="module")
def bench(
    built: Path, sdks: Oracles, server: SigningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """One store for all pairs, unlocked once."""
    home = Home.make(tmp_path_factory.mktemp("bench") / "home").import_all()
    home.run("unlock", "--for", "8h").done()
    yield Bench(home, sdks, server)
    home.lock()


def line_again(source: random.Random, lines: list[str]) -> list[str]:
    """Puts a line, or one with another value, somewhere else."""
    line = source.choice(lines)
    if source.random() < 0.5 and "region" in line:
        line = line.replace("1", "2")
    at = source.randrange(len(lines) + 1)
    return [*lines[:at], line, *lines[at:]]


def section_again(source: random.Random, lines: list[str]) -> list[str]:
    """Puts a header and what stands below it to the end once more, perhaps with other settings."""
    starts = [at for at, line in enumerate(lines) if line.startswith("[")]
    if not starts:
        return lines
    start = source.choice(starts)
    end = next((at for at in starts if at > start), len(lines))
    more = ["output = text", "# again"] if source.random() < 0.5 else lines[start + 1 : end]
    return [*lines, lines[start], *more]


def without_prefix(source: random.Random, lines: list[str]) -> list[str]:
    """Takes `profile ` out of some headers."""
    return [line.replace("[profile ", "[") if source.random() < 0.5 else line for line in lines]


def with_mark(source: random.Random, lines: list[str]) -> list[str]:
    return [BOM + lines[0], *lines[1:]] if lines else lines


SPOILS: list[Spoil] = [line_again, line_again, section_again, section_again, without_prefix, with_mark]


def spoil(source: random.Random, file: Path) -> None:
    """Spoils a file in one way or more."""
    if not file.exists():
        return
    text = file.read_bytes().decode()
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    for _ in range(source.randint(1, 2)):
        lines = source.choice(SPOILS)(source, lines)
    file.write_bytes(end.join(lines).encode())


def keys(answers: dict[str, Resolution], names: list[str]) -> dict[tuple[str, str], object]:
    """The key that each SDK has for each name, where it has one."""
    found = {}
    for sdk, answer in answers.items():
        for name in names:
            one = outcome(answer, name)
            if "error" not in one and one["id"] != "none":
                found[sdk, name] = (one["id"], one.get("digest"))
    return found


def mended(result: Result) -> bool:
    """Whether a fix changed anything."""
    assert result.status in (0, 2, 3), result
    return re.search(r"^mended \d", result.stdout, re.MULTILINE) is not None


@pytest.mark.parametrize("number", range(PAIRS))
def test_no_sdk_loses_a_key_by_a_fix(number: int, bench: Bench, tmp_path: Path) -> None:
    drawn = generate(SEED + " doctor", number, TRAPS, SPOILERS)
    source = random.Random(f"{SEED} doctor {number}")
    config, credentials = drawn.write(tmp_path)
    spoil(source, config)
    spoil(source, credentials)
    pair = Judged(bench, config, credentials, drawn.names, with_go=number % 6 == 0)
    states, before = [pair.bytes()], keys(pair.resolve(), drawn.names)
    rules = [word for rule in RULES for word in ("--rule", rule)]
    # What one fix uncovers, another one mends.
    while mended(pair.run("doctor", "--fix", "--yes", *rules)):
        states.append(pair.bytes())
        assert len(states) < 6
    after = keys(pair.resolve(), drawn.names)
    assert {place: after.get(place) for place in before} == before
    while len(states) > 1:
        assert pair.bytes() == states.pop()
        pair.run("doctor", "--undo", "--yes").done()
    assert pair.bytes() == states.pop()


def test_most_drawn_pairs_can_be_mended(bench: Bench, tmp_path: Path) -> None:
    """Else the other test would say little."""
    fixes = 0
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        config, credentials = generate(SEED + " doctor", number, TRAPS, SPOILERS).write(folder)
        spoil(random.Random(f"{SEED} doctor {number}"), config)
        shown = Judged(bench, config, credentials, [], with_go=False).run("doctor", "--fix", "--dry-run").done()
        fixes += "\n  fix: " in shown.stdout
    assert fixes >= 8


@pytest.mark.parametrize("case", sorted(CHECKOUT.glob("Migration/cases/*/before")), ids=lambda case: case.parent.name)
def test_files_of_written_cases_are_read_without_a_change(case: Path, bench: Bench) -> None:
    before = {file.name: file.read_bytes() for file in case.iterdir()}
    pair = Judged(bench, case / "config", case / "credentials", [], with_go=False)
    for options in ([], ["--json"], ["--fix", "--dry-run"]):
        result = pair.run("doctor", *options)
        assert result.status in (0, 2, 3) and result.stderr == "", result
    assert {file.name: file.read_bytes() for file in case.iterdir()} == before
