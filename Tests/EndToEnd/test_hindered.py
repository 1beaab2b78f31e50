"""Opening the store where others are in the way: prompts that others leave open, strangers, and systems that refuse."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import crowd
import programs
from assuan_peer import scripted_pinentry
from fake_keys import DEV, THIRD
from home import PASSPHRASE, Home
from terminal import SECRET_ASKED, Terminal

# As systemd's RestrictAddressFamilies=AF_INET has it: no Unix sockets.
WITHOUT_SOCKETS = """
import ctypes, os, struct, sys
import seccomp
seccomp.MACHINES = {"x86_64": (0xC000003E, (41,)), "aarch64": (0xC00000B7, (198,))}
seccomp.refuse_keys()
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def locked(home: Home) -> Home:
    """A locked store that a passphrase file opens."""
    home.import_all().run("lock").done()
    return home


def named_seat(home: Home, seat: int = 0, topic: str = "unattended") -> str:
    """The abstract name at which the store's callers meet."""
    return f"\0awskeys/1/{home.store.read_bytes()[16:32].hex()}/{topic}/{seat}"


@contextmanager
def asking_at_a_terminal(home: Home) -> Iterator[Terminal]:
    """A command that waits for a person's passphrase."""
    file = home.env.pop("AWSKEYS_PASSPHRASE_FILE")
    terminal = Terminal(home, "list")
    terminal.wait_for(SECRET_ASKED)
    home.env["AWSKEYS_PASSPHRASE_FILE"] = file
    yield terminal


def test_a_program_with_a_passphrase_file_does_not_wait_for_a_person(locked: Home) -> None:
    with asking_at_a_terminal(locked) as terminal:
        assert DEV.id in locked.resolve("dev").done().stdout
        locked.run("lock").done()
        # Nor does it take that person's no for its own, then or later.
        terminal.type_unseen("")
        assert terminal.ends() == 77
        assert DEV.id in locked.resolve("dev").done().stdout


def test_a_command_that_needs_no_store_does_not_wait_for_a_person(locked: Home) -> None:
    with asking_at_a_terminal(locked) as terminal:
        locked.forget_passphrase()
        assert "nothing to import" in (said := locked.run("import", "--yes")).stdout + said.stderr
        terminal.child.terminate(force=True)


def test_a_person_who_types_a_command_is_told_that_another_program_asks(locked: Home, tmp_path: Path) -> None:
    locked.forget_passphrase()
    pinentry = scripted_pinentry(tmp_path / "bin", "hang", name="pinentry-gtk-2")
    env = locked.env | {"DISPLAY": ":99", "PATH": str(pinentry.path.parent)}
    asking = subprocess.Popen([locked.helper, "dev"], env=env, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        pinentry.wait_for_dialogs(1)
        terminal = Terminal(locked, "list")
        terminal.wait_for("another program is asking for the passphrase")
        # It takes over when that one is gone.
        asking.kill()
        terminal.wait_for(SECRET_ASKED)
        terminal.type_unseen(PASSPHRASE)
        assert terminal.ends() == 0, terminal.seen
    finally:
        asking.kill()
        asking.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
@pytest.mark.parametrize("listens", [False, True], ids=["silent", "listening"])
def test_another_user_who_takes_the_names_holds_nobody_up(locked: Home, listens: bool) -> None:
    names = [named_seat(locked, seat) for seat in range(4)]
    squatters = []
    os.seteuid(65534)
    try:
        for seat in range(4):
            squatter = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            squatter.bind(names[seat])
            if listens:
                squatter.listen(1)
            squatters.append(squatter)
    finally:
        os.seteuid(0)
    assert DEV.id in locked.resolve("dev", timeout=20).done().stdout
    for squatter in squatters:
        squatter.close()


def test_where_sockets_are_refused_each_asks_for_itself(locked: Home) -> None:
    argv = [sys.executable, "-c", WITHOUT_SOCKETS, locked.helper, "dev"]
    env = locked.env | {"PYTHONPATH": str(Path(__file__).parent)}
    assert DEV.id in programs.run(argv, env, timeout=20).done().stdout


def test_a_damaged_store_is_asked_for_once_by_ten(locked: Home, tmp_path: Path) -> None:
    locked.forget_passphrase()
    whole = locked.store.read_bytes()
    locked.store.write_bytes(whole[:32] + (2**40).to_bytes(8, "little") + whole[40:])
    out = tmp_path / "out"
    terminal = Terminal(locked, "dev", program=programs.HELPER, through=tuple(crowd.all_at_once(out, 10)))
    terminal.wait_for(SECRET_ASKED)
    terminal.type_unseen(PASSPHRASE)
    assert terminal.ends() == 0
    assert terminal.seen.count("Passphrase of") == 1
    for answer in crowd.answers(out):
        answer.failed(65)


def test_a_parent_that_ignores_its_children_changes_nothing(locked: Home, tmp_path: Path) -> None:
    locked.forget_passphrase()
    askpass = tmp_path / "askpass"
    askpass.write_text(f"#!/bin/sh\necho '{PASSPHRASE}'\n")
    askpass.chmod(0o700)
    env = locked.env | {"DISPLAY": ":99", "SSH_ASKPASS": "askpass", "PATH": str(tmp_path)}
    asked = subprocess.run(
        [locked.helper, "dev"],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        timeout=30,
    )
    assert DEV.id in asked.stdout, asked


def closed(*streams: int) -> Callable[[], None]:
    """Closes standard streams in the child."""

    def close() -> None:
        for stream in streams:
            os.close(stream)

    return close


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody else may look at the program's files")
@pytest.mark.parametrize("streams", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_no_file_of_awskeys_takes_the_place_of_a_closed_standard_stream(
    locked: Home, tmp_path: Path, streams: tuple[int, ...]
) -> None:
    locked.forget_passphrase()
    pinentry = scripted_pinentry(tmp_path / "bin", "hang", name="pinentry-gtk-2")
    env = locked.env | {"DISPLAY": ":99", "PATH": str(pinentry.path.parent)}
    asking = subprocess.Popen([locked.helper, "dev"], env=env, start_new_session=True, preexec_fn=closed(*streams))
    try:
        pinentry.wait_for_dialogs(1)
        assert {os.readlink(f"/proc/{asking.pid}/fd/{stream}") for stream in streams} == {"/dev/null"}
    finally:
        asking.kill()
        asking.wait()


def test_too_little_memory_is_not_a_wrong_passphrase(locked: Home) -> None:
    limited = subprocess.run(
        [locked.helper, "dev"],
        env=locked.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (300 * 2**20,) * 2),
        timeout=30,
    )
    programs.Result(limited.returncode, limited.stdout, limited.stderr).failed(69, "not enough memory")


def test_writers_do_not_look_like_a_rollback(home: Home) -> None:
    home.import_all()
    writer = 'for number in $(seq 30); do printf "%s\\n%s\\n" "$ID" "$SECRET" | "$AWSKEYS" add "new-$number" || exit; done'
    env = home.env | {"ID": THIRD.id, "SECRET": THIRD.secret, "AWSKEYS": str(home.folder / programs.AWSKEYS)}
    with subprocess.Popen(
        ["sh", "-c", writer], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as writing:
        reads = 0
        while writing.poll() is None:
            assert DEV.id in home.run("credential-process", "dev").done().stdout
            reads += 1
    assert writing.returncode == 0
    assert reads > 30
