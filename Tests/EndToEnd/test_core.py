"""A core dump holds no secret, and isn't written: secrets lie in memory that is left out of it."""

from __future__ import annotations

import fcntl
import os
import random
import resource
import signal
import string
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

import programs
from conftest import MakeHome
from core import held, memory, stopped, until
from fake_keys import OTHER, RAW_SEED, SEED, THIRD
from gnome_keyring import gnome_keyring
from home import Home
from other_tools import FILE_PASSPHRASE, file_store
from rotating import start
from sessions import SERIAL, Roles
from stub_iam import Stub
from terminal import ID_ASKED, SECRET_ASKED, Terminal
from test_exec_server import get, server_of
from test_exec_server import start as start_server
from tracing import STRACE
from user_keyring import UserKey

pytestmark = pytest.mark.skipif(
    STRACE is None or os.geteuid() != 0, reason="root reads memory that may not be traced, and strace stops programs"
)

# Words would be found in the texts of a program.
_letters = random.Random("passphrases of no words")
PASSPHRASE, NEW = ("".join(_letters.choices(string.ascii_letters, k=20)) for _ in range(2))
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
# Has one text in memory that is dumped and one in memory that isn't, both of arguments that are read backwards.
PLAIN_PROGRAM = """
import mmap, sys
plain, spared = mmap.mmap(-1, mmap.PAGESIZE), mmap.mmap(-1, mmap.PAGESIZE)
spared.madvise(mmap.MADV_DONTDUMP)
for memory, text in zip((plain, spared), sys.argv[1:]):
    for at, letter in enumerate(reversed(text)):
        memory[at] = ord(letter)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def roles(make_home: MakeHome, stub: Stub) -> Roles:
    """Profiles with keys and roles, in a store that a passphrase opens."""
    made = Roles.make(make_home, stub)
    made.begin_again()
    made.home.use_passphrase(PASSPHRASE)
    made.home.run("import", "--yes").done()
    made.home.run("unlock", "--for", "8h").done()
    return made


def assert_silent(roles: Roles, process: int, *holding: str, but: Iterable[str] = ()) -> None:
    """Asserts that a core dump of a program would hold no secret now, though the program has these.

    `but` for those that are known to be there.
    """
    found = memory(process)
    for secret in holding:
        assert secret.encode() in found.left_out, "the program has no secret at this moment"
    # What is certainly there, on the stack.
    assert f"HOME={roles.home.path}".encode() in found.dumped
    secrets = [PASSPHRASE, NEW, SEED, RAW_SEED, OTHER.secret, THIRD.secret, *holding, *roles.secrets]
    assert found.betrays(secrets, but) == []
    data_key = UserKey.named(f"awskeys:{roles.home.store.read_bytes()[16:32].hex()}").payload[:32]
    assert not any(data_key[at : at + 8] in found.dumped for at in range(25))


def argv(home: Home, *words: str) -> list[str]:
    """The command line of one of the programs."""
    return [str(home.folder / words[0]), *words[1:]]


def replacing(path: Path) -> Path:
    """What is renamed to a file that is replaced."""
    return path.with_name(f".{path.name}.awskeys-new")


def key(roles: Roles) -> list[str]:
    """The user's key."""
    return [roles.key.secret]


def session(roles: Roles) -> list[str]:
    """The session that was given last."""
    latest = list(roles.user.accounts.sessions.values())[-1]
    return [latest.key.secret, latest.token]


@pytest.mark.parametrize(
    ("command", "holding"),
    [
        ("awskeys-credential-process dev", key),
        ("awskeys-credential-process deep", session),
        ("awskeys credential-process dev", key),
        ("awskeys credential-process deep", session),
        ("awskeys export dev --format env", key),
        ("awskeys login admin", session),
    ],
)
def test_as_an_answer_is_written(
    roles: Roles, tmp_path: Path, command: str, holding: Callable[[Roles], list[str]]
) -> None:
    words = command.split()
    if words[0] == programs.HELPER:
        # What it can answer by itself.
        roles.home.resolve(words[1]).done()
    out = tmp_path / "out"
    with held(argv(roles.home, *words), roles.home.env, "write", out, tmp_path / "log", stdout=out) as process:
        assert_silent(roles, process, *holding(roles))


@pytest.mark.parametrize(
    ("command", "file", "stdin", "holding"),
    [
        ("import --yes", "config", "", [OTHER.secret]),
        ("import --undo --yes", "credentials", "", []),
        ("add third --yes", "store", f"{THIRD.id}\n{THIRD.secret}\n", [THIRD.secret]),
        ("add dev --replace --yes", "store", f"{THIRD.id}\n{THIRD.secret}\n", [THIRD.secret]),
        ("mfa add careful --yes", "store", SEED, [RAW_SEED]),
        # What opens the store is a key by then, made of the passphrase.
        ("slot add passphrase --new-passphrase-file NEW", "store", "", []),
        ("rekey --yes", "store", "", []),
    ],
)
def test_as_a_file_is_replaced(
    roles: Roles, tmp_path: Path, command: str, file: str, stdin: str, holding: list[str]
) -> None:
    new = tmp_path / "new"
    new.write_text(NEW + "\n")
    new.chmod(0o600)
    with roles.home.credentials.open("a") as credentials:
        credentials.write(f"[other]\n{OTHER.lines()}")
    words = [str(new) if word == "NEW" else word for word in command.split()]
    path = replacing({"config": roles.home.config, "credentials": roles.home.credentials}.get(file, roles.home.store))
    program = argv(roles.home, "awskeys", *words)
    with held(program, roles.home.env, "rename", path, tmp_path / "log", stdin) as process:
        assert_silent(roles, process, *holding)


def test_as_the_keys_of_another_tool_come_over(roles: Roles, tmp_path: Path) -> None:
    folder = file_store(roles.home.path / ".awsvault" / "keys", {"vaulted": OTHER})
    env = roles.home.env | {"AWS_VAULT_FILE_PASSPHRASE": FILE_PASSPHRASE}
    program = argv(roles.home, "awskeys", "import", "--from", "aws-vault", "--yes")
    with held(program, env, "rename", replacing(roles.home.config), tmp_path / "log") as process:
        assert_silent(roles, process, OTHER.secret)
    assert [file.name for file in folder.iterdir()] == ["vaulted"]


def test_as_a_recovery_code_is_shown(roles: Roles, tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = argv(roles.home, "awskeys", "slot", "add", "recovery")
    with held(program, roles.home.env, "write", out, tmp_path / "log", stdout=out) as process:
        assert_silent(roles, process, out.read_text().split()[-1])


def test_as_an_mfa_code_is_shown(roles: Roles, tmp_path: Path) -> None:
    roles.home.run("mfa", "add", SERIAL, "--yes", stdin=SEED).done()
    out = tmp_path / "out"
    program = argv(roles.home, "awskeys", "mfa", "code", SERIAL)
    with held(program, roles.home.env, "write", out, tmp_path / "log", stdout=out) as process:
        assert_silent(roles, process)


def test_when_the_desktop_s_keyring_opened_the_store(roles: Roles, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with gnome_keyring(roles.home.env) as keyring:
        roles.home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        roles.home.run("slot", "add", "keyring").done()
        roles.home.forget_passphrase()
        roles.home.lock()
        [(_, attributes)] = keyring.labels_and_attributes()
        words = [word for pair in attributes.items() for word in pair]
        lookup = subprocess.run(["secret-tool", "lookup", *words], env=keyring.env, capture_output=True, check=True)
        program = argv(roles.home, "awskeys", "credential-process", "dev")
        with held(program, roles.home.env, "write", out, tmp_path / "log", stdout=out) as process:
            assert_silent(roles, process, roles.key.secret)
            found, slot_key = memory(process), lookup.stdout.strip()
            assert len(slot_key) >= 32
            assert not any(slot_key[at : at + 8] in found.dumped for at in range(len(slot_key) - 7))


def test_when_a_rotation_has_a_new_key(roles: Roles) -> None:
    roles.stub.fault("GetCallerIdentity", "hang", nth=2)
    rotation = start(roles.home, "rotate", "dev", "--yes")
    roles.stub.wait_for("GetCallerIdentity", 2)
    new = [id for id in roles.stub.keys(roles.user) if id != roles.key.id]
    assert_silent(roles, rotation.pid, roles.key.secret, *(roles.stub.key(id).secret for id in new))
    rotation.kill()
    rotation.communicate()


def test_between_two_calls_of_a_chain(roles: Roles) -> None:
    roles.stub.fault("AssumeRole", "hang", nth=2)
    asking = start(roles.home, "credential-process", "deep")
    roles.stub.wait_for("AssumeRole", 2)
    # libcurl has the token in the request that is under way: SECURITY.md, "Secrets in memory".
    [_, token] = session(roles)
    assert_silent(roles, asking.pid, *session(roles), but=[token])
    asking.kill()
    asking.communicate()


@contextmanager
def at_terminal(
    home: Home, log: Path, call: str, path: Path, *arguments: str, stdout: Path | None = None
) -> Iterator[tuple[Terminal, TextIO]]:
    """A command at a terminal that stops once it has made a call, and where strace says so."""
    terminal = Terminal(home, *arguments, stdout=stdout, through=tuple(until(call, path, log)))
    try:
        with log.open() as lines:
            yield terminal, lines
    finally:
        os.killpg(terminal.child.pid, signal.SIGKILL)
        terminal.child.close(force=True)


def test_when_a_passphrase_was_typed(roles: Roles, tmp_path: Path) -> None:
    roles.home.forget_passphrase()
    roles.home.lock()
    out, log = tmp_path / "out", tmp_path / "log"
    with at_terminal(roles.home, log, "write", out, "credential-process", "dev", stdout=out) as (terminal, lines):
        terminal.wait_for(SECRET_ASKED)
        terminal.type_unseen(PASSPHRASE)
        assert_silent(roles, stopped(lines), roles.key.secret)


def test_when_a_key_was_typed(roles: Roles, tmp_path: Path) -> None:
    log, store = tmp_path / "log", replacing(roles.home.store)
    with at_terminal(roles.home, log, "rename", store, "add", "third", "--yes") as (terminal, lines):
        terminal.wait_for(ID_ASKED)
        terminal.child.sendline(THIRD.id)
        terminal.wait_for(SECRET_ASKED)
        terminal.type_unseen(THIRD.secret)
        assert_silent(roles, stopped(lines), THIRD.secret)


def test_as_credentials_are_served(roles: Roles) -> None:
    command = start_server(roles, "sh", "-c", "env; echo end; cat", profile="deep")
    url, token = server_of(command)
    assert get(url, {"Authorization": token})[0] == 200
    children = Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text().split()
    [server] = [each for each in children if b"serve-credentials" in Path(f"/proc/{each}/cmdline").read_bytes()]
    # FlyingFox has what comes in and goes out in memory of its own: SECURITY.md, "Sessions".
    assert_silent(roles, int(server), token, but=[*session(roles), token])
    command.communicate(timeout=30)


def dumps_core(process: subprocess.Popen[bytes]) -> bool:
    """Says whether the kernel writes a core dump when a program aborts, though nothing limits its size."""
    resource.prlimit(process.pid, resource.RLIMIT_CORE, UNLIMITED)
    process.send_signal(signal.SIGABRT)
    status = os.waitpid(process.pid, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGABRT
    process.returncode = -signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.mark.parametrize("command", ["awskeys-credential-process dev", "awskeys credential-process dev"])
def test_no_core_is_dumped_whatever_the_limit(roles: Roles, tmp_path: Path, command: str) -> None:
    reader, writer = os.pipe()
    # It takes nothing more, so that the program stays.
    os.write(writer, bytes(fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)))
    process = subprocess.Popen(
        argv(roles.home, *command.split()),
        env=roles.home.env,
        stdout=writer,
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, UNLIMITED),
    )
    # The limit is the last thing that it sets before it touches anything of its user's.
    while resource.prlimit(process.pid, resource.RLIMIT_CORE)[0] != 0:
        os.sched_yield()
    assert not dumps_core(process)
    os.close(reader)
    os.close(writer)


def test_memory_is_read_as_the_kernel_reads_it(tmp_path: Path) -> None:
    program = [sys.executable, "-c", PLAIN_PROGRAM, NEW[::-1], PASSPHRASE[::-1]]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout and process.stdout.readline()
    found = memory(process.pid)
    assert found.betrays([NEW, PASSPHRASE]) == [f"core: {NEW}"] and PASSPHRASE.encode() in found.left_out
    if not dumps_core(process) or Path("/proc/sys/kernel/core_pattern").read_text()[0] in "|/":
        pytest.skip("this machine doesn't write core dumps where the test could read one")
    [core] = [each.read_bytes() for each in tmp_path.iterdir()]
    assert NEW.encode() in core and PASSPHRASE.encode() not in core
