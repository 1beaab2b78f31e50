"""What the tests share: scratch homes, the SDKs that judge, and the servers, each started once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import programs
from gnome_keyring import Keyring, gnome_keyring
import unlocking_table
from counting import Argon2Runs, build_shim
from home import Home
from moto_server import Moto, moto_server
from oracles import Oracles, oracles
from signing_server import SigningServer, signing_server
from stub_iam import Stub, stub_iam

# What these assert for several files, they explain as a test does.
pytest.register_assert_rewrite("rotating", "rotation_scenes")

SEED = os.environ.get("AWSKEYS_TEST_SEED", "awskeys")
# Whether everything is tried, as `make torture` does it, and not a part of it.
IS_TORTURE = bool(os.environ.get("AWSKEYS_TORTURE"))
MakeHome = Callable[..., Home]


def pytest_report_header() -> list[str]:
    """Names what a failure can be repeated with."""
    return [f"programs: {programs.FOLDER}", f"seed: {SEED} (AWSKEYS_TEST_SEED)"]


def pytest_sessionfinish() -> None:
    """Writes the table of unlocking that was just measured, if AWSKEYS_WRITE_TABLE names a file for it."""
    if file := os.environ.get("AWSKEYS_WRITE_TABLE"):
        unlocking_table.write(Path(file))


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the programs; without them no test of theirs can say anything."""
    for name in (programs.AWSKEYS, programs.HELPER):
        if not os.access(programs.FOLDER / name, os.X_OK):
            pytest.exit(f"{programs.FOLDER} holds no {name}: build first, or set AWSKEYS_BIN", returncode=4)
    return programs.FOLDER


@pytest.fixture
def make_home(built: Path, tmp_path: Path) -> Iterator[MakeHome]:
    """Makes scratch homes below the test's own folder, and locks their stores at the end."""
    made: list[Home] = []

    def make(name: str = "home", **how: object) -> Home:
        made.append(Home.make(tmp_path / name, **how))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for home in made:
        home.lock()


@pytest.fixture
def home(make_home: MakeHome) -> Home:
    """A home with the everyday files, a passphrase file, and no store yet."""
    return make_home()


@pytest.fixture
def locked(make_home: MakeHome) -> Home:
    """A locked store that a passphrase opens, and nobody to ask for it."""
    home = make_home().import_all()
    home.forget_passphrase()
    home.run("lock").done()
    return home


@pytest.fixture
def desktop(make_home: MakeHome) -> Iterator[tuple[Home, Keyring]]:
    """A home with an unlocked keyring, and everything imported through it."""
    home = make_home(passphrase=False)
    with gnome_keyring(home.env) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        home.import_all()
        yield home, keyring


@pytest.fixture(scope="session")
def imported(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with everything imported and unlocked, for tests that change nothing in it."""
    home = Home.make(tmp_path_factory.mktemp("imported") / "home").import_all()
    home.run("unlock", "--for", "8h").done()
    yield home
    home.lock()


@pytest.fixture(scope="session")
def server() -> Iterator[SigningServer]:
    """The endpoint that says which key a request was signed with."""
    with signing_server() as running:
        yield running


@pytest.fixture(scope="session")
def sdks(server: SigningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracles]:
    """boto3 and the Ruby SDK, waiting for questions."""
    with oracles(tmp_path_factory.mktemp("oracles"), server.url) as running:
        yield running


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """An IAM and STS that checks signatures."""
    with moto_server(tmp_path_factory.mktemp("moto")) as running:
        yield running


@pytest.fixture
def stub() -> Iterator[Stub]:
    """An IAM and STS of the tests' own, whose keys, clocks, codes and faults the test sets."""
    with stub_iam() as running:
        yield running


@pytest.fixture(scope="session")
def argon2_shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that counts runs of Argon2."""
    return build_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def argon2_runs(argon2_shim: Path, tmp_path: Path) -> Argon2Runs:
    """How often programs that have its environment turned a passphrase into a key."""
    return Argon2Runs(argon2_shim, tmp_path / "argon2-runs")
