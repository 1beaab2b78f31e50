"""Import and undo killed at every phase: the next command finishes the work or puts it back, and nothing is lost.

The moments are drawn over the system calls of a whole run, most of them after the first call that touches the store or
an AWS file.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import SEED, MakeHome
from fake_keys import DEV, DOCUMENTED, OTHER, PROD
from home import CONFIG, CREDENTIALS, Home
from oracles import Oracles
from tracing import STRACE, Course, course, killed_at

IMPORTS, FIRST_IMPORTS, UNDOS = 84, 16, 30
KEYS = {"default": DOCUMENTED, "dev": DEV, "prod": PROD, "anchor": OTHER}

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace isn't there to kill a program at a chosen call")


@dataclass
class Victim:
    """A home whose import is killed again and again, and what it looks like before and after a whole one."""

    home: Home
    sdks: Oracles
    before: tuple[bytes, bytes] = (b"", b"")
    after: tuple[bytes, bytes] = (b"", b"")
    harmless: set[str] = field(default_factory=set)
    imports: Course = field(default_factory=lambda: Course([]))
    undos: Course = field(default_factory=lambda: Course([]))
    killed: dict[str, int] = field(default_factory=dict)

    def argv(self, *arguments: str) -> list[str]:
        """Gives the command line of `awskeys` with the arguments."""
        return [str(self.home.folder / "awskeys"), *arguments]

    def files(self) -> tuple[bytes, bytes]:
        """Gives both AWS files."""
        return self.home.config.read_bytes(), self.home.credentials.read_bytes()

    def names(self) -> set[str]:
        """Gives the names of all files, with what is random or counted in them made alike."""
        return {re.sub(r"[0-9a-f]{8,}|\d+", "#", name) for name in self.home.files()}

    def assert_settled(self) -> None:
        """Asserts that all was finished or put back, and that every profile has its key."""
        assert self.files() in (self.before, self.after)
        assert self.names() <= self.harmless, f"left behind: {self.names() - self.harmless}"
        store = {"AWSKEYS_STORE": str(self.home.store), **self.home.env}
        found = self.sdks.boto3.resolve(self.home.config, self.home.credentials, list(KEYS), store)
        assert {name: answer.get("id") for name, answer in found.items()} == {n: key.id for n, key in KEYS.items()}

    def assert_mended_by_list(self) -> None:
        """Runs `awskeys list`, which must leave everything settled and name what the store then holds."""
        listed = json.loads(self.home.run("list", "--json").done().stdout)["profiles"]
        expected = set(KEYS) if self.files() == self.after else {"anchor"}
        assert {each["profile"] for each in listed} == expected
        self.assert_settled()


def moments(of: Course, first: int, count: int, purpose: str) -> list[int]:
    """Draws the calls to be killed at: a tenth before the first call that matters, the rest spread over the others."""
    draw = random.Random(f"{SEED}/{purpose}")
    early = [draw.randint(2, first) for _ in range(count // 10)]
    span, late = len(of.calls) - first, count - len(early)
    return early + [first + int(span * (at + draw.random()) / late) for at in range(late)]


def with_anchor(home: Home) -> Home:
    """Adds a profile whose key is in the store before anything is killed, so that the fast lane has one to give."""
    home.credentials.write_text(f"[anchor]\n{OTHER.lines()}\n{CREDENTIALS}")
    home.run("import", "--yes", "--profile", "anchor").done()
    home.run("unlock", "--for", "8h").done()
    return home


@pytest.fixture(scope="module")
def victim(built: Path, sdks: Oracles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """The home, after one whole import and undo under strace that say where the moments are."""
    folder = tmp_path_factory.mktemp("killed")
    home = with_anchor(Home.make(folder / "home"))
    victim = Victim(home, sdks)
    victim.before, victim.harmless = victim.files(), victim.names()
    result, victim.imports = course(victim.argv("import", "--yes"), home.env, folder / "import.log")
    result.done()
    victim.after = victim.files()
    victim.harmless |= victim.names()
    result, victim.undos = course(victim.argv("import", "--undo", "--yes"), home.env, folder / "undo.log")
    result.done()
    assert victim.files() == victim.before != victim.after
    victim.harmless |= victim.names()
    yield victim
    home.lock()


def anchor_through_the_fast_lane(home: Home) -> None:
    """Asserts that a profile which was in the store all the time is still there."""
    document = json.loads(home.resolve("anchor").done().stdout)
    assert (document["AccessKeyId"], document["SecretAccessKey"]) == (OTHER.id, OTHER.secret)


@pytest.mark.parametrize("index", range(IMPORTS))
def test_a_killed_import_is_finished_or_put_back_by_the_next_command(index: int, victim: Victim) -> None:
    first = victim.imports.first(str(victim.home.store), str(victim.home.config))
    moment = moments(victim.imports, first, IMPORTS, "import")[index]
    if victim.files() == victim.after:
        victim.home.run("import", "--undo", "--yes").done()
    assert victim.files() == victim.before
    result = killed_at(moment, victim.imports, victim.argv("import", "--yes"), victim.home.env)
    assert result.status in (-9, 0), result
    victim.killed["import"] = victim.killed.get("import", 0) + (result.status == -9)
    if index % 2:
        anchor_through_the_fast_lane(victim.home)
    victim.assert_mended_by_list()


@pytest.mark.parametrize("index", range(UNDOS))
def test_a_killed_undo_is_finished_or_put_back_by_the_next_command(index: int, victim: Victim) -> None:
    first = victim.undos.first(str(victim.home.store), str(victim.home.config))
    moment = moments(victim.undos, first, UNDOS, "undo")[index]
    if victim.files() == victim.before:
        victim.home.run("import", "--yes").done()
    assert victim.files() == victim.after
    result = killed_at(moment, victim.undos, victim.argv("import", "--undo", "--yes"), victim.home.env)
    assert result.status in (-9, 0), result
    victim.killed["undo"] = victim.killed.get("undo", 0) + (result.status == -9)
    if index % 2:
        anchor_through_the_fast_lane(victim.home)
    victim.assert_mended_by_list()


def test_nearly_all_of_those_were_killed(victim: Victim) -> None:
    if set(victim.killed) != {"import", "undo"}:
        pytest.skip("only some of the killings were run")
    assert victim.killed["import"] >= IMPORTS * 0.85
    assert victim.killed["undo"] >= UNDOS * 0.85


@pytest.fixture(scope="module")
def first_import(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, tuple[bytes, bytes], set[str]]:
    """The course of an import that makes the store, and what it leaves."""
    folder = tmp_path_factory.mktemp("first")
    home = Home.make(folder / "home")
    argv = [str(home.folder / "awskeys"), "import", "--yes"]
    result, calls = course(argv, home.env, folder / "log")
    result.done()
    whole = Victim(home, None)  # type: ignore[arg-type]
    home.lock()
    return calls, whole.files(), whole.names()


@pytest.mark.parametrize("index", range(FIRST_IMPORTS))
def test_a_killed_first_import_leaves_every_key_in_reach(
    index: int,
    first_import: tuple[Course, tuple[bytes, bytes], set[str]],
    make_home: MakeHome,
    sdks: Oracles,
) -> None:
    calls, after, names = first_import
    home = make_home()
    first = calls.first("/.local/share/awskeys", "/.aws/")
    moment = moments(calls, first, FIRST_IMPORTS, "first import")[index]
    killed_at(moment, calls, [str(home.folder / "awskeys"), "import", "--yes"], home.env)

    home.run("list")
    now = Victim(home, sdks)
    assert now.files() in ((CONFIG.encode(), CREDENTIALS.encode()), after)
    # Without a store, `list` has nothing to unlock, and what was begun of one stays for the import below to remove.
    begun = set() if home.store.exists() else {".local/share/awskeys/.store.awskeys-new"}
    assert now.names() <= names | begun, f"left behind: {now.names() - names}"
    found = sdks.boto3.resolve(home.config, home.credentials, ["default", "dev", "prod"], now.home.env)
    assert all(found[name].get("id") == KEYS[name].id for name in found), found
    # Whatever was left, the same command does the whole job now.
    home.run("import", "--yes").done()
    assert now.files() == after
    assert now.names() <= names
    assert json.loads(home.resolve("dev").done().stdout)["SecretAccessKey"] == DEV.secret
