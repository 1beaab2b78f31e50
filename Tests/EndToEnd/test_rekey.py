"""A new data key: everything stays, the old one opens nothing, and whoever opened the store still does."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import programs
import pytest
from conftest import MakeHome
from fake_keys import DEV
from gnome_keyring import Keyring, gnome_keyring
from home import PASSPHRASE, Home
from read_store import Refused, Store
from store_format import PASSPHRASE as PASSPHRASE_SLOT
from test_migration_store import STORES
from test_slots import NEW, code_in, opens_with, slots
from test_terminal import YES_OR_NO, Terminal
from tracing import STRACE, Course, course, killed_at
from write_store import with_another_slot

QUESTION = r"new data key[^\r\n]*" + YES_OR_NO
OF_SLOT = r"passphrase of the slot [^\r\n]*: ?$"


def state(home: Home) -> dict[str, object]:
    """Gives what the store says of itself."""
    return json.loads(home.run("status", "--json").done().stdout)


def test_everything_stays_but_the_bytes(home: Home) -> None:
    plain = home.files(".aws")
    home.import_all()
    before, listed, was = home.store.read_bytes(), home.run("list", "--json").done().stdout, state(home)
    answer = home.run("rekey", "--yes").done()
    assert answer.stdout == "" and "new data key" in answer.stderr
    after, now = home.store.read_bytes(), state(home)
    # By docs/format.md: magic, versions and number of slots, the store's id; a commitment at 40; slots from 112 on.
    assert after[:32] == before[:32] and after[40:72] != before[40:72]
    assert len(after) == len(before)
    # Of what follows, no 16 bytes are the same but the kind and sizes in the slot.
    runs = {before[at : at + 16] for at in range(112, len(before) - 15)}
    assert not any(after[at : at + 16] in runs for at in range(112, len(after) - 15))
    assert now["generation"] == was["generation"] + 1
    assert [slot["kind"] for slot in now["slots"]] == ["passphrase"]
    assert now["slots"][0]["id"] != was["slots"][0]["id"]
    assert home.run("list", "--json").done().stdout == listed
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == plain


@pytest.mark.parametrize("folder", STORES, ids=lambda folder: folder.name)
def test_a_store_of_each_version_keeps_its_keys_journals_and_rotations(folder: Path, make_home: MakeHome) -> None:
    home = make_home(config=None, credentials=None)
    home.store.parent.mkdir(parents=True, mode=0o700)
    shutil.copyfile(folder / "store", home.store)
    home.store.chmod(0o600)
    passphrase = (folder / "passphrase").read_text().splitlines()[0]
    home.use_passphrase(passphrase)
    home.run("lock").done()
    listed = home.run("list", "--json").done().stdout
    code = code_in(home.run("rekey", "--yes").done().stdout)
    old_code = (folder / "recovery-code").read_text().splitlines()[0]
    for opener, opens in ((passphrase, True), (code, True), (old_code, False)):
        home.run("lock").done()
        home.use_passphrase(opener)
        answer = home.run("list", "--json")
        assert (answer.status, answer.stdout) == ((0, listed) if opens else (77, "")), answer
    home.use_passphrase(passphrase)
    for name, key in json.loads((folder / "expected.json").read_text()).items():
        document = json.loads(home.resolve(name).done().stdout)
        assert (document["AccessKeyId"], document["SecretAccessKey"]) == (
            key["access_key_id"], key["secret_access_key"],
        )  # fmt: skip


def test_what_was_unlocked_stays_so(home: Home) -> None:
    home.import_all()
    if state(home)["kernel_keyring"] != "available":
        pytest.skip("the kernel refuses keys here, so that nothing is remembered")
    home.run("unlock", "--for", "8h").done()
    home.run("rekey", "--yes").done()
    home.forget_passphrase()
    assert DEV.secret in home.resolve("dev").done().stdout
    assert DEV.secret in home.run("credential-process", "dev").done().stdout


def test_a_rotation_is_waited_for(home: Home) -> None:
    home.import_all()
    argv = [str(home.folder / programs.AWSKEYS), "rekey", "--yes"]
    before = home.store.read_bytes()
    with open(home.store.with_name("store.rotation.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(argv, env=home.env, stderr=subprocess.PIPE, text=True, start_new_session=True)
        assert waiting.stderr
        assert "waiting for another" in waiting.stderr.readline()
        assert home.store.read_bytes() == before
    assert "new data key" in waiting.stderr.read()
    assert waiting.wait(timeout=30) == 0
    assert opens_with(home, PASSPHRASE)


def test_slots_that_changed_meanwhile_stop_it(home: Home, tmp_path: Path) -> None:
    home.import_all()
    terminal = Terminal(home, "rekey")
    terminal.wait_for(QUESTION)
    home.run("slot", "add", "recovery").done()
    before = home.store.read_bytes()
    terminal.child.sendline("y")
    assert terminal.ends() == 75, terminal.seen
    assert home.store.read_bytes() == before


# Slots


def test_the_keyring_has_a_new_item_and_a_passphrase_is_asked_for_and_proved(
    desktop: tuple[Home, Keyring], tmp_path: Path
) -> None:
    home, keyring = desktop
    new = tmp_path / "new"
    new.write_text(NEW + "\n")
    home.run("slot", "add", "passphrase", "--new-passphrase-file", str(new)).done()
    before = slots(home)
    terminal = Terminal(home, "rekey")
    terminal.wait_for(QUESTION)
    terminal.child.sendline("y")
    terminal.wait_for(OF_SLOT)
    terminal.type_unseen("wrong EXAMPLE passphrase")
    terminal.wait_for("wrong passphrase")
    terminal.wait_for(OF_SLOT)
    terminal.type_unseen(NEW)
    assert terminal.ends() == 0, terminal.seen
    assert NEW not in terminal.seen and "wrong EXAMPLE passphrase" not in terminal.seen
    now = slots(home)
    assert sorted(now.values()) == sorted(before.values()) and not set(now) & set(before)
    items = [attributes["slot"] for _, attributes in keyring.labels_and_attributes()]
    assert items == [slot for slot, kind in now.items() if kind == "keyring"]
    assert opens_with(home, None)
    del home.env["DBUS_SESSION_BUS_ADDRESS"]
    assert opens_with(home, NEW) and not opens_with(home, PASSPHRASE)


@pytest.mark.parametrize("answer", ["n", "y"])
def test_a_slot_whose_passphrase_nobody_knows_is_named_and_given_up_only_if_agreed(
    desktop: tuple[Home, Keyring], tmp_path: Path, answer: str
) -> None:
    home, keyring = desktop
    new = tmp_path / "new"
    new.write_text(NEW + "\n")
    home.run("slot", "add", "passphrase", "--new-passphrase-file", str(new)).done()
    store, items, before = home.store.read_bytes(), keyring.items, slots(home)
    lost = next(slot for slot, kind in before.items() if kind == "passphrase")
    home.run("rekey", "--yes").failed(64, lost, "slot remove")
    assert (home.store.read_bytes(), keyring.items) == (store, items)
    terminal = Terminal(home, "rekey")
    terminal.wait_for(QUESTION)
    terminal.child.sendline("y")
    terminal.wait_for(OF_SLOT)
    terminal.type_unseen("")
    terminal.wait_for(YES_OR_NO)
    assert f"the passphrase slot {lost} cannot be carried over" in terminal.seen
    terminal.child.sendline(answer)
    if answer == "n":
        assert terminal.ends() == 1, terminal.seen
        assert (home.store.read_bytes(), keyring.items) == (store, items)
    else:
        assert terminal.ends() == 0, terminal.seen
        assert list(slots(home).values()) == ["keyring"] and len(keyring.items) == 1
    assert opens_with(home, None)


def data_key(store: Store) -> bytes:
    """Opens a store with the tests' passphrase."""
    return store.data_key(PASSPHRASE_SLOT, PASSPHRASE.encode())


def test_a_slot_of_a_later_version_is_named_and_given_up_only_if_agreed(home: Home) -> None:
    home.import_all()
    store = home.store.read_bytes()
    home.store.write_bytes(with_another_slot(store, data_key(Store.parse(store)), 0x70))
    before = home.store.read_bytes()
    unknown = next(slot for slot, kind in slots(home).items() if kind == "unknown")
    home.run("slot", "replace", unknown, "--yes").failed(64, unknown)
    home.run("rekey", "--yes").failed(64, unknown)
    for answer, status, kinds in (("n", 1, ["passphrase", "unknown"]), ("y", 0, ["passphrase"])):
        assert home.store.read_bytes() == before
        terminal = Terminal(home, "rekey")
        assert terminal.answers([], {"without it": answer}) == status, terminal.seen
        assert f"the unknown slot {unknown} cannot be carried over" in terminal.seen
        assert sorted(slots(home).values()) == kinds
    assert opens_with(home, PASSPHRASE)


def test_another_reader_finds_that_the_old_data_key_opens_nothing(home: Home) -> None:
    home.import_all()
    before = Store.parse(home.store.read_bytes())
    old = data_key(before)
    home.run("rekey", "--yes").done()
    after = Store.parse(home.store.read_bytes())
    new = data_key(after)
    assert new != old
    # By docs/format.md: the keys are the same.
    assert before.contents(old) == after.contents(new) and "prod" in after.contents(new).keys
    for store, key in ((after, old), (before, new)):
        with pytest.raises(Refused, match="wrong key"):
            store.contents(key)
        # Nor does it open what is sealed, commitments aside.
        with pytest.raises(Refused, match="damaged index"):
            store.index_of(key)


def test_the_last_way_in_cannot_be_given_up(home: Home) -> None:
    home.import_all()
    home.run("unlock").done()
    home.forget_passphrase()
    before = home.store.read_bytes()
    terminal = Terminal(home, "rekey")
    terminal.wait_for(QUESTION)
    terminal.child.sendline("y")
    for _ in range(3):
        terminal.wait_for(OF_SLOT)
        terminal.type_unseen("wrong EXAMPLE passphrase")
    assert terminal.answers([], {"without it": "y"}) == 64, terminal.seen
    assert "nothing would open the store" in terminal.seen
    assert home.store.read_bytes() == before
    assert opens_with(home, PASSPHRASE)


def test_a_no_or_nobody_to_ask_changes_nothing(home: Home) -> None:
    home.import_all()
    before = home.store.read_bytes()
    home.run("rekey").failed(64, "--yes")
    terminal = Terminal(home, "rekey")
    assert terminal.answers([], {"new data key": "n"}) == 1, terminal.seen
    assert home.store.read_bytes() == before


@pytest.mark.parametrize("wanted", ["y", "n"])
def test_a_recovery_code_is_replaced_or_dropped(home: Home, wanted: str) -> None:
    home.import_all()
    old = code_in(home.run("slot", "add", "recovery").done().stdout)
    terminal = Terminal(home, "rekey")
    assert terminal.answers([], {"recovery code": wanted}) == 0, terminal.seen
    assert not opens_with(home, old) and opens_with(home, PASSPHRASE)
    if wanted == "y":
        assert opens_with(home, code_in(terminal.seen))
    assert sorted(slots(home).values()) == ["passphrase", "recovery"][: 2 if wanted == "y" else 1]


def test_a_code_in_the_passphrase_file_stays_good(home: Home) -> None:
    home.import_all()
    code = code_in(home.run("slot", "add", "recovery").done().stdout)
    ((passphrase, _),) = [(slot, kind) for slot, kind in slots(home).items() if kind == "passphrase"]
    home.run("slot", "remove", passphrase, "--yes").done()
    home.use_passphrase(code.lower())
    assert home.run("rekey", "--yes").done().stdout == ""
    assert opens_with(home, code)


# Killed


@dataclass
class Victim:
    """A store with a keyring slot and a passphrase slot, whose changes are killed again and again."""

    home: Home
    keyring: Keyring
    courses: dict[str, Course] = field(default_factory=dict)
    killed: list[bool] = field(default_factory=list)

    def argv(self, command: str) -> list[str]:
        return [str(self.home.folder / programs.AWSKEYS), *command.split(), "--yes"]


COMMANDS = ["rekey", "slot replace keyring"]
# What can be seen from outside: files, the kernel's keyring, messages to the desktop's.
CALLS = {"openat", "write", "fsync", "rename", "unlink", "flock", "fchmod", "add_key", "keyctl", "sendmsg", "sendto"}
MOMENTS = 22


@pytest.fixture(scope="module")
def victim(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """The home, after one whole run of each command under strace that says where the moments are."""
    folder = tmp_path_factory.mktemp("rekeyed")
    home = Home.make(folder / "home", passphrase=False)
    with gnome_keyring(home.env) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        home.import_all()
        home.use_passphrase(PASSPHRASE)
        new = ["--new-passphrase-file", home.env["AWSKEYS_PASSPHRASE_FILE"]]
        home.run("slot", "add", "passphrase", *new).done()
        victim = Victim(home, keyring)
        for number, command in enumerate(COMMANDS):
            result, victim.courses[command] = course(
                victim.argv(command), home.env, folder / f"{number}.log", doing="rename("
            )
            result.done()
        yield victim
        home.lock()


def moments(of: Course) -> list[int]:
    """Gives calls to be killed at: every one that renames, and others spread over the time after the store was read."""
    names = [call.partition("(")[0] for call in of.calls]
    seen = [at for at, name in enumerate(names, start=1) if name in CALLS and at >= of.first('/store"')]
    renames = [at for at in seen if names[at - 1] == "rename"]
    # Just before a rename, at it, and at each of the calls that follow: the caches and the items.
    near = [at for rename in renames for at in seen[max(0, seen.index(rename) - 2) : seen.index(rename) + 6]]
    spread = [seen[len(seen) * step // MOMENTS] for step in range(MOMENTS)]
    return sorted({*near, *spread})


@pytest.mark.skipif(STRACE is None, reason="strace isn't there to kill a program at a chosen call")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_anywhere_the_store_opens_with_all_of_the_old_slots_or_all_of_the_new_ones(
    victim: Victim, command: str
) -> None:
    home, of = victim.home, victim.courses[command]
    killed = 0
    outcomes = set()
    for moment in moments(of):
        home.use_passphrase(PASSPHRASE)
        home.run("lock").done()
        home.run("unlock").done()
        before = slots(home)
        result = killed_at(moment, of, victim.argv(command), home.env)
        assert result.status in (-9, 0), result
        killed += result.status == -9
        after = slots(home)
        assert sorted(after.values()) == ["keyring", "passphrase"]
        items = {attributes["slot"] for _, attributes in victim.keyring.labels_and_attributes()}
        assert {slot for slot, kind in after.items() if kind == "keyring"} <= items, f"{moment}: an item is missing"
        new = set(after) - set(before)
        assert len(new) in ((0, 2) if command == "rekey" else (0, 1)), f"{moment}: {before} became {after}"
        outcomes.add(bool(new))
        assert opens_with(home, None), f"{moment}: the keyring opens it no more"
        with_bus = home.env.pop("DBUS_SESSION_BUS_ADDRESS")
        assert opens_with(home, PASSPHRASE), f"{moment}: the passphrase opens it no more"
        home.env["DBUS_SESSION_BUS_ADDRESS"] = with_bus
    assert outcomes == {False, True}, "all the kills were on one side of the write"
    assert killed >= 0.8 * len(moments(of))
