"""A store or a file that isn't what it should be: one clear message, its exit code, and nothing changed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import DEV, THIRD
from home import CONFIG, CREDENTIALS, KEYS, Home

ROOT = os.geteuid() == 0


@dataclass
class Copy:
    """A home beside a copy of its store that a test may spoil; the data key is in the kernel keyring still."""

    home: Home
    good: bytes

    @property
    def store(self) -> Path:
        return self.home.store

    def spoil(self, content: bytes) -> None:
        """Overwrites the copy."""
        self.store.write_bytes(content)

    def assert_refused(self, status: int | tuple[int, ...], *fragments: str) -> None:
        """Asserts that every way to the store is refused alike, and that nothing was changed by trying."""
        before = self.home.files()
        statuses = (status,) if isinstance(status, int) else status
        added = f"{THIRD.id}\n{THIRD.secret}\n"
        for answer in (
            self.home.resolve("dev"),
            self.home.run("credential-process", "dev"),
            self.home.run("list"),
            self.home.run("add", "third", "--yes", stdin=added),
            self.home.run("import", "--yes"),
        ):
            answer.failed(answer.status, *fragments)
            assert answer.status in statuses, answer
        assert self.home.files() == before


@pytest.fixture
def copy(imported: Home, tmp_path: Path) -> Iterator[Copy]:
    """A copy of the store and of the plain-text files, in a home of its own."""
    home = Home.make(tmp_path / "home", passphrase=False)
    home.env["AWSKEYS_PASSPHRASE_FILE"] = imported.env["AWSKEYS_PASSPHRASE_FILE"]
    home.store.parent.mkdir(parents=True, mode=0o700)
    shutil.copy(imported.store, home.store)
    home.store.chmod(0o600)
    # A lock file belongs to every store that was written once.
    Path(f"{home.store}.lock").touch(mode=0o600)
    yield Copy(home, home.store.read_bytes())


def flipped(content: bytes, at: int) -> bytes:
    """Gives the bytes with one bit changed."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_the_copy_is_good_before_it_is_spoilt(copy: Copy) -> None:
    assert DEV.id in copy.home.resolve("dev").done().stdout


# Places by docs/format.md: a header of 112 bytes with the slots' size at 72 and the index's at 76.
PLACES: dict[str, Callable[[bytes], int]] = {
    "generation": lambda store: 32,
    "commitment": lambda store: 50,
    "slot count": lambda store: 12,
    "sizes": lambda store: 76,
    "nonce": lambda store: 100,
    "slot": lambda store: 112 + 5,
    "last byte of the slots": lambda store: 112 + int.from_bytes(store[72:76], "little") - 1,
    "index": lambda store: 112 + int.from_bytes(store[72:76], "little") + 20,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_bit_is_noticed(copy: Copy, place: str) -> None:
    copy.spoil(flipped(copy.good, PLACES[place](copy.good)))
    copy.assert_refused(65)


def test_a_changed_bit_in_a_record_is_noticed_by_whoever_reads_that_record(copy: Copy) -> None:
    records = len(copy.good) - int.from_bytes(copy.good[80:84], "little")
    noticed = set()
    for at in range(records, len(copy.good), 50):
        copy.spoil(flipped(copy.good, at))
        answers = {name: copy.home.resolve(name) for name in KEYS}
        failed = [name for name, answer in answers.items() if answer.status]
        assert len(failed) <= 1
        for name in set(failed) - noticed:
            answers[name].failed(65, "damaged")
            assert copy.home.run("credential-process", name) == answers[name]
        noticed |= set(failed)
    assert noticed == set(KEYS)


@pytest.mark.parametrize("from_the_end", [1, 100])
def test_a_changed_bit_in_any_record_stops_whoever_writes(copy: Copy, from_the_end: int) -> None:
    copy.spoil(flipped(copy.good, len(copy.good) - from_the_end))
    before = copy.home.files()
    for arguments in (["import", "--yes"], ["remove", "dev", "--yes"]):
        answer = copy.home.run(*arguments)
        assert (answer.status, "damaged" in answer.stderr) == (65, True), answer
    after = copy.home.files()
    # Whoever takes keys away takes the right to rotate first.
    assert after.pop(".local/share/awskeys/store.rotation.lock", b"") == b""
    before.pop(".local/share/awskeys/store.rotation.lock", None)
    assert after == before


def test_the_id_of_another_store_is_noticed(copy: Copy) -> None:
    # Nothing can tell a changed id from a wrong passphrase but for the id being bound to the slot.
    copy.spoil(flipped(copy.good, 20))
    copy.assert_refused((65, 77))


@pytest.mark.parametrize(
    "content", [b"[default]\n", b"AWSKEY", b"", b"\0" * 4096], ids=["ini", "short", "empty", "nul"]
)
def test_what_is_no_store_is_called_so(copy: Copy, content: bytes) -> None:
    copy.spoil(content)
    copy.assert_refused(65)


def test_a_changed_first_byte_makes_it_no_store(copy: Copy) -> None:
    copy.spoil(flipped(copy.good, 0))
    copy.assert_refused(65, "not a")


@pytest.mark.parametrize("kept", [11, 50, 111, 112, 200, -1])
def test_a_truncated_store_is_noticed(copy: Copy, kept: int) -> None:
    copy.spoil(copy.good[:kept])
    copy.assert_refused(65)


def test_a_byte_too_many_is_noticed(copy: Copy) -> None:
    copy.spoil(copy.good + b"\0")
    copy.assert_refused(65)


def test_a_newer_store_asks_for_a_newer_program(copy: Copy) -> None:
    copy.spoil(copy.good[:8] + b"\2\0" + copy.good[10:])
    copy.assert_refused(65, "newer")


def test_a_store_that_others_may_read_is_refused(copy: Copy) -> None:
    copy.store.chmod(0o640)
    copy.assert_refused(77, "chmod")


@pytest.mark.skipif(not ROOT, reason="only root can give a file away")
def test_a_store_of_somebody_else_is_refused(copy: Copy) -> None:
    os.chown(copy.store, 65534, 65534)
    copy.assert_refused(77, "own")


@pytest.mark.parametrize("above", [".local/share/awskeys", ".local", "."])
def test_a_store_that_others_could_exchange_is_neither_unlocked_nor_written(copy: Copy, above: str) -> None:
    folder = copy.home.path / above
    usual = folder.stat().st_mode
    folder.chmod(0o777)
    # The data key at hand opens no other store.
    before = copy.home.files()
    for answer in (copy.home.resolve("dev"), copy.home.run("credential-process", "dev"), copy.home.run("list")):
        answer.done()
    copy.home.run("add", "third", "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").failed(77, "chmod go-w", str(folder))
    assert copy.home.files() == before
    copy.home.lock()
    copy.assert_refused(77, "chmod go-w", str(folder))
    # Nobody can touch another's files where the sticky bit is set, and the user's own group is the user's.
    for mode in (0o1777, usual | 0o020):
        folder.chmod(mode)
        copy.home.resolve("dev").done()
        copy.home.lock()
    if ROOT:
        os.chown(folder, 0, 65534)
        copy.assert_refused(77, "chmod go-w", str(folder))
        folder.chmod(usual)
        os.chown(folder, 12345, 0)
        copy.assert_refused(77, "another user (12345)", str(folder))


def test_a_store_is_not_made_where_others_could_exchange_it(make_home: MakeHome) -> None:
    home = make_home()
    home.path.chmod(0o777)
    before = home.files()
    home.run("import", "--yes").failed(77, "chmod go-w", after_plan=True)
    assert home.files() == before and not home.store.parent.exists()


def test_a_folder_in_place_of_the_store_is_refused(copy: Copy) -> None:
    copy.store.unlink()
    copy.store.mkdir(mode=0o700)
    copy.assert_refused((65, 74))


def test_an_older_state_of_the_store_is_refused_until_accepted(home: Home) -> None:
    home.import_all()
    home.run("unlock").done()
    older = home.store.read_bytes()
    home.run("add", "third", "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").done()
    home.store.write_bytes(older)
    before = home.files()
    for answer in (home.resolve("dev"), home.run("credential-process", "dev"), home.run("list")):
        answer.failed(76, "--accept-rollback")
    assert home.files() == before
    home.run("unlock", "--accept-rollback").done()
    assert DEV.id in home.resolve("dev").done().stdout


def test_a_wrong_passphrase_is_called_wrong(copy: Copy) -> None:
    copy.home.run("lock").done()
    copy.home.use_passphrase("not it EXAMPLE")
    before = copy.home.files()
    for answer in (copy.home.resolve("dev"), copy.home.run("import", "--yes"), copy.home.run("unlock")):
        answer.failed(77, "passphrase")
    assert copy.home.files() == before


@pytest.fixture(autouse=True)
def unlocked_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """Puts the data key of the shared store back into the kernel keyring, where a test may have taken it out."""
    yield
    if "copy" in request.fixturenames:
        shared: Home = request.getfixturevalue("imported")
        shared.run("unlock", "--for", "8h").done()


@pytest.mark.parametrize("kind", ["missing", "folder", "empty"])
def test_a_passphrase_file_that_gives_none_is_a_wrong_setting(copy: Copy, tmp_path: Path, kind: str) -> None:
    copy.home.run("lock").done()
    file = tmp_path / "passphrase"
    if kind == "folder":
        file.mkdir()
    elif kind == "empty":
        file.touch()
    copy.home.env["AWSKEYS_PASSPHRASE_FILE"] = str(file)
    before = copy.home.files()
    for answer in (copy.home.resolve("dev"), copy.home.run("list")):
        answer.failed(78, str(file))
    assert copy.home.files() == before


def test_a_store_that_is_held_by_another_process_is_busy(home: Home) -> None:
    home.run("import", "--yes", "--profile", "dev").done()
    before = home.files()
    with open(f"{home.store}.lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home.run("import", "--yes", timeout=120).failed(75, after_plan=True)
        assert home.files() == before
        assert DEV.id in home.resolve("dev").done().stdout, "readers wait for nobody"
    home.run("import", "--yes").done()


UNPARSABLE = {
    "section twice": b"[dev]\n" + DEV.lines().encode() + b"[dev]\nregion = us-east-1\n",
    "key twice": b"[dev]\n" + DEV.lines().encode() + DEV.lines().encode(),
    "byte order mark": b"\xef\xbb\xbf[dev]\n" + DEV.lines().encode(),
    "garbage": b"[dev]\n" + DEV.lines().encode() + b"=======\nwhat is this\n",
    "property before a section": DEV.lines().encode() + b"[dev]\n",
    "not UTF-8": b"[dev]\n# caf\xe9\n" + DEV.lines().encode(),
    "value below its name": DEV.lines().replace("= ", "=\n  ").join(["[dev]\n", ""]).encode(),
    "header without an end": b"[dev\n" + DEV.lines().encode(),
}


@pytest.mark.parametrize("file", ["config", "credentials"])
@pytest.mark.parametrize("kind", UNPARSABLE)
def test_a_file_that_sdks_cannot_parse_is_refused_whole(make_home: MakeHome, kind: str, file: str) -> None:
    home = make_home(config=CONFIG, credentials=CREDENTIALS)
    content = UNPARSABLE[kind]
    if file == "config":
        content = content.replace(b"[dev", b"[profile dev")
    (home.path / ".aws" / file).write_bytes(content)
    before = home.files()
    for arguments in (["--yes"], ["--dry-run"], ["--dry-run", "--json"]):
        home.run("import", *arguments).failed(78, f".aws/{file}")
    assert home.files() == before
    assert not home.store.exists()
