"""Many programs that find the store locked at once: one asks, and all get its answer; and signals while it asks."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import crowd
import programs
from assuan_peer import Pinentry, scripted_pinentry
from conftest import MakeHome
from counting import Argon2Runs, secret_service_calls
from gnome_keyring import gnome_keyring
from home import PASSPHRASE, Home
from job_control import Job
from programs import Result
from seccomp import without_keys
from terminal import SECRET_ASKED, Terminal
from test_unlocking import assert_key

PROMPT = "Passphrase of"
MANY = 200
SOME = 20
# Both with and without the kernel's keyring.
KERNELS = pytest.mark.parametrize("through", [(), tuple(without_keys())], ids=["kernel-keys", "no-kernel-keys"])


@pytest.fixture
def pinentry(locked: Home, tmp_path: Path) -> Pinentry:
    """A screen for that home, and a pinentry that knows the passphrase."""
    made = scripted_pinentry(tmp_path / "bin", f"passphrase {PASSPHRASE}", name="pinentry-gtk-2")
    locked.env |= {"DISPLAY": ":99", "PATH": f"{made.path.parent}"}
    return made


@contextmanager
def crowded(home: Home, out: Path, count: int, through: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """Starts many programs at once, without a terminal, and waits for all of them at the end."""
    argv = crowd.all_at_once(out, count, *through, home.helper, "dev")
    running = subprocess.Popen(argv, env=home.env, stdin=subprocess.DEVNULL, start_new_session=True, cwd=home.path)
    try:
        yield running
        assert running.wait(timeout=120) == 0
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def wait_until_gathered(home: Home, count: int) -> None:
    """Waits until all the programs are there: one asks, the others have knocked, which the kernel's table shows."""
    name = f"@awskeys/1/{home.store.read_bytes()[16:32].hex()}/person/"
    deadline = time.monotonic() + 60
    # The asker's own socket, and one for each who waits.
    while (there := Path("/proc/net/unix").read_bytes().count(name.encode())) < count:
        assert time.monotonic() < deadline, there
        time.sleep(0.05)


def assert_all_right(answers: list[Result], count: int) -> None:
    """Asserts that all of them gave the key, and said nothing."""
    assert len(answers) == count
    for answer in answers:
        assert_key(answer.done().stdout)
        assert answer.stderr == ""


def assert_all_refused(answers: list[Result], count: int) -> None:
    """Asserts that all of them failed as a refusal does."""
    assert len(answers) == count
    for answer in answers:
        answer.failed(77)


# Without the kernel's keyring, who comes when the asker has just gone asks anew. Of two hundred, on a loaded machine,
# the keyring then doesn't answer some within its 2 seconds, so there are fewer.
@pytest.mark.parametrize(
    ("through", "count", "most"),
    [((), MANY, 10), (tuple(without_keys()), SOME, SOME // 2)],
    ids=["kernel-keys", "no-kernel-keys"],
)
def test_many_at_once_ask_the_keyring_a_handful_of_times(
    make_home: MakeHome, tmp_path: Path, through: tuple[str, ...], count: int, most: int
) -> None:
    home = make_home(passphrase=False)
    with gnome_keyring(home.env) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        home.import_all().run("lock").done()
        with secret_service_calls(keyring.bus) as calls:
            with crowded(home, tmp_path / "out", count, through):
                pass
            assert_all_right(crowd.answers(tmp_path / "out"), count)
            searching = calls.senders("SearchItems")
        assert 1 <= len(searching) <= most, calls.members()


@KERNELS
def test_many_at_once_on_a_terminal_ask_one_question(
    locked: Home, tmp_path: Path, argon2_runs: Argon2Runs, through: tuple[str, ...]
) -> None:
    locked.env |= argon2_runs.environment
    out = tmp_path / "out"
    through = tuple(crowd.all_at_once(out, MANY, *through))
    terminal = Terminal(locked, "dev", program=programs.HELPER, through=through)
    terminal.wait_for(SECRET_ASKED)
    wait_until_gathered(locked, MANY)
    terminal.type_unseen(PASSPHRASE)
    assert terminal.ends() == 0, terminal.seen
    assert_all_right(crowd.answers(out), MANY)
    assert terminal.seen.count(PROMPT) == 1, terminal.seen
    assert len(argon2_runs.pids) == 1
    assert terminal.restored


def test_runs_of_argon2_are_counted(locked: Home, argon2_runs: Argon2Runs) -> None:
    locked.env |= argon2_runs.environment
    locked.use_passphrase(PASSPHRASE)
    locked.resolve("dev").done()
    assert len(argon2_runs.pids) == 1
    locked.resolve("dev").done()
    assert len(argon2_runs.pids) == 1
    locked.run("lock").done()
    locked.resolve("dev").done()
    assert len(argon2_runs.pids) == 2


@KERNELS
def test_one_dialog_serves_all_who_wait(
    locked: Home, pinentry: Pinentry, argon2_runs: Argon2Runs, tmp_path: Path, through: tuple[str, ...]
) -> None:
    locked.env |= argon2_runs.environment
    pinentry.answer(f"passphrase {PASSPHRASE}", held=True)
    with crowded(locked, tmp_path / "out", SOME, through):
        wait_until_gathered(locked, SOME)
        pinentry.let_go()
    assert_all_right(crowd.answers(tmp_path / "out"), SOME)
    assert (pinentry.dialogs, len(argon2_runs.pids)) == (1, 1)


@KERNELS
def test_a_refusal_counts_for_all_who_wait(
    locked: Home, pinentry: Pinentry, tmp_path: Path, through: tuple[str, ...]
) -> None:
    pinentry.answer("cancel", held=True)
    with crowded(locked, tmp_path / "out", SOME, through):
        wait_until_gathered(locked, SOME)
        pinentry.let_go()
    assert_all_refused(crowd.answers(tmp_path / "out"), SOME)
    assert pinentry.dialogs == 1


def test_a_refusal_counts_a_little_longer_for_clients_but_not_for_commands(locked: Home, pinentry: Pinentry) -> None:
    pinentry.answer("cancel")
    locked.resolve("dev").failed(77)
    assert pinentry.dialogs == 1
    for client in (lambda: locked.resolve("dev"), lambda: locked.run("credential-process", "dev")):
        client().failed(77)
    assert pinentry.dialogs == 1
    locked.run("unlock").failed(77)
    assert pinentry.dialogs == 2
    pinentry.answer(f"passphrase {PASSPHRASE}")
    locked.run("unlock").done()
    assert pinentry.dialogs == 3
    locked.run("lock").done()
    # Who has said yes since is asked again.
    assert_key(locked.resolve("dev").done().stdout)
    assert pinentry.dialogs == 4


def test_three_wrong_passphrases_count_for_all_who_wait(locked: Home, pinentry: Pinentry, tmp_path: Path) -> None:
    pinentry.answer("passphrase wrong EXAMPLE", held=True)
    with crowded(locked, tmp_path / "out", SOME):
        wait_until_gathered(locked, SOME)
        pinentry.let_go()
    assert_all_refused(crowd.answers(tmp_path / "out"), SOME)
    assert pinentry.dialogs == 3
    assert len(pinentry.said("SETERROR")) == 2


@KERNELS
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=lambda how: how.name)
def test_an_asker_that_is_gone_or_stopped_is_replaced(
    locked: Home, pinentry: Pinentry, tmp_path: Path, how: signal.Signals, through: tuple[str, ...]
) -> None:
    pinentry.answer("hang", f"passphrase {PASSPHRASE}")
    with crowded(locked, tmp_path / "out", SOME, through) as running:
        pinentry.wait_for_dialogs(1)
        wait_until_gathered(locked, SOME)
        asker = pinentry.askers[0]
        os.kill(asker, how)
        pinentry.wait_for_dialogs(2)
        if how == signal.SIGSTOP:
            others = Path(f"/proc/{running.pid}/task/{running.pid}/children")
            # All the others get their answer while the first asker still stands.
            deadline = time.monotonic() + 60
            while sum(_is_alive(int(pid)) for pid in others.read_text().split()) > 1:
                assert time.monotonic() < deadline, others.read_text()
                time.sleep(0.05)
            os.kill(asker, signal.SIGKILL)
    answers = crowd.answers(tmp_path / "out")
    assert sorted(answer.status for answer in answers) == [-signal.SIGKILL] + [0] * (SOME - 1)
    for answer in answers:
        if answer.status == 0:
            assert_key(answer.stdout)
    assert pinentry.dialogs == 2


def _is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


# MARK: signals while a person is asked


@pytest.mark.parametrize("sent", ["INT", "QUIT", "TERM", "HUP"])
def test_a_signal_at_the_prompt_gives_the_terminal_back_and_ends(locked: Home, tmp_path: Path, sent: str) -> None:
    job = Job(tmp_path)
    terminal = Terminal(locked, "dev", program=programs.HELPER, through=job.through("foreground"))
    pid = job.next("started")["pid"]
    terminal.wait_for(SECRET_ASKED)
    assert terminal.child.waitnoecho(timeout=10)
    keys = {"INT": "c", "QUIT": "\\"}
    if sent in keys:
        terminal.child.sendcontrol(keys[sent])
    else:
        os.kill(pid, signal.Signals[f"SIG{sent}"])
    assert job.next("ended") == {"event": "ended", "status": -signal.Signals[f"SIG{sent}"], "as_before": True}
    terminal.ends()
    assert terminal.restored


@pytest.mark.parametrize("sent", ["USR1", "USR2"])
def test_a_signal_that_nobody_sends_to_end_a_program_leaves_the_prompt_up(
    locked: Home, tmp_path: Path, sent: str
) -> None:
    job = Job(tmp_path)
    terminal = Terminal(locked, "dev", program=programs.HELPER, through=job.through("foreground"))
    pid = job.next("started")["pid"]
    terminal.wait_for(SECRET_ASKED)
    assert terminal.child.waitnoecho(timeout=10)
    os.kill(pid, signal.Signals[f"SIG{sent}"])
    terminal.type_unseen(PASSPHRASE)
    assert job.next("ended") == {"event": "ended", "status": 0, "as_before": True}
    terminal.ends()
    assert '"AccessKeyId"' in terminal.seen and terminal.restored


def test_a_stop_at_the_prompt_gives_the_terminal_back_and_goes_on_afterwards(locked: Home, tmp_path: Path) -> None:
    job = Job(tmp_path)
    terminal = Terminal(locked, "dev", program=programs.HELPER, through=job.through("foreground"))
    job.next("started")
    terminal.wait_for(SECRET_ASKED)
    assert terminal.child.waitnoecho(timeout=10)
    for _ in range(2):
        terminal.child.sendcontrol("z")
        assert job.next("stopped") == {"event": "stopped", "signal": signal.SIGTSTP, "as_before": True}
        os.kill(terminal.child.pid, signal.SIGUSR1)
        assert terminal.child.waitnoecho(timeout=10)
    terminal.type_unseen(PASSPHRASE)
    assert job.next("ended") == {"event": "ended", "status": 0, "as_before": True}
    terminal.ends()
    assert PASSPHRASE not in terminal.seen and '"AccessKeyId"' in terminal.seen
