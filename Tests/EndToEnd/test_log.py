"""The log of uses: what is written to a real journald, what isn't, and how `awskeys log` shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import journald
import programs
from canary import secrets_in
from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, PROD
from home import KEYS, PASSPHRASE, Home
from journald import Journal
from programs import Result
from sessions import Roles
from stub_iam import Stub
from terminal import Terminal

pytestmark = pytest.mark.skipif(not journald.IS_THERE, reason="needs root, and systemd-journald")

# Says who it is, and runs the rest.
CALLING = """
import os, subprocess, sys
print(os.getpid(), open("/proc/self/comm").read().strip(), os.readlink("/proc/self/exe"), flush=True)
sys.exit(subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode)
"""
# A name that tries to be a field of its own; PR_SET_NAME.
NAMED = """
import ctypes, subprocess, sys
ctypes.CDLL(None).prctl(15, b"a\\x1bb\\nX=\\xff", 0, 0, 0)
sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def journal() -> Iterator[Journal]:
    with journald.journald() as running:
        yield running


def settle(home: Home, text: str = "log = journal\n") -> None:
    """Writes the settings."""
    settings = home.path / ".config/awskeys/config"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(text)


@pytest.fixture
def logged(home: Home) -> Home:
    """A home whose uses are logged, unlocked."""
    settle(home)
    return home.import_all()


def uses(journal: Journal, home: Home, *options: str) -> list[dict[str, Any]]:
    """What `awskeys log` shows."""
    journal.settle()
    shown = journal.run(home, "awskeys", "log", "--json", *options).done().stdout
    found: list[dict[str, Any]] = json.loads(shown)["uses"]
    return found


def answers(journal: Journal, home: Home) -> list[tuple[str, str]]:
    """Profile and answer of each entry."""
    return [(each["profile"], each["answer"]) for each in uses(journal, home)]


def alone(home: Home, folder: Path) -> Home:
    """The same home with the fast lane alone: what it doesn't do itself fails."""
    folder.mkdir()
    shutil.copy2(home.helper, folder / programs.HELPER)
    return Home(home.path, folder, home.env)


def test_nothing_is_logged_unless_the_person_wants_it(home: Home, journal: Journal) -> None:
    home.import_all()
    journal.run(home, programs.HELPER, "dev").done()
    journal.run(home, "awskeys", "export", "dev").done()
    shown = journal.run(home, "awskeys", "log").done()
    assert (shown.stdout, "log = journal" in shown.stderr) == ("", True)
    assert journal.entries() == []


def test_the_fast_lane_says_who_got_what(logged: Home, journal: Journal, tmp_path: Path) -> None:
    fast = alone(logged, tmp_path / "alone")
    calling = [*journal.through, sys.executable, "-c", CALLING, fast.helper, "dev"]
    process, name, path = programs.run(calling, logged.env).done().stdout.split()
    [use] = uses(journal, logged)
    assert re.fullmatch(TIME, use.pop("time"))
    assert use == {"profile": "dev", "answer": "key", "program": name, "path": path, "pid": int(process)}
    [entry] = journal.entries()
    assert entry["PRIORITY"] == "6" and entry["_UID"] == "0"


def test_the_slow_lane_says_the_same(logged: Home, journal: Journal) -> None:
    for program, *arguments in ([programs.HELPER, "dev"], ["awskeys", "credential-process", "dev"]):
        journal.run(logged, program, *arguments).done()
    # After the lock, the fast lane leaves it to the slow one, and there is one entry all the same.
    logged.run("lock").done()
    journal.run(logged, programs.HELPER, "dev").done()
    first, *others = ({**use, "time": "", "pid": 0} for use in uses(journal, logged))
    assert others == [first, first]


def test_every_way_out_is_logged(make_home: MakeHome, stub: Stub, journal: Journal) -> None:
    roles = Roles.make(make_home, stub)
    settle(roles.home)
    expected = []
    for command, answer in (
        (["export", "dev"], "key"),
        (["export", "admin"], "session"),
        (["whoami", "admin"], "session"),
        (["exec", "dev", "--", "/bin/true"], "key"),
        (["export", "nobody"], "failed"),
        (["export", "dev", "--sealed", "--to", roles.home.run("identity").done().stdout.strip()], "key"),
        (["export", "nobody", "--sealed", "--to", roles.home.run("identity").done().stdout.strip()], "failed"),
    ):
        journal.run(roles.home, "awskeys", *command)
        expected.append((command[1], answer))
    # The session lies ready: the fast lane gives it.
    journal.run(roles.home, programs.HELPER, "admin").done()
    expected.append(("admin", "session"))
    assert answers(journal, roles.home) == expected


def test_an_undo_of_the_import_is_logged(logged: Home, journal: Journal) -> None:
    journal.run(logged, "awskeys", "import", "--undo", "--yes").done()
    assert sorted(answers(journal, logged)) == sorted((name, "key") for name in KEYS)


def test_a_refusal_is_logged(logged: Home, journal: Journal) -> None:
    logged.run("confirm", "dev", "--always").done()
    journal.run(logged, programs.HELPER, "dev").failed(77, "nobody to ask")
    logged.run("lock").done()
    logged.forget_passphrase()
    journal.run(logged, programs.HELPER, "prod").failed(77, "locked")
    assert answers(journal, logged) == [("dev", "refused"), ("prod", "refused")]


def test_the_setting_counts_from_the_next_command_on(home: Home, journal: Journal, tmp_path: Path) -> None:
    home.import_all()
    fast = alone(home, tmp_path / "alone")
    settle(home)
    journal.run(fast, programs.HELPER, "dev").done()
    assert answers(journal, home) == []
    home.run("list").done()
    journal.run(fast, programs.HELPER, "dev").done()
    assert answers(journal, home) == [("dev", "key")]
    # A write of the store keeps it.
    home.run("confirm", "prod", "--always").done()
    journal.run(fast, programs.HELPER, "dev").done()
    settle(home, "log = none\n")
    home.run("list").done()
    journal.run(fast, programs.HELPER, "dev").done()
    assert answers(journal, home) == [("dev", "key")] * 2


def test_a_program_with_settings_of_its_own_ends_it_for_nobody(logged: Home, journal: Journal, tmp_path: Path) -> None:
    fast = alone(logged, tmp_path / "alone")
    other = Home(logged.path, logged.folder, logged.env | {"XDG_CONFIG_HOME": str(tmp_path / "nothing")})
    journal.run(other, "awskeys", "export", "dev").done()
    journal.run(fast, programs.HELPER, "prod").done()
    assert answers(journal, logged) == [("dev", "key"), ("prod", "key")]


def test_it_is_shown_as_a_table_and_by_profile_and_time(logged: Home, journal: Journal) -> None:
    for profile in ("dev", "prod"):
        journal.run(logged, programs.HELPER, profile).done()
    journal.settle()
    table = journal.run(logged, "awskeys", "log").done().stdout.splitlines()
    assert table[0].split() == ["TIME", "PROFILE", "PROGRAM", "PID", "ANSWER"]
    # Whoever runs the tests' commands there is their parent.
    assert [re.fullmatch(rf"{TIME}  (\w+) +\S.*  {os.getpid()}  key", row)[1] for row in table[1:]] == ["dev", "prod"]
    assert [use["profile"] for use in uses(journal, logged, "--profile", "prod")] == ["prod"]
    assert len(uses(journal, logged, "--since", "1h")) == 2
    assert len(uses(journal, logged, "--since", "2020-01-01T00:00:00Z")) == 2
    assert uses(journal, logged, "--since", "2099-01-01T00:00:00Z") == []


@pytest.mark.parametrize("since", ["yesterday", "", "8", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(home: Home, since: str) -> None:
    result = home.run("log", "--since", since)
    assert (result.status, result.stdout) == (64, ""), result
    assert f'"{since}"' in result.stderr


def test_a_setting_that_is_none_is_told(logged: Home) -> None:
    settle(logged, "log = yes\n")
    [problem] = json.loads(logged.run("status", "--json").done().stdout)["settings_problems"]
    assert problem.endswith('"log" takes journal or none')


def test_a_name_makes_no_field_and_does_no_harm(logged: Home, journal: Journal) -> None:
    programs.run([*journal.through, sys.executable, "-c", NAMED, logged.helper, "dev"], logged.env).done()
    [entry] = journal.entries()
    assert "X" not in entry
    [use] = uses(journal, logged)
    assert use["program"].startswith("a\x1bb?X=") and use["answer"] == "key"
    table = journal.run(logged, "awskeys", "log").done().stdout
    assert "\x1b" not in table and "a?b?X=" in table


def test_an_answer_that_another_program_wrote_does_no_harm(logged: Home, journal: Journal) -> None:
    programs.run([*journal.through, logged.helper, "dev"], logged.env).done()
    [entry] = journal.entries()
    fields = {name: entry[name] for name in entry if name.startswith("AWSKEYS_")} | {"AWSKEYS_ANSWER": "\x1b[2Kkey"}
    lines = "".join(f"{name}={value}\n" for name, value in (fields | {"MESSAGE_ID": entry["MESSAGE_ID"]}).items())
    programs.run([*journal.through, "logger", "--journald"], logged.env, stdin=lines).done()
    journal.settle()
    table = journal.run(logged, "awskeys", "log").done().stdout
    assert "\x1b" not in table and table.endswith("?[2Kkey\n")


# What must not be there.


def test_no_secret_and_no_argument_is_in_the_journal(logged: Home, journal: Journal, tmp_path: Path) -> None:
    secret = "EXAMPLE-of-an-argument"
    for command in (["exec", "dev", "--", "/bin/echo", secret], ["export", "prod"]):
        journal.run(logged, "awskeys", *command).done()
    for profile in ("dev", "default"):
        journal.run(logged, programs.HELPER, profile).done()
    assert len(journal.entries()) == 4
    hidden = [secret, PASSPHRASE, DEV.secret, PROD.secret, DOCUMENTED.secret]
    assert secrets_in(journal.files(), hidden) == []
    # The journal keeps the command line of whoever writes; it is neither there before nor is it the writer's.
    logged.run("confirm", "dev", "--always").done()
    through = (*journal.through,)
    terminal = Terminal(logged, "exec", "dev", "--", "/bin/echo", secret, through=through)
    terminal.wait_for(r"\[y/N\] $")
    assert Path(f"/proc/{terminal.child.pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")[1:] == [b"exec"]
    process = terminal.child.pid
    terminal.child.sendline("y")
    assert terminal.ends() == 0 and secret in terminal.seen
    last = journal.entries()[-1]
    assert last["AWSKEYS_ANSWER"] == "key" and int(last["_PID"]) != process
    assert secrets_in(journal.files(), hidden) == []


# Where something is wrong with the journal.


def test_who_asks_is_answered_though_the_journal_stands_still(logged: Home, journal: Journal) -> None:
    journal.signal(signal.SIGSTOP)
    try:
        # More than wait in the socket's queue (net.unix.max_dgram_qlen).
        queue = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
        for _ in range(queue + 2):
            journal.run(logged, programs.HELPER, "dev").done()
        journal.run(logged, "awskeys", "export", "dev").done()
    finally:
        journal.signal(signal.SIGCONT)
    # What found room is there.
    assert queue <= len(uses(journal, logged)) <= queue + 3


def without(home: Home, *arguments: str) -> Result:
    """Runs `awskeys` where there is no journal."""
    hide = 'for at in /run /var/log; do mount -t tmpfs none $at; done; exec "$0" "$@"'
    return programs.run(["unshare", "--mount", "sh", "-c", hide, str(home.folder / "awskeys"), *arguments], home.env)


def test_without_a_journal_all_goes_on_and_the_log_says_so(logged: Home) -> None:
    assert json.loads(without(logged, "credential-process", "dev").done().stdout)["AccessKeyId"] == DEV.id
    assert json.loads(logged.resolve("dev").done().stdout)["AccessKeyId"] == DEV.id
    without(logged, "log").failed(69, "no journal", "systemd-journald")
    without(logged, "log", "--json").failed(69, "no journal")


def test_without_journalctl_the_log_says_so(logged: Home, journal: Journal) -> None:
    journal.run(logged, "awskeys", "log", PATH="/nowhere").failed(69, "no journal")


def test_a_journal_that_is_others_says_how_to_read_it(logged: Home, journal: Journal) -> None:
    journal.run(logged, programs.HELPER, "dev").done()
    journal.run(logged, "awskeys", "log", user=65534).failed(77, "can't be read", "systemd-journal")


@pytest.fixture
def theirs(built: Path) -> Iterator[dict[int, Home]]:
    """Homes of root and of an ordinary user, with copies of the programs where that one finds them."""
    top = Path(tempfile.mkdtemp(prefix="awskeys-e2e-"))
    top.chmod(0o755)
    # Not one of those that systemd gives to services, whose entries are the system's.
    homes = {who: Home.make(top / str(who)) for who in (0, 4321)}
    for who, home in homes.items():
        home.folder = top / "bin"
        settle(home)
        for path in [home.path, *home.path.rglob("*"), Path(home.env["AWSKEYS_PASSPHRASE_FILE"])]:
            os.chown(path, who, who)
    (top / "bin").mkdir()
    for name in (programs.AWSKEYS, programs.HELPER):
        shutil.copy2(built / name, top / "bin" / name)
    yield homes
    shutil.rmtree(top)


def test_a_user_reads_the_own_entries_and_no_others(theirs: dict[int, Home]) -> None:
    with journald.journald("persistent") as journal:
        for (who, home), profile in zip(theirs.items(), ("dev", "prod"), strict=True):
            journal.run(home, "awskeys", "import", "--yes", user=who).done()
            journal.run(home, programs.HELPER, profile, user=who).done()
        journal.settle()
        for (who, home), profile in zip(theirs.items(), ("dev", "prod"), strict=True):
            found = json.loads(journal.run(home, "awskeys", "log", "--json", user=who).done().stdout)["uses"]
            assert [each["profile"] for each in found] == [profile]
            journal.run(home, "awskeys", "lock", user=who).done()


def test_the_journal_costs_an_answer_next_to_nothing(logged: Home, journal: Journal) -> None:
    """The figure is in docs/architecture.md; a test of time would fail on a busy machine, so it counts system calls."""
    counts = []
    for setting in ("none", "journal"):
        settle(logged, f"log = {setting}\n")
        logged.run("list").done()
        argv = [*journal.through, "strace", "-f", "-c", "-o", str(logged.path / "calls"), logged.helper, "dev"]
        programs.run(argv, logged.env).done()
        counts.append(int((logged.path / "calls").read_text().splitlines()[-1].split()[2]))
    # The name (3), the path, the socket (4).
    assert counts[1] - counts[0] <= 9, counts
