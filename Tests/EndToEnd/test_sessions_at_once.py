"""Many programs that need the same session at once: one gets it, and all have it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

import crowd
from assuan_peer import scripted_pinentry
from conftest import MakeHome
from home import PASSPHRASE
from programs import Result
from read_store import Store
from sessions import Roles, end_of
from store_format import PASSPHRASE as PASSPHRASE_SLOT
from store_format import commit, derive
from stub_iam import Stub
from user_keyring import UserKey, keyctl

MANY = 32


@pytest.fixture
def roles(make_home: MakeHome, stub: Stub) -> Roles:
    made = Roles.make(make_home, stub)
    made.user.mfa_codes |= {"123456"}
    return made


def all_at_once(roles: Roles, out: Path, profile: str) -> list[Result]:
    """Runs what SDKs run, many times at once and without a terminal."""
    argv = crowd.all_at_once(out, MANY, roles.home.helper, profile)
    subprocess.run(argv, env=roles.home.env, stdin=subprocess.DEVNULL, start_new_session=True, check=True, timeout=120)
    return crowd.answers(out)


def assert_one_answer(answers: list[Result], roles: Roles) -> str:
    """Asserts that all gave the same session, which is one of the server's, and gives its id."""
    assert len(answers) == MANY
    documents = {answer.done().stdout for answer in answers}
    assert len(documents) == 1 and all(answer.stderr == "" for answer in answers)
    document = json.loads(documents.pop())
    assert roles.stub.session(document["AccessKeyId"]).token == document["SessionToken"]
    return str(document["AccessKeyId"])


@pytest.mark.parametrize(("profile", "calls"), [("admin", 1), ("deep", 2)])
def test_one_call_for_each_role_and_as_many_answers_as_programs(
    roles: Roles, tmp_path: Path, profile: str, calls: int
) -> None:
    assert_one_answer(all_at_once(roles, tmp_path / "out", profile), roles)
    assert roles.calls == ["AssumeRole"] * calls


def test_an_expired_session_is_renewed_once(roles: Roles, tmp_path: Path) -> None:
    role = roles.stub.role("admin")
    role.lifetime = 2
    first = roles.document("admin")
    while roles.stub.now() <= end_of(first):
        time.sleep(0.05)
    role.lifetime = None
    assert assert_one_answer(all_at_once(roles, tmp_path / "out", "admin"), roles) != first["AccessKeyId"]
    assert roles.calls == ["AssumeRole"] * 2


def test_without_a_place_to_keep_it_those_who_wait_have_it_all_the_same(roles: Roles, tmp_path: Path) -> None:
    roles.home.env["XDG_CACHE_HOME"] = "/proc"
    # All are there before the first one has its answer.
    fault = roles.stub.fault("AssumeRole", "hang_after")
    out = tmp_path / "out"
    argv = crowd.all_at_once(out, MANY, roles.home.helper, "admin")
    running = subprocess.Popen(argv, env=roles.home.env, stdin=subprocess.DEVNULL, start_new_session=True)
    name = f"@awskeys/1/{roles.home.store.read_bytes()[16:32].hex()}/session/"
    while Path("/proc/net/unix").read_bytes().count(name.encode()) < MANY:
        assert running.poll() is None
        time.sleep(0.02)
    fault.release.set()
    assert running.wait(timeout=60) == 0
    assert_one_answer(crowd.answers(out), roles)
    assert roles.calls == ["AssumeRole"]


def test_one_question_at_a_terminal(roles: Roles, tmp_path: Path) -> None:
    argv = crowd.all_at_once(tmp_path / "out", MANY, roles.home.helper, "careful")
    child = pexpect.spawn(sys.executable, argv[1:], env=roles.home.env, encoding="utf-8", timeout=60)
    child.expect("MFA code of [^\r\n]*: ?")
    assert child.waitnoecho(timeout=10)
    child.sendline("123456")
    seen = child.read()
    child.close()
    assert "MFA code" not in seen
    assert_one_answer(crowd.answers(tmp_path / "out"), roles)
    assert roles.calls == ["GetSessionToken", "AssumeRole"]


def test_one_dialog_on_a_screen_and_its_refusal_is_everybody_s(roles: Roles, tmp_path: Path) -> None:
    pinentry = scripted_pinentry(tmp_path / "bin", "cancel", "passphrase 123456", name="pinentry-gtk-2")
    roles.home.env |= {"DISPLAY": ":99", "PATH": f"{pinentry.path.parent}"}
    for answer in all_at_once(roles, tmp_path / "out", "careful"):
        answer.failed(77, "none was given")
    assert pinentry.dialogs == 1 and roles.calls == []
    # Somebody who types a command is asked all the same.
    roles.home.run("whoami", "careful").done()
    assert pinentry.dialogs == 2
    assert_one_answer(all_at_once(roles, tmp_path / "out", "careful"), roles)
    assert roles.calls == ["GetSessionToken", "AssumeRole"] and pinentry.dialogs == 2


def test_a_refusal_ends_however_often_programs_ask(roles: Roles, tmp_path: Path) -> None:
    pinentry = scripted_pinentry(tmp_path / "bin", "cancel", name="pinentry-gtk-2")
    env = {"DISPLAY": ":99", "PATH": f"{pinentry.path.parent}"}
    roles.home.run("credential-process", "careful", env=env).failed(77, "none was given")
    data_key = Store.parse(roles.home.store.read_bytes()).data_key(PASSPHRASE_SLOT, typed=PASSPHRASE.encode())
    id = commit(derive(data_key, b"sessions"), b"sessname", b"careful")[:16].hex()
    refusal = f"awskeys:{id}:refusal"
    # So that it ends at another time than one that is remembered anew, which would in seconds.
    keyctl("timeout", UserKey.number(refusal), "100000")
    roles.home.run("credential-process", "careful", env=env).failed(77, "none was given")
    assert pinentry.dialogs == 1
    [line] = [each for each in Path("/proc/keys").read_text().splitlines() if refusal in each]
    assert re.search(r" \d+[hd] ", line), line


def test_a_refusal_of_sts_is_everybody_s(roles: Roles, tmp_path: Path) -> None:
    fault = roles.stub.fault("AssumeRole", "deny", times=1000)
    for answer in all_at_once(roles, tmp_path / "out", "admin"):
        answer.failed(77, "sts:AssumeRole")
    # Those who came when the first one had its answer asked once more.
    assert len(roles.calls) < MANY / 2 and fault
