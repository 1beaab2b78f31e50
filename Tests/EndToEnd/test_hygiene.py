"""What a process holds on to, and what it hands on: descriptors, permissions, memory."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import DEV, THIRD
from home import Home
from programs import CHECKOUT
from sessions import Roles
from stub_iam import Stub
from tracing import STRACE, begun_calls

VALGRIND = shutil.which("valgrind")
# Linked to shared libraries, where valgrind watches the memory that is taken.
DEBUG = CHECKOUT / ".build/debug/awskeys-credential-process"
# Calls that give a descriptor. Those of older names can't keep it from programs that are started.
OPENING = {"open", "openat", "openat2", "creat", "socket", "socketpair", "accept", "accept4", "pipe", "pipe2", "dup"}
OPENING |= {"eventfd", "eventfd2", "epoll_create", "epoll_create1", "inotify_init", "inotify_init1", "signalfd4"}
OPENING |= {"timerfd_create", "memfd_create"}
COMMANDS = [
    ["import", "--yes"],
    ["list"],
    ["status"],
    ["credential-process", "dev"],
    ["export", "dev", "--format", "env"],
    ["add", "third", "--yes"],
    ["slot", "add", "recovery"],
    ["rekey", "--yes"],
    ["remove", "third", "--yes"],
    ["import", "--undo", "--yes"],
    ["lock"],
]
# A shell says which of its descriptors are open, and opens none for it.
DESCRIPTORS = "n=0; while [ $n -lt 100 ]; do [ ! -e /proc/$$/fd/$n ] || printf '%s ' $n; n=$((n + 1)); done"


@pytest.mark.skipif(STRACE is None, reason="strace isn't there to show calls")
def test_no_file_is_open_to_programs_that_are_started(home: Home, tmp_path: Path) -> None:
    assert STRACE
    opened = 0
    for number, command in enumerate(COMMANDS):
        log = tmp_path / str(number)
        strace = [STRACE, "-f", "-qq", "-e", f"trace={','.join(sorted(OPENING))}", "-o", log]
        stdin = f"{THIRD.id}\n{THIRD.secret}\n"
        argv = [*strace, home.folder / "awskeys", *command]
        subprocess.run(argv, env=home.env, input=stdin, text=True, check=True, capture_output=True, timeout=60)
        for _, call in begun_calls(log):
            opened += 1
            # glibc looks for a thread's stack in the latter, and closes it at once.
            is_closed = re.search(r"= -1 E", call) or "/proc/self/maps" in call
            assert "CLOEXEC" in call or is_closed, f"{command}: {call}"
    assert opened > 100


def test_a_command_gets_what_the_caller_had_open_and_nothing_of_ours(home: Home) -> None:
    home.import_all()
    inherited, theirs = os.pipe()
    try:
        argv = [home.folder / "awskeys", "exec", "dev", "--", "sh", "-c", DESCRIPTORS]
        shown = subprocess.run(argv, env=home.env, text=True, capture_output=True, check=True, pass_fds=[theirs])
        assert set(map(int, shown.stdout.split())) == {0, 1, 2, theirs}
    finally:
        os.close(inherited)
        os.close(theirs)


def test_a_program_that_is_asked_for_a_secret_gets_its_streams_alone(make_home: MakeHome, stub: Stub) -> None:
    roles = Roles.make(make_home, stub)
    seen = roles.home.path / "seen"
    program = roles.home.path / "device"
    program.write_text(f"#!/bin/sh\n({DESCRIPTORS}) > {seen}\necho 123456\n")
    program.chmod(0o700)
    with roles.home.config.open("a") as config:
        config.write(
            "[profile held]\nrole_arn = arn:aws:iam::123456789012:role/held\nsource_profile = dev\n"
            f"mfa_serial = arn:aws:iam::123456789012:mfa/held\nmfa_process = {program}\n"
        )
    inherited, theirs = os.pipe()
    try:
        argv = [roles.home.folder / "awskeys", "export", "held", "--format", "env"]
        subprocess.run(argv, env=roles.home.env, capture_output=True, pass_fds=[theirs], timeout=60)
        # A shell has its script open there.
        assert set(map(int, seen.read_text().split())) == {0, 1, 2, 10}
    finally:
        os.close(inherited)
        os.close(theirs)


def test_files_are_the_owners_alone_whatever_the_umask(home: Home) -> None:
    argv = ["sh", "-c", 'umask 000; "$0" import --yes && "$0" exec dev -- sh -c umask', home.folder / "awskeys"]
    shown = subprocess.run(argv, env=home.env, text=True, capture_output=True, check=True)
    # The command's files are its own business.
    assert shown.stdout.splitlines()[-1] == "0000"
    made = [home.path / ".local/share/awskeys", *(home.path / ".local/share/awskeys").rglob("*")]
    assert len(made) > 1
    assert {oct(each.stat().st_mode & 0o077) for each in made} == {"0o0"}


def test_without_locked_memory_all_goes_on_and_status_says_so(home: Home) -> None:
    home.import_all()
    assert json.loads(home.run("status", "--json").done().stdout)["memory_locked"] is True

    def limited(*command: str) -> str:
        argv = ["setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"] if os.geteuid() == 0 else []
        argv += ["sh", "-c", 'ulimit -l 0; exec "$0" "$@"', str(home.folder / command[0]), *command[1:]]
        return subprocess.run(argv, env=home.env, text=True, capture_output=True, check=True).stdout

    assert json.loads(limited("awskeys", "status", "--json"))["memory_locked"] is False
    assert "may be swapped out" in limited("awskeys", "status")
    for program in (["awskeys-credential-process"], ["awskeys", "credential-process"]):
        assert json.loads(limited(*program, "dev"))["SecretAccessKey"] == DEV.secret


@pytest.mark.skipif(
    not (VALGRIND and DEBUG.exists()), reason="valgrind, or the program that `make unit` builds, isn't there"
)
def test_valgrind_finds_nothing_wrong_in_an_answer(home: Home, tmp_path: Path) -> None:
    assert VALGRIND
    home.import_all().run("unlock", "--for", "8h").done()
    # Alone, it can't leave the answer to awskeys.
    program = shutil.copy(DEBUG, tmp_path)
    argv = [VALGRIND, "-q", "--error-exitcode=99", program, "dev"]
    answer = subprocess.run(argv, env=home.env, text=True, capture_output=True)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert json.loads(answer.stdout)["SecretAccessKey"] == DEV.secret
    home.lock()
