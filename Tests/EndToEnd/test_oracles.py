"""Real SDKs say whether import changed what a profile resolves to: for every written case, and for 300 drawn pairs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import SEED
from generate import generate
from generate_traps import SPOILERS, TRAPS
from home import Home
from judging import Bench, Judged, judge
from oracles import Oracles, names_in
from programs import CHECKOUT
from signing_server import SigningServer

PAIRS = 300
CASES = sorted(folder for folder in CHECKOUT.glob("Migration/cases/*") if folder.is_dir())
FILES = ("config", "credentials")


@pytest.fixture(scope="module")
def bench(
    built: Path, sdks: Oracles, server: SigningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """One store for all pairs, unlocked once; it starts with a profile that no pair touches."""
    home = Home.make(tmp_path_factory.mktemp("bench") / "home", config="", credentials=None)
    home.env["AWSKEYS_STORE"] = str(home.path / "store")
    home.credentials.write_text(
        "[of-the-bench]\naws_access_key_id = AKIAOFTHEBENCHEXAMPLE\naws_secret_access_key = EXAMPLE/of/the/bench\n"
    )
    home.import_all().run("unlock", "--for", "8h").done()
    yield Bench(home, sdks, server)
    home.lock()


def placed(case: Path, side: str, into: Path) -> tuple[Path, Path]:
    """Copies one side of a case; gives the paths of both files."""
    for file in FILES:
        if (case / side / file).exists():
            shutil.copy(case / side / file, into / file)
            (into / file).chmod(0o600)
    return into / FILES[0], into / FILES[1]


def test_there_are_written_cases() -> None:
    assert len(CASES) >= 10


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_sdk_resolves_a_written_case_as_before(case: Path, bench: Bench, tmp_path: Path) -> None:
    config, credentials = placed(case, "before", tmp_path)
    judge(Judged(bench, config, credentials, names_in(config, credentials), with_go=True), must_import=set())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_written_case_becomes_what_stands_beside_it(case: Path, bench: Bench, tmp_path: Path) -> None:
    pair = Judged(bench, *placed(case, "before", tmp_path), names=[], with_go=False)
    original = pair.bytes()
    if (case / "refused").exists():
        status, fragment = (case / "refused").read_text().splitlines()[:2]
        pair.run("import", "--yes").failed(int(status), fragment)
        assert pair.bytes() == original
        return

    left = (case / "left").read_text().split("\n") if (case / "left").exists() else []
    plan = pair.plan()["profiles"]
    assert {f"{each['profile']} {each['reason']}" for each in plan if each["action"] == "leave"} == set(
        filter(None, left)
    )
    pair.run("import", "--yes").done()
    expected = [
        file.read_bytes().replace(b"@HELPER@", bench.home.helper.encode()) if file.exists() else None
        for file in (case / "after" / name for name in FILES)
    ]
    became = list(pair.bytes())
    if any(each["action"] == "import" for each in plan):
        pair.run("import", "--undo", "--yes").done()
    assert became == expected
    assert pair.bytes() == original


@pytest.mark.parametrize("number", range(PAIRS))
def test_every_sdk_resolves_a_drawn_pair_as_before(number: int, bench: Bench, tmp_path: Path) -> None:
    drawn = generate(SEED, number, TRAPS, SPOILERS)
    config, credentials = drawn.write(tmp_path)
    judge(Judged(bench, config, credentials, drawn.names, with_go=number % 6 == 0), drawn.must_import)


def test_the_drawn_pairs_hold_enough_that_must_be_imported() -> None:
    drawn = [generate(SEED, number, TRAPS, SPOILERS) for number in range(PAIRS)]
    assert sum(len(pair.must_import) for pair in drawn) >= PAIRS
    assert sum(not pair.must_import for pair in drawn) >= PAIRS // 30
