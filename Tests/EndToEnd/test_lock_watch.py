"""`awskeys lock --all`, and `--watch`: suspends and locked sessions lock every store, and nothing else does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest
from jeepney import DBusAddress, new_signal
from jeepney.io.blocking import open_dbus_connection

import programs
from conftest import MakeHome
from home import Home
from private_logind import MANAGER, NAME, PATIENCE, Bus, Logind, private_bus, private_logind
from systemd_logind import systemd_logind
from unit_files import assert_verified, fake_systemctl, settings, units
from user_namespace import UserNamespace, user_namespace

UNIT = "awskeys-lock.service"
SUSPEND = "the machine is about to suspend"
SESSION = "the session is locked"
# A session keyring that is linked to the user's, as PAM makes one, and one that isn't, as some services have.
SESSIONS = {
    "linked": ["keyctl", "session", "-", "sh", "-c", 'keyctl link @u @s && exec "$@"', "sh"],
    "apart": ["keyctl", "session", "-"],
}


@pytest.fixture
def namespace() -> Iterator[UserNamespace]:
    """A kernel keyring of the test's own, where the kernel keeps keys at all."""
    with user_namespace() as namespace:
        if namespace is None:
            pytest.skip("this user can't have a user namespace, and the real keyring may be in use")
        yield namespace


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    """A system bus."""
    with private_bus(tmp_path / "bus") as bus:
        yield bus


@pytest.fixture
def logind(bus: Bus) -> Iterator[Logind]:
    """A logind on it."""
    with private_logind(bus) as logind:
        yield logind


@pytest.fixture
def unlocked(home: Home, namespace: UserNamespace) -> Home:
    """A home whose store is unlocked, in a kernel keyring of its own."""
    namespace.adopt(home)
    unlock(home, namespace)
    return home


def unlock(home: Home, namespace: UserNamespace) -> None:
    """Makes a home's store, if there's none yet, and unlocks it."""
    if not home.store.exists():
        home.import_all()
    before = set(namespace.stores())
    if "the kernel keeps no keys here" in home.run("unlock").stderr:
        pytest.skip("the kernel refuses keys here, so that nothing is remembered")
    assert set(namespace.stores()) >= before and namespace.stores()


class Watcher:
    """A running `awskeys lock --watch`."""

    def __init__(self, home: Home, address: str, wrapper: list[str]) -> None:
        argv = [*wrapper, str(home.folder / programs.AWSKEYS), "lock", "--watch"]
        env = home.env | {"DBUS_SYSTEM_BUS_ADDRESS": address}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(argv, env=env, stdout=pipe, stderr=pipe, text=True, start_new_session=True)

    def line(self) -> str:
        """Waits for the next line of standard output."""
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")

    def ended(self) -> programs.Result:
        """Waits for its end."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE)
        return programs.Result(self.process.returncode, stdout, stderr)


@contextmanager
def watching(home: Home, bus: Bus, wrapper: list[str] | None = None) -> Iterator[Watcher]:
    """Runs it until the block ends."""
    watcher = Watcher(home, bus.address, wrapper or [])
    try:
        yield watcher
    finally:
        if watcher.process.poll() is None:
            watcher.process.kill()
            watcher.process.communicate(timeout=PATIENCE)


def through(logind: Logind) -> None:
    """Waits until everything said before has been dealt with: after a suspend, a new inhibitor is taken."""
    logind.prepare_for_sleep(False)
    logind.next_inhibitor()


@pytest.mark.parametrize("session", SESSIONS)
def test_all_stores_are_locked_at_once(make_home: MakeHome, namespace: UserNamespace, session: str) -> None:
    homes = [make_home(name) for name in ("first", "second")]
    for home in homes:
        namespace.adopt(home)
        unlock(home, namespace)
    # What isn't a store's key; one that was cut off before it got its rights; somebody else's.
    names = namespace.stores()
    assert len(names) == 2
    for name in (names[0] + ":refusal", "awskeys:attempt", "awskeys:" + 16 * "0f", "another:key"):
        namespace.add_key(name)
    # This one has no store.
    home = make_home("third", config=None, credentials=None, passphrase=False)
    argv = [*namespace.enter, *SESSIONS[session], str(programs.FOLDER / programs.AWSKEYS), "lock", "--all"]
    result = programs.run(argv, home.env).done()
    assert result.stdout == "locked 3 stores\n"
    assert namespace.keys() == ["another:key"]
    assert programs.run(argv, home.env).done().stdout == "nothing was unlocked\n"
    for home in homes:
        home.forget_passphrase()
        assert home.resolve("dev").status == 77


def test_a_suspend_waits_until_the_store_is_locked(
    unlocked: Home, namespace: UserNamespace, bus: Bus, logind: Logind
) -> None:
    # The kernel takes its time with keys, so that the order shows.
    slow = ["strace", "-D", "-f", "-qq", "-o", os.devnull, "--trace=keyctl", "--inject=keyctl:delay_enter=200ms"]
    with watching(unlocked, bus, slow if shutil.which("strace") else None) as watcher:
        inhibitor = logind.next_inhibitor()
        assert inhibitor.arguments[:2] == ("sleep", "awskeys") and inhibitor.arguments[3] == "delay"
        assert inhibitor.is_held and namespace.stores()
        logind.prepare_for_sleep(True)
        inhibitor.wait_until_given_back()
        assert namespace.keys() == []
        assert watcher.line() == f"locked 1 store: {SUSPEND}"


def test_it_goes_on_after_every_suspend(unlocked: Home, namespace: UserNamespace, bus: Bus, logind: Logind) -> None:
    with watching(unlocked, bus) as watcher:
        for locked in ("locked 1 store", "nothing was unlocked", "locked 1 store"):
            inhibitor = logind.next_inhibitor()
            if locked != "nothing was unlocked":
                unlock(unlocked, namespace)
            logind.prepare_for_sleep(True)
            assert watcher.line() == f"{locked}: {SUSPEND}"
            inhibitor.wait_until_given_back()
            logind.prepare_for_sleep(False)
        assert logind.next_inhibitor().is_held


@pytest.mark.parametrize(
    "say", [Logind.lock, lambda logind, session: logind.locked_hint(session, True)], ids=["Lock", "LockedHint"]
)
def test_a_locked_session_of_ones_own_locks(
    unlocked: Home, namespace: UserNamespace, bus: Bus, logind: Logind, say: Callable[[Logind, str], None]
) -> None:
    logind.add_session("1", os.getuid() + 1)
    logind.add_session("2", os.getuid())
    third = logind.add_session("3", os.getuid())
    with watching(unlocked, bus) as watcher:
        assert logind.next_inhibitor().is_held
        say(logind, third)
        assert watcher.line() == f"locked 1 store: {SESSION}"
        assert namespace.keys() == []


def test_nothing_else_locks(unlocked: Home, namespace: UserNamespace, bus: Bus, logind: Logind) -> None:
    theirs = logind.add_session("1", os.getuid() + 1)
    mine = logind.add_session("2", os.getuid())
    with watching(unlocked, bus) as watcher:
        logind.next_inhibitor()
        logind.lock(theirs)
        logind.locked_hint(theirs, True)
        logind.lock("/org/freedesktop/login1/session/_39")
        logind.lock(mine, "Unlock")
        logind.locked_hint(mine, False)
        logind.locked_hint(mine, True, "org.freedesktop.login1.User")
        # Anybody may send signals; only logind's count.
        with open_dbus_connection(bus.address) as other:
            other.send(new_signal(MANAGER, "PrepareForSleep", "b", (True,)))
            other.send(new_signal(DBusAddress(mine, NAME, "org.freedesktop.login1.Session"), "Lock"))
            other.bus_proxy.GetId()
        through(logind)
        assert len(namespace.stores()) == 1
        logind.lock(mine)
        assert watcher.line() == f"locked 1 store: {SESSION}"


def test_whose_session_it_is_counts_for_ones_own_where_logind_does_not_say(
    unlocked: Home, bus: Bus, logind: Logind
) -> None:
    theirs = logind.add_session("1", os.getuid() + 1)
    logind.refusals["ListSessions"] = "org.freedesktop.DBus.Error.AccessDenied"
    with watching(unlocked, bus) as watcher:
        logind.next_inhibitor()
        logind.lock(theirs)
        assert watcher.line() == f"locked 1 store: {SESSION}"


@pytest.mark.parametrize(
    "error", ["org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.login1.OperationInProgress"]
)
def test_without_an_inhibitor_it_says_so_and_watches(
    unlocked: Home, namespace: UserNamespace, bus: Bus, logind: Logind, error: str
) -> None:
    logind.refusals["Inhibit"] = error
    with watching(unlocked, bus) as watcher:
        assert watcher.process.stderr
        note = watcher.process.stderr.readline()
        assert note.startswith("awskeys: ") and "no Inhibit for an EXAMPLE" in note and "GDBus" not in note
        logind.prepare_for_sleep(True)
        assert watcher.line() == f"locked 1 store: {SUSPEND}"
        assert namespace.keys() == []
        logind.refusals.clear()
        through(logind)


def test_systemd_logind_itself_is_understood(
    unlocked: Home, namespace: UserNamespace, bus: Bus, tmp_path: Path
) -> None:
    left: Queue[list[str]] = Queue()
    with systemd_logind(bus, tmp_path, lambda: left.put(namespace.keys())) as logind:
        if logind is None:
            pytest.skip("systemd-logind can't be run here")
        with watching(unlocked, bus) as watcher:
            logind.wait_for_inhibitor("awskeys")
            for lock in (
                lambda: logind.call("LockSession", "s", "1"),
                lambda: logind.call_session("1", "SetLockedHint", "b", True),
            ):
                unlock(unlocked, namespace)
                logind.call("LockSession", "s", "2")
                lock()
                assert watcher.line() == f"locked 1 store: {SESSION}"
            for _ in range(2):
                unlock(unlocked, namespace)
                logind.wait_for_inhibitor("awskeys")
                logind.call("Suspend", "b", False)
                # Nothing was left when the machine went to sleep.
                assert left.get(timeout=PATIENCE) == []
                assert watcher.line() == f"locked 1 store: {SUSPEND}"


@pytest.mark.parametrize("gone", ["bus", "logind"])
def test_it_ends_when_the_bus_or_logind_does(
    home: Home, namespace: UserNamespace, bus: Bus, logind: Logind, gone: str
) -> None:
    session = logind.add_session("1", os.getuid())
    namespace.adopt(home)
    with watching(home, bus) as watcher:
        # It has begun to watch when it has answered.
        logind.next_inhibitor()
        logind.lock(session)
        assert watcher.line() == f"nothing was unlocked: {SESSION}"
        bus.kill() if gone == "bus" else logind.leave()
        watcher.ended().failed(69, "went away")


def test_without_a_system_bus_it_says_so(home: Home, tmp_path: Path) -> None:
    home.env["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={tmp_path}/nothing"
    home.run("lock", "--watch").failed(69, "no system bus", "awskeys lock --all")


def test_without_logind_it_says_so(home: Home, bus: Bus) -> None:
    home.env["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
    home.run("lock", "--watch").failed(69, "no logind", "awskeys lock --all")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly(home: Home, bus: Bus, logind: Logind, number: signal.Signals) -> None:
    with watching(home, bus) as watcher:
        inhibitor = logind.next_inhibitor()
        watcher.process.send_signal(number)
        assert watcher.ended() == programs.Result(-number, "", "")
        inhibitor.wait_until_given_back()


def test_the_service_is_installed_verified_and_taken_away(home: Home) -> None:
    told = fake_systemctl(home, 0)
    before = home.files()
    result = home.run("lock", "--watch", "--install").done()
    unit = units(home) / UNIT
    assert str(unit) in result.stdout and "whenever" in result.stdout
    assert settings(unit, "ExecStart") == [f"{home.folder}/awskeys lock --watch"]
    assert settings(unit, "Restart") == ["on-failure"] and settings(unit, "WantedBy") == ["default.target"]
    assert_verified(home, [UNIT])
    # In a user's manager these make a user namespace, whose kernel keyring is another one.
    assert not re.findall(r"^(?:Private|Protect|ReadOnly|Inaccessible|Temporary|Bind|Root)\w+=", unit.read_text(), re.M)
    home.run("lock", "--watch", "--install").done()
    result = home.run("lock", "--watch", "--uninstall").done()
    assert "any more" in result.stdout and home.files() == before
    home.run("lock", "--watch", "--uninstall").done()
    install = ["daemon-reload", f"enable {UNIT}", f"restart {UNIT}"]
    remove = [f"disable --now {UNIT}", "daemon-reload"]
    assert told.read_text().splitlines() == [f"--user {each}" for each in [*install, *install, *remove, *remove]]


def test_where_no_systemd_runs_the_next_step_is_said(home: Home) -> None:
    fake_systemctl(home, 1)
    assert f"systemctl --user enable --now {UNIT}" in home.run("lock", "--watch", "--install").done().stdout
    assert_verified(home, [UNIT])


def test_programs_under_a_path_with_spaces_cannot_be_a_service(home: Home, tmp_path: Path) -> None:
    home.folder = tmp_path / "with a space"
    shutil.copytree(programs.FOLDER, home.folder)
    home.run("lock", "--watch", "--install").failed(78, "spaces")
    assert not units(home).exists()


@pytest.mark.parametrize("flags", [["--install"], ["--uninstall", "--all"], ["--watch", "--install", "--uninstall"]])
def test_flags_that_do_not_go_together_are_refused(home: Home, flags: list[str]) -> None:
    home.run("lock", *flags).failed(64, hint=False)
    assert not units(home).exists()
