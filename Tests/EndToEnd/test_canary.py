"""After import no secret is left: in no file, no argv or environment of any process, no output but where asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from canary import secrets_in
from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, PROD, THIRD
from gnome_keyring import gnome_keyring
from home import PASSPHRASE, Home
from tracing import STRACE, executed

SECRETS = [DOCUMENTED.secret, DEV.secret, PROD.secret, THIRD.secret, PASSPHRASE]
ADDED = f"{THIRD.id}\n{THIRD.secret}\n"

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace isn't there to show argv and environments")


class Watched:
    """A home whose commands are watched: every place where a secret might turn up is kept."""

    def __init__(self, home: Home, logs: Path) -> None:
        self.home = home
        self.logs = logs
        self.places: list[tuple[str, bytes]] = []

    def run(self, *argv: str, stdin: str | None = None, says_it: bool = False, status: int = 0) -> str:
        """Runs one of the programs, keeping what it was and said; `says_it` when stdout is asked to say a secret."""
        log = self.logs / f"{len(self.places)}.log"
        program = str(self.home.folder / argv[0])
        result, processes = executed([program, *argv[1:]], self.home.env, log, stdin)
        assert result.status == status, result
        command = " ".join(argv)
        assert b"execve(" in processes
        self.places.append((f"processes of `{command}`", processes))
        self.places.append((f"stderr of `{command}`", result.stderr.encode()))
        if not says_it:
            self.places.append((f"stdout of `{command}`", result.stdout.encode()))
        return result.stdout

    def found(self, secrets: Iterable[str] = SECRETS) -> list[str]:
        """Names every place that holds a secret, files as they are now included."""
        files = [(f"file {name}", content) for name, content in self.home.files().items()]
        assert any(name.endswith("/store") for name, _ in files)
        return secrets_in(self.places + files, secrets)


@pytest.fixture(params=["passphrase", "keyring"])
def watched(request: pytest.FixtureRequest, make_home: MakeHome, tmp_path: Path) -> Iterator[Watched]:
    """A home with either way in, whose temporary files lie in it too."""
    home = make_home(passphrase=request.param == "passphrase")
    (home.path / "tmp").mkdir()
    home.env["TMPDIR"] = str(home.path / "tmp")
    with ExitStack() as stack:
        if request.param == "keyring":
            home.env["DBUS_SESSION_BUS_ADDRESS"] = stack.enter_context(gnome_keyring(home.env)).bus
        yield Watched(home, tmp_path)


def test_no_secret_is_left_anywhere(watched: Watched) -> None:
    assert len(secrets_in([(n, c) for n, c in watched.home.files().items()], SECRETS)) == 3, "nothing to move"
    watched.run("awskeys", "import", "--dry-run")
    watched.run("awskeys", "import", "--dry-run", "--json")
    watched.run("awskeys", "import", "--yes")
    assert THIRD.secret not in watched.run("awskeys", "add", "third", "--yes", stdin=ADDED)
    for _ in ("warm", "cold"):
        assert DEV.secret in watched.run("awskeys-credential-process", "dev", says_it=True)
        assert PROD.secret in watched.run("awskeys", "credential-process", "prod", says_it=True)
        watched.run("awskeys", "lock")
    assert THIRD.secret in watched.run("awskeys", "export", "third", "--format", "env", says_it=True)
    for command in (["list"], ["list", "--json"], ["status"], ["status", "--json"], ["slot", "list"], ["unlock"]):
        watched.run("awskeys", *command)
    watched.run("awskeys-credential-process", "nobody", status=66)
    watched.run("awskeys", "import", "--yes")
    watched.run("awskeys", "remove", "third", "--yes")
    assert watched.found() == []


def test_a_recovery_code_stands_on_stdout_only(watched: Watched) -> None:
    watched.home.import_all()
    code = watched.run("awskeys", "slot", "add", "recovery", says_it=True).strip().splitlines()[-1]
    files = list(watched.home.files().items())
    assert secrets_in(watched.places + files, [code]) == []


def test_undo_leaves_no_copy_but_the_two_files(watched: Watched) -> None:
    watched.home.import_all()
    watched.run("awskeys", "import", "--undo", "--yes")
    found = {line.split(":")[0] for line in watched.found()}
    assert found == {"file .aws/config", "file .aws/credentials"}


def test_a_wrong_passphrase_is_not_repeated_in_the_message(home: Home, tmp_path: Path) -> None:
    home.import_all().run("lock").done()
    wrong = "tr0ub4dor-and-three"
    home.use_passphrase(wrong)
    watched = Watched(home, tmp_path)
    watched.run("awskeys-credential-process", "dev", status=77)
    assert secrets_in(watched.places, [wrong, *SECRETS]) == []
