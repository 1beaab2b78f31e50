"""Profiles whose use a person must agree to: who is asked, where, how often, and what a no does."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import crowd
import programs
import xvfb
from assuan_peer import Pinentry, scripted_pinentry
from canary import secrets_in
from conftest import MakeHome
from fake_keys import DEV, OTHER
from home import KEYS, PASSPHRASE, Home
from programs import Result
from rotating import Ann
from seccomp import without_keys
from sessions import Roles
from stub_iam import Stub
from terminal import Terminal
from test_one_asker import crowded
from test_unlocking import assert_key

QUESTION = r'let "[^"]+" \(pid \d+\) use "dev"\? \[y/N\] $'
FEWER = r'ask less often before "dev" is used\? \[y/N\] $'
HOW_OFTEN = pytest.mark.parametrize("frequency", ["--always", "--once-per-session"])
LANES = pytest.mark.parametrize("lane", ["fast", "slow"])
ASKPASS = """#!/bin/sh
echo "$SSH_ASKPASS_PROMPT: $1" >> "$0.log"
exit STATUS
"""


@pytest.fixture
def confirmed(home: Home) -> Home:
    """A home whose `dev` is asked about at each use; unlocked, and nobody there."""
    home.import_all().run("confirm", "dev", "--always").done()
    return home


def words(lane: str, profile: str = "dev") -> tuple[str, ...]:
    """The arguments by which a lane is asked."""
    return ("credential-process", profile) if lane == "slow" else (profile,)


def at_terminal(home: Home, lane: str = "fast", profile: str = "dev") -> Terminal:
    """Asks a lane on a terminal."""
    program = programs.AWSKEYS if lane == "slow" else programs.HELPER
    return Terminal(home, *words(lane, profile), program=program)


def with_dialog(home: Home, folder: Path, *answers: str, **how: object) -> Pinentry:
    """Gives the home a screen and a pinentry that answers so."""
    pinentry = scripted_pinentry(folder, *answers, name="pinentry-gtk-2", **how)
    home.env |= {"DISPLAY": ":99", "PATH": f"{folder}"}
    return pinentry


def confirm_of(home: Home, profile: str = "dev") -> str | None:
    """What the list says of a profile."""
    listed = json.loads(home.run("list", "--json").done().stdout)["profiles"]
    [found] = [each.get("confirm") for each in listed if each["profile"] == profile]
    return found


def assert_nobody(result: Result) -> None:
    """Asserts that it failed for want of somebody to ask."""
    result.failed(77, "nobody to ask", "confirm")


# At a terminal.


@LANES
def test_a_yes_at_the_terminal_gives_the_key(confirmed: Home, lane: str) -> None:
    terminal = at_terminal(confirmed, lane)
    terminal.wait_for(QUESTION)
    # The parent of a program on a pseudo-terminal of ours is this process.
    name = Path("/proc/self/comm").read_text().strip()
    assert f'let "{name}" (pid {os.getpid()}) use "dev"?' in terminal.seen
    terminal.child.sendline("y")
    assert terminal.ends() == 0
    assert_key(terminal.seen[terminal.seen.index("{") :])
    assert terminal.restored


@LANES
@pytest.mark.parametrize("typed", ["n", "", "yesterday"])
def test_anything_but_a_yes_is_a_no(confirmed: Home, lane: str, typed: str) -> None:
    terminal = at_terminal(confirmed, lane)
    terminal.wait_for(QUESTION)
    terminal.child.sendline(typed)
    assert terminal.ends() == 77
    assert 'awskeys: the use of "dev" was refused' in terminal.seen
    assert DEV.secret not in terminal.seen


def test_an_interrupted_question_is_no_yes(confirmed: Home) -> None:
    terminal = at_terminal(confirmed)
    terminal.wait_for(QUESTION)
    terminal.interrupt()
    assert terminal.ends() != 0
    assert DEV.secret not in terminal.seen
    assert terminal.restored


def test_a_command_that_a_person_types_asks_too(confirmed: Home) -> None:
    terminal = Terminal(confirmed, "exec", "dev", "--", "/bin/echo", "here")
    terminal.wait_for(QUESTION)
    assert "here" not in terminal.seen
    terminal.child.sendline("yes")
    assert terminal.ends() == 0
    assert "here" in terminal.seen


# Where nobody is.


@HOW_OFTEN
def test_without_anybody_it_fails_at_once(home: Home, frequency: str) -> None:
    home.import_all().run("confirm", "dev", frequency).done()
    fast, slow = home.resolve("dev"), home.run("credential-process", "dev")
    assert_nobody(fast)
    assert fast == slow
    assert ("--never" if frequency == "--always" else "awskeys whoami dev") in fast.hint
    # Others are answered as ever.
    assert json.loads(home.resolve("prod").done().stdout)["SecretAccessKey"] == KEYS["prod"].secret


@pytest.mark.parametrize(
    "command",
    [
        ["export", "dev"],
        ["export", "dev", "--no-session"],
        ["export", "dev", "--to-file", "exported"],
        ["export", "dev", "--sealed", "--passphrase-file", "FILE", "--to-file", "exported"],
        ["exec", "dev", "--", "/bin/echo", "started"],
        ["exec", "dev", "--server", "--", "/bin/echo", "started"],
        ["whoami", "dev"],
        ["login", "dev"],
        ["export", "admin"],
        ["whoami", "admin"],
        ["login", "admin"],
        ["exec", "admin", "--", "/bin/echo", "started"],
    ],
    ids=" ".join,
)
def test_no_way_out_goes_around_it(make_home: MakeHome, stub: Stub, command: list[str]) -> None:
    roles = Roles.make(make_home, stub)
    roles.home.run("confirm", "dev", "--always").done()
    file = roles.home.env["AWSKEYS_PASSPHRASE_FILE"]
    assert_nobody(roles.home.run(*(file if word == "FILE" else word for word in command)))
    assert stub.actions == []
    assert not (roles.home.path / "exported").exists()


# In a window.


def test_a_dialog_says_who_wants_what(confirmed: Home, tmp_path: Path) -> None:
    pinentry = with_dialog(confirmed, tmp_path / "bin", "yes")
    assert_key(confirmed.resolve("dev").done().stdout)
    [said] = pinentry.said("SETDESC")
    name = Path("/proc/self/comm").read_text().strip()
    assert f'"{name}" (process {os.getpid()})' in said and '"dev"' in said
    assert (pinentry.said("SETOK"), pinentry.said("SETCANCEL")) == (["Allow"], ["Refuse"])
    assert (pinentry.dialogs, pinentry.said("GETPIN")) == (1, [])
    assert 1 <= int(pinentry.said("SETTIMEOUT")[0]) <= 55
    everything = "\n".join(line.text for line in pinentry.lines)
    assert secrets_in([("pinentry", everything.encode())], [DEV.secret, PASSPHRASE]) == []


@pytest.mark.parametrize(
    ("said", "fragment"), [("no", "was refused"), ("cancel", "was refused"), ("timeout", "nobody said in time")]
)
def test_a_no_in_a_dialog_is_asked_nowhere_else(confirmed: Home, tmp_path: Path, said: str, fragment: str) -> None:
    first = scripted_pinentry(tmp_path / "first", said, name="pinentry-qt")
    second = scripted_pinentry(tmp_path / "second", "yes", name="pinentry-gtk-2")
    env = {"DISPLAY": ":99", "PATH": f"{first.path.parent}:{second.path.parent}"}
    confirmed.resolve("dev", env=env).failed(77, fragment)
    assert (first.dialogs, second.dialogs) == (1, 0)


@pytest.mark.parametrize("said", ["die", "garbage"])
def test_one_that_breaks_off_makes_room_for_the_next(confirmed: Home, tmp_path: Path, said: str) -> None:
    first = scripted_pinentry(tmp_path / "first", said, name="pinentry-qt")
    second = scripted_pinentry(tmp_path / "second", "yes", name="pinentry-gtk-2")
    env = {"DISPLAY": ":99", "PATH": f"{first.path.parent}:{second.path.parent}"}
    assert_key(confirmed.resolve("dev", env=env).done().stdout)
    assert (first.dialogs, second.dialogs) == (1, 1)


def test_a_setting_forbids_the_dialog(confirmed: Home, tmp_path: Path) -> None:
    pinentry = with_dialog(confirmed, tmp_path / "bin", "yes")
    settings = confirmed.path / ".config/awskeys/config"
    settings.parent.mkdir(parents=True)
    settings.write_text("pinentry = none\n")
    assert_nobody(confirmed.resolve("dev"))
    assert pinentry.processes == 0


@pytest.mark.parametrize("status", [0, 1])
def test_an_askpass_program_says_yes_by_its_status(confirmed: Home, tmp_path: Path, status: int) -> None:
    program = tmp_path / "askpass"
    program.write_text(ASKPASS.replace("STATUS", str(status)))
    program.chmod(0o755)
    answer = confirmed.resolve("dev", env={"DISPLAY": ":99", "PATH": "/nowhere", "SSH_ASKPASS": str(program)})
    if status == 0:
        assert_key(answer.done().stdout)
    else:
        answer.failed(77, "was refused")
    assert re.fullmatch(r'confirm: let "[^"]+" \(pid \d+\) use "dev"\?\n', Path(f"{program}.log").read_text())


def test_an_askpass_program_that_is_not_there_says_nothing(confirmed: Home) -> None:
    assert_nobody(confirmed.resolve("dev", env={"DISPLAY": ":99", "PATH": "/nowhere", "SSH_ASKPASS": "/no/such"}))


@pytest.mark.skipif(
    not xvfb.can_be_had() or not shutil.which("pinentry-gtk-2"), reason="needs Xvfb, xdotool, pinentry-gtk-2"
)
# The button that refuses has the focus: whoever types on doesn't agree by accident.
@pytest.mark.parametrize("keys", [["Tab", "Return"], ["Return"], ["Escape"]], ids=" ".join)
def test_a_real_pinentry_asks(confirmed: Home, tmp_path: Path, keys: list[str]) -> None:
    only = tmp_path / "bin"
    only.mkdir()
    (only / "pinentry-gtk-2").symlink_to(shutil.which("pinentry-gtk-2") or "")
    with xvfb.screen() as screen:
        env = confirmed.env | {"DISPLAY": screen.display, "PATH": str(only)}
        asking = subprocess.Popen(
            [confirmed.helper, "dev"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        screen.press("pinentry", *keys)
        out, err = asking.communicate(timeout=60)
    result = Result(asking.returncode, out, err)
    if keys == ["Tab", "Return"]:
        assert_key(result.done().stdout)
    else:
        result.failed(77, "was refused")


def test_a_name_does_no_harm_where_it_is_shown(confirmed: Home, tmp_path: Path) -> None:
    pinentry = with_dialog(confirmed, tmp_path / "bin", "yes")
    # PR_SET_NAME.
    named = (
        "import ctypes, subprocess, sys; ctypes.CDLL(None).prctl(15, b'a\\x1b[2K\\n\"\\xe2\\x80\\xaeb', 0, 0, 0); "
        "sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    )
    programs.run([sys.executable, "-c", named, confirmed.helper, "dev"], confirmed.env).done()
    [said] = pinentry.said("SETDESC")
    assert re.search(r'Let "a\?\[2K" \(process \d+\)|Let "a\?\[2K\?{1,2}.?b" \(process \d+\)', said), said
    assert said.count('"') == 4 and "\x1b" not in said


# How often.


def test_always_asks_each_time_and_once_asks_once(home: Home, tmp_path: Path) -> None:
    home.import_all().run("confirm", "dev", "--always").done()
    home.run("confirm", "prod", "--once-per-session").done()
    pinentry = with_dialog(home, tmp_path / "bin", "yes")
    for _ in range(3):
        home.resolve("dev").done()
        home.resolve("prod").done()
    asked = [re.findall(r'use "(\w+)"', said)[0] for said in pinentry.said("SETDESC")]
    assert asked == ["dev", "prod", "dev", "dev"]


@pytest.mark.parametrize("how", ["lock", "lock --all"])
def test_locking_forgets_a_yes(home: Home, tmp_path: Path, how: str) -> None:
    home.import_all().run("confirm", "dev", "--once-per-session").done()
    pinentry = with_dialog(home, tmp_path / "bin", "yes")
    home.resolve("dev").done()
    home.resolve("dev").done()
    assert pinentry.dialogs == 1
    home.run(*how.split()).done()
    home.resolve("dev").done()
    assert pinentry.dialogs == 2


def test_a_store_that_locks_by_itself_forgets_a_yes(home: Home, tmp_path: Path) -> None:
    home.import_all().run("confirm", "dev", "--once-per-session").done()
    pinentry = with_dialog(home, tmp_path / "bin", "yes")
    home.resolve("dev").done()
    home.run("unlock", "--for", "1s").done()
    deadline = time.monotonic() + 30
    while not json.loads(home.run("status", "--json").done().stdout)["locked"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    home.resolve("dev").done()
    assert pinentry.dialogs == 2


def test_a_yes_outlives_a_write_of_the_store(home: Home, tmp_path: Path) -> None:
    home.import_all().run("confirm", "dev", "--once-per-session").done()
    pinentry = with_dialog(home, tmp_path / "bin", "yes")
    home.resolve("dev").done()
    home.run("add", "other", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    home.resolve("dev").done()
    assert pinentry.dialogs == 1


def test_each_use_asks_where_the_kernel_keeps_nothing(home: Home, tmp_path: Path) -> None:
    home.import_all().run("confirm", "dev", "--once-per-session").done()
    home.lock()
    pinentry = with_dialog(home, tmp_path / "bin", "yes")
    for _ in range(2):
        programs.run([*without_keys(), home.helper, "dev"], home.env).done()
    assert pinentry.dialogs == 2


# Many at once.


def wait_until_asked(pinentry: Pinentry, home: Home, waiting: int) -> None:
    """Waits until a dialog is up and so many others wait for its answer, which the kernel's table shows."""
    pinentry.wait_for_dialogs(1)
    name = f"@awskeys/1/{home.store.read_bytes()[16:32].hex()}/question/".encode()
    deadline = time.monotonic() + 60
    # The asker has two seats, of the question and of the screen; each who waits has a socket that bears no name.
    while (there := Path("/proc/net/unix").read_bytes().count(name)) < waiting + 2:
        assert time.monotonic() < deadline, there
        time.sleep(0.05)


@pytest.mark.parametrize("said", ["yes", "no"])
def test_one_question_serves_all_that_one_program_asks_at_once(confirmed: Home, tmp_path: Path, said: str) -> None:
    pinentry = with_dialog(confirmed, tmp_path / "bin", said, held=True)
    with crowded(confirmed, tmp_path / "out", 20):
        wait_until_asked(pinentry, confirmed, 19)
        pinentry.let_go()
    answers = crowd.answers(tmp_path / "out")
    assert len(answers) == 20
    for answer in answers:
        if said == "yes":
            assert_key(answer.done().stdout)
        else:
            answer.failed(77, "was refused")
    assert pinentry.dialogs == 1


def test_two_programs_are_asked_about_one_after_the_other(confirmed: Home, tmp_path: Path) -> None:
    pinentry = with_dialog(confirmed, tmp_path / "bin", "no", "yes", held=True)
    with crowded(confirmed, tmp_path / "one", 1), crowded(confirmed, tmp_path / "other", 1):
        wait_until_asked(pinentry, confirmed, 2)
        assert pinentry.dialogs == 1
        pinentry.let_go()
    found = sorted(crowd.answers(tmp_path / name)[0].status for name in ("one", "other"))
    assert (found, pinentry.dialogs) == ([0, 77], 2)


def test_an_asker_that_is_killed_leaves_the_question_to_the_next(confirmed: Home, tmp_path: Path) -> None:
    pinentry = with_dialog(confirmed, tmp_path / "bin", "yes", held=True)
    with crowded(confirmed, tmp_path / "out", 3):
        wait_until_asked(pinentry, confirmed, 2)
        [asker] = [line.parent for line in pinentry.lines if line.command == "CONFIRM"]
        os.kill(asker, signal.SIGKILL)
        pinentry.wait_for_dialogs(2)
        pinentry.let_go()
    statuses = sorted(answer.status for answer in crowd.answers(tmp_path / "out"))
    assert (statuses, pinentry.dialogs) == ([-signal.SIGKILL, 0, 0], 2)


def test_a_no_holds_for_the_program_for_a_moment_and_for_no_other(confirmed: Home, tmp_path: Path) -> None:
    pinentry = with_dialog(confirmed, tmp_path / "bin", "no")
    confirmed.resolve("dev").failed(77, "was refused")
    confirmed.resolve("dev").failed(77, "was refused")
    assert pinentry.dialogs == 1
    # A person's command asks again, and so does another program.
    confirmed.run("export", "dev").failed(77, "was refused")
    assert pinentry.dialogs == 2
    with crowded(confirmed, tmp_path / "out", 1):
        pass
    assert pinentry.dialogs == 3


# Roles and sessions.


@HOW_OFTEN
def test_a_role_is_asked_about_though_its_session_lies_ready(
    make_home: MakeHome, stub: Stub, tmp_path: Path, frequency: str
) -> None:
    roles = Roles.make(make_home, stub)
    roles.document("admin")
    roles.home.run("confirm", "dev", frequency).done()
    # The session of before is of no use any more, for the fast lane neither.
    assert_nobody(roles.home.resolve("admin"))
    assert roles.calls == ["AssumeRole"]
    pinentry = with_dialog(roles.home, tmp_path / "bin", "yes")
    first = roles.document("admin", "fast")
    assert roles.calls == ["AssumeRole"] * 2
    assert roles.document("admin", "fast") == first == roles.document("admin")
    assert roles.calls == ["AssumeRole"] * 2
    assert pinentry.dialogs == (3 if frequency == "--always" else 1)
    # The files say what a name stands for: so the key and the role are named too.
    what = 'use "admin" with the key of "dev" as arn:aws:iam::123456789012:role/admin?'
    assert all(what in said for said in pinentry.said("SETDESC")), pinentry.said("SETDESC")


def test_a_yes_is_for_this_key_and_this_role(make_home: MakeHome, stub: Stub, tmp_path: Path) -> None:
    roles = Roles.make(make_home, stub)
    roles.home.run("confirm", "dev", "--once-per-session").done()
    pinentry = with_dialog(roles.home, tmp_path / "bin", "yes")
    for _ in range(2):
        roles.document("admin")
    assert pinentry.dialogs == 1
    # The same name in other files.
    other = roles.home.config.read_text().replace("role/admin", "role/careful")
    roles.home.config.write_text(other)
    roles.home.run("credential-process", "admin")
    assert pinentry.dialogs == 2 and "role/careful" in pinentry.said("SETDESC")[-1]


def test_sessions_of_a_key_that_is_kept_back_are_asked_about(
    make_home: MakeHome, stub: Stub, tmp_path: Path
) -> None:
    roles = Roles.make(make_home, stub)
    roles.begin_again()
    roles.home.run("import", "--sessions", "--yes").done()
    roles.home.run("confirm", "dev", "--always").done()
    assert_nobody(roles.home.resolve("dev"))
    pinentry = with_dialog(roles.home, tmp_path / "bin", "yes")
    assert roles.document("dev", "fast") == roles.document("dev", "fast")
    assert (pinentry.dialogs, roles.calls) == (2, ["GetSessionToken"])


FETCH = """
import os, sys, urllib.request as web
request = web.Request(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
    headers={'Authorization': os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']})
for _ in range(2):
    print(web.urlopen(request).status)
"""


@pytest.mark.parametrize("more", [[], ["--no-session"]], ids=["session", "key"])
def test_a_server_asks_about_each_answer(make_home: MakeHome, stub: Stub, tmp_path: Path, more: list[str]) -> None:
    roles = Roles.make(make_home, stub)
    roles.home.run("confirm", "dev", "--always").done()
    pinentry = with_dialog(roles.home, tmp_path / "bin", "yes")
    fetching = ["exec", "dev", "--server", *more, "--", sys.executable, "-c", FETCH]
    assert roles.home.run(*fetching).done().stdout == "200\n200\n"
    assert pinentry.dialogs == 3
    # The command itself is who asks the server.
    assert Path(sys.executable).name[:15] in pinentry.said("SETDESC")[-1] or "python" in pinentry.said("SETDESC")[-1]


def test_a_server_keeps_nothing_that_is_asked_about(make_home: MakeHome, stub: Stub, tmp_path: Path) -> None:
    roles = Roles.make(make_home, stub)
    roles.home.run("confirm", "dev", "--always").done()
    pinentry = with_dialog(roles.home, tmp_path / "bin", "yes")
    fetching = ["exec", "dev", "--server", "--duration", "1h", "--", sys.executable, "-c", FETCH]
    assert roles.home.run(*fetching).done().stdout == "200\n200\n"
    assert pinentry.dialogs == 3


# What it is sealed in.


def test_taking_it_back_needs_a_yes(confirmed: Home, tmp_path: Path) -> None:
    before = confirmed.store.read_bytes()
    for frequency in ("--never", "--once-per-session"):
        confirmed.run("confirm", "dev", frequency).failed(77, "nothing was changed", "run it in a terminal")
    assert confirmed.store.read_bytes() == before
    terminal = Terminal(confirmed, "confirm", "dev", "--never")
    terminal.wait_for(FEWER)
    terminal.child.sendline("n")
    assert terminal.ends() == 77
    assert confirmed.store.read_bytes() == before
    terminal = Terminal(confirmed, "confirm", "dev", "--never")
    terminal.wait_for(FEWER)
    terminal.child.sendline("y")
    assert terminal.ends() == 0
    assert confirm_of(confirmed) is None
    assert_key(confirmed.resolve("dev").done().stdout)


def test_it_is_shown(confirmed: Home) -> None:
    confirmed.run("confirm", "prod", "--once-per-session").done()
    assert [confirm_of(confirmed, name) for name in ("default", "dev", "prod")] == [None, "always", "once-per-session"]
    table = confirmed.run("list").done().stdout
    assert table.count("confirm = always") == table.count("confirm = once-per-session") == 1
    status = json.loads(confirmed.run("status", "--json").done().stdout)
    assert status["confirm"] == {"dev": "always", "prod": "once-per-session"}
    assert re.search(r"^confirm +dev: always$", confirmed.run("status").done().stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["dev"], 64),
        (["--always"], 64),
        (["dev", "--always", "--never"], 64),
        (["nobody", "--always"], 66),
        (["dev", "nobody", "--always"], 66),
    ],
    ids=str,
)
def test_what_it_does_not_understand_changes_nothing(home: Home, arguments: list[str], status: int) -> None:
    before = home.import_all().store.read_bytes()
    result = home.run("confirm", *arguments)
    assert (result.status, result.stdout) == (status, ""), result
    assert result.stderr.startswith("awskeys: "), result
    assert home.store.read_bytes() == before


def test_it_holds_for_all_profiles_of_a_key(make_home: MakeHome) -> None:
    home = make_home(credentials=f"[dev]\n{DEV.lines()}\n[twin]\n{DEV.lines()}\n", config="").import_all()
    home.run("confirm", "twin", "--always").done()
    assert_nobody(home.resolve("dev"))
    assert_nobody(home.resolve("twin"))


def test_it_survives_whatever_is_done_to_the_key(confirmed: Home, tmp_path: Path) -> None:
    confirmed.run("add", "dev", "--replace", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    assert confirm_of(confirmed) == "always"
    # The same key once more, under another name and under its own.
    confirmed.credentials.write_text(f"[dev]\n{OTHER.lines()}\n[twin]\n{OTHER.lines()}\n")
    confirmed.run("import", "--yes").done()
    assert [confirm_of(confirmed, name) for name in ("dev", "twin")] == ["always", "always"]
    confirmed.run("rekey", "--yes").done()
    assert confirm_of(confirmed) == "always"
    confirmed.run("backup", str(tmp_path / "backup")).done()
    confirmed.lock()
    confirmed.store.unlink()
    confirmed.run("restore", str(tmp_path / "backup"), "--yes").done()
    assert confirm_of(confirmed) == "always"
    assert_nobody(confirmed.resolve("dev"))


def test_the_same_key_under_another_name_is_asked_about_too(make_home: MakeHome) -> None:
    home = make_home(credentials=f"[dev]\n{DEV.lines()}", config="").import_all()
    home.run("confirm", "dev", "--always").done()
    home.run("add", "twin", "--yes", stdin=f"{DEV.id}\n{DEV.secret}\n").done()
    assert confirm_of(home, "twin") == "always"
    assert_nobody(home.resolve("twin"))


def test_an_undo_of_the_import_is_a_use(confirmed: Home, tmp_path: Path) -> None:
    config, credentials, store = (path.read_bytes() for path in (confirmed.config, confirmed.credentials, confirmed.store))
    confirmed.run("import", "--undo", "--yes").failed(77, "nobody to ask")
    found = tuple(path.read_bytes() for path in (confirmed.config, confirmed.credentials, confirmed.store))
    assert found == (config, credentials, store)
    pinentry = with_dialog(confirmed, tmp_path / "bin", "yes")
    confirmed.run("import", "--undo", "--yes").done()
    assert pinentry.dialogs == 1 and DEV.secret in confirmed.credentials.read_text()


def test_a_copy_from_before_brings_no_fewer_questions_back(home: Home, tmp_path: Path) -> None:
    home.import_all().run("backup", str(tmp_path / "before")).done()
    home.run("confirm", "dev", "--always").done()
    store = home.store.read_bytes()
    home.run("restore", str(tmp_path / "before"), "--yes").failed(77, "nothing was changed", "run it in a terminal")
    assert home.store.read_bytes() == store and confirm_of(home) == "always"
    pinentry = with_dialog(home, tmp_path / "bin", "yes")
    home.run("restore", str(tmp_path / "before"), "--yes").done()
    assert pinentry.dialogs == 1 and confirm_of(home) is None


def test_a_copy_asks_about_a_key_whatever_its_name_was(home: Home, tmp_path: Path) -> None:
    home.import_all().run("backup", str(tmp_path / "before")).done()
    home.run("remove", "dev", "--yes").done()
    home.run("add", "renamed", "--yes", stdin=f"{DEV.id}\n{DEV.secret}\n").done()
    home.run("confirm", "renamed", "--always").done()
    home.run("restore", str(tmp_path / "before"), "--yes").failed(77, 'about "dev"')


def test_an_undo_asks_about_no_key_that_it_does_not_write(home: Home, tmp_path: Path) -> None:
    (tmp_path / "key.csv").write_text(f"Access key ID,Secret access key\n{OTHER.id},{OTHER.secret}\n")
    home.run("import", "--from", "csv", str(tmp_path / "key.csv"), "--profile", "other", "--yes").done()
    home.run("confirm", "other", "--always").done()
    home.run("import", "--undo", "--yes").done()


def test_an_import_says_what_holds_for_a_key_already(home: Home) -> None:
    home.import_all().run("confirm", "dev", "--always").done()
    home.credentials.write_text(home.credentials.read_text() + f"\n[twin]\n{DEV.lines()}")
    said = home.run("import", "--yes").done().stdout
    assert "but for keys that the store had already: twin (a person is asked)" in said, said


def test_a_rotation_asks_nobody_and_keeps_it(make_home: MakeHome, stub: Stub) -> None:
    ann = Ann.make(make_home, stub)
    ann.home.run("confirm", "dev", "--once-per-session").done()
    ann.rotate("dev", "--yes").done()
    assert confirm_of(ann.home) == "once-per-session"
    # What was said meanwhile holds for the old key too, when that comes back.
    ann.home.run("confirm", "dev", "--always").done()
    ann.rotate("dev", "--rollback", "--yes").done()
    assert confirm_of(ann.home) == "always"
    assert_nobody(ann.home.resolve("dev"))


BOTO3 = """
import boto3, botocore.exceptions
try:
    boto3.Session(profile_name="dev").get_credentials().get_frozen_credentials()
except botocore.exceptions.CredentialRetrievalError as error:
    print(error)
"""


def test_boto3_shows_why_there_are_no_credentials(confirmed: Home) -> None:
    shown = programs.run([sys.executable, "-c", BOTO3], confirmed.env).done().stdout
    assert 'the use of "dev" must be confirmed, and there is nobody to ask' in shown
