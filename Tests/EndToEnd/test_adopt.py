"""`awskeys adopt` and `import --sessions`: who asks whom, and that it can be taken back."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

import programs
from conftest import MakeHome
from fake_keys import OTHER
from sessions import SERIAL, Roles, role_arn
from stub_iam import Stub
from terminal import Terminal


@pytest.fixture
def roles(make_home: MakeHome, stub: Stub) -> Roles:
    return Roles.make(make_home, stub)


def test_adopted_profiles_answer_by_awskeys_and_come_back_byte_for_byte(roles: Roles) -> None:
    before = roles.home.files(".aws")
    shown = roles.home.run("adopt", "deep", "--dry-run").done()
    assert "role_arn -> awskeys_role_arn" in shown.stdout and roles.home.files(".aws") == before
    roles.home.run("adopt", "admin", "deep", "--yes").done()
    text = roles.home.config.read_text()
    assert f"credential_process = {roles.home.helper} deep\n" in text
    assert "awskeys_external_id = handshake-EXAMPLE\n" in text and "\nexternal_id" not in text
    assert roles.arn("deep") == role_arn("deep")
    assert roles.document("deep", "fast") == roles.document("deep")
    roles.home.run("adopt", "--undo", "admin", "deep", "--yes").done()
    assert roles.home.files(".aws") == before


def test_a_profile_that_is_named_twice_is_adopted_once(roles: Roles) -> None:
    before = roles.home.files(".aws")
    roles.home.run("adopt", "admin", "admin", "--yes").done()
    assert roles.home.config.read_text().count("awskeys_role_arn") == 1
    assert roles.arn("admin") == role_arn("admin")
    roles.home.run("adopt", "--undo", "admin", "admin", "--yes").done()
    assert roles.home.files(".aws") == before


def test_all_or_nothing(roles: Roles) -> None:
    before = roles.home.files(".aws")
    roles.home.run("adopt", "admin", "nobody", "--yes").failed(66, '"nobody"')
    roles.home.config.write_text(roles.home.config.read_text() + "[profile plain]\nregion = x\n")
    roles.home.run("adopt", "admin", "plain", "--yes").failed(78, '"plain"', "no role")
    roles.home.run("adopt", "--undo", "admin", "--yes").failed(66, '"admin" is not adopted')
    roles.home.config.write_bytes(before[".aws/config"])
    assert roles.home.files(".aws") == before


def test_a_person_is_asked_first(roles: Roles) -> None:
    before = roles.home.files(".aws")
    terminal = Terminal(roles.home, "adopt", "admin")
    terminal.wait_for(r"\[y/N\]")
    terminal.child.sendline("n")
    assert terminal.ends() == 1 and roles.home.files(".aws") == before
    result = roles.home.run("adopt", "admin")
    assert result.status == 64 and "--yes" in result.stderr and roles.home.files(".aws") == before


def test_of_an_adopted_key_programs_get_sessions_only(roles: Roles) -> None:
    roles.home.run("adopt", "dev", "--yes").done()
    for lane in ("slow", "fast"):
        document = roles.document("dev", lane)
        assert document["AccessKeyId"].startswith("ASIA") and document["SessionToken"], lane
    for command in (["export", "dev"], ["exec", "dev", "--", "env"]):
        assert roles.key.secret not in roles.home.run(*command).done().stdout
    assert roles.calls == ["GetSessionToken"]
    # Who asks for it in so many words gets it.
    assert roles.key.secret in roles.home.run("export", "dev", "--no-session").done().stdout
    assert roles.arn("admin") == role_arn("admin")
    roles.home.run("adopt", "--undo", "dev", "--yes").done()
    assert roles.document("dev", "fast")["AccessKeyId"] == roles.key.id


@pytest.mark.parametrize("line", ["", "credential_process = env X=1 {helper} dev\n"])
def test_a_kept_back_key_needs_no_line_that_awskeys_knows(roles: Roles, line: str) -> None:
    text = roles.home.config.read_text()
    section = f"[profile dev]\ncredential_process = {roles.home.helper} dev\n"
    assert section in text
    own = f"[profile dev]\n{line.format(helper=roles.home.helper)}" if line else ""
    roles.home.config.write_text(text.replace(section, own))
    roles.home.run("adopt", "dev", "--yes").done()
    for lane in ("slow", "fast"):
        assert roles.document("dev", lane)["AccessKeyId"].startswith("ASIA"), lane
    assert roles.arn("dev") == roles.user.arn
    assert roles.arn("admin") == role_arn("admin")
    # Another program in the line has the say.
    keys = json.dumps({"Version": 1, "AccessKeyId": OTHER.id, "SecretAccessKey": OTHER.secret})
    (roles.home.path / "keys").write_text(keys)
    roles.home.config.write_text(text.replace(section, f"[profile dev]\ncredential_process = cat {roles.home.path}/keys\n"))
    assert json.loads(roles.home.run("export", "dev", "--format", "process").done().stdout)["AccessKeyId"] == OTHER.id


def test_import_lets_only_sessions_out(make_home: MakeHome, stub: Stub) -> None:
    roles = Roles.make(make_home, stub, "", "--sessions")
    assert roles.document("dev", "fast")["AccessKeyId"].startswith("ASIA")
    assert roles.document("dev", "fast") == roles.document("dev")
    roles.home.run("import", "--undo", "--yes").done()
    assert roles.key.secret in roles.home.credentials.read_text()


def test_a_replaced_key_stays_kept_back_and_its_sessions_go(make_home: MakeHome, stub: Stub) -> None:
    roles = Roles.make(make_home, stub, "", "--sessions")
    first = roles.document("dev", "fast")["AccessKeyId"]
    other = roles.user.key()
    roles.home.run("add", "dev", "--replace", "--yes", stdin=f"{other.id}\n{other.secret}\n").done()
    second = roles.document("dev", "fast")
    assert second["AccessKeyId"].startswith("ASIA") and second["AccessKeyId"] != first
    assert [call.key_id for call in stub.calls("GetSessionToken")] == [roles.key.id, other.id]


def test_a_rotated_key_stays_kept_back(make_home: MakeHome, stub: Stub) -> None:
    roles = Roles.make(make_home, stub, "", "--sessions")
    first = roles.document("dev", "fast")["AccessKeyId"]
    roles.home.run("rotate", "dev", "--yes", timeout=170).done()
    second = roles.document("dev", "fast")
    assert second["AccessKeyId"].startswith("ASIA") and second["AccessKeyId"] != first
    [new] = [id for id, state in stub.keys(roles.user).items() if state == "Active"]
    assert stub.calls("GetSessionToken")[-1].key_id == new != roles.key.id


def test_a_profile_with_a_role_takes_no_key(roles: Roles) -> None:
    roles.home.run("adopt", "admin", "--yes").done()
    other = roles.user.key()
    roles.home.run("add", "admin", "--yes", stdin=f"{other.id}\n{other.secret}\n").failed(78, '"admin"')


@pytest.mark.parametrize("call", ["rename", "fsync"])
def test_killed_anywhere_it_is_done_by_the_next_one(make_home: MakeHome, stub: Stub, call: str) -> None:
    roles = Roles.make(make_home, stub)
    # The settings stand in both files.
    roles.home.credentials.write_text(roles.home.credentials.read_text() + "[deep]\nmfa_serial = x\n")
    before = roles.home.files(".aws")
    awskeys = str(roles.home.folder / programs.AWSKEYS)
    for number in range(1, 20):
        argv = ["strace", "-f", "-o", os.devnull, "-e", f"inject={call}:signal=KILL:when={number}"]
        env = roles.home.env
        done = subprocess.run([*argv, awskeys, "adopt", "deep", "--yes"], env=env, capture_output=True)
        if done.returncode == 0:
            break
        assert done.returncode in (-signal.SIGKILL, 137), done
        roles.home.run("adopt", "deep", "--yes").done()
        roles.home.run("adopt", "--undo", "deep", "--yes").done()
        assert roles.home.files(".aws") == before, (call, number)
    else:
        raise AssertionError("it was killed each time")
    assert number > 1, "and it was killed at all"


def test_sessions_are_listed_and_dropped(roles: Roles) -> None:
    assert roles.home.run("sessions", "list").done().stderr == "no sessions\n"
    assert roles.home.run("sessions", "clear", "deep").done().stdout == "there was no session of deep\n"
    roles.document("deep")
    listed = json.loads(roles.home.run("sessions", "list", "--json").done().stdout)["sessions"]
    assert [each["name"] for each in listed] == ["admin", "deep"]
    assert roles.home.run("sessions", "clear", "deep").done().stdout == "dropped the session of deep\n"
    assert roles.home.run("sessions", "clear").done().stdout == "dropped 1 session\n"
    roles.document("deep")
    assert roles.calls == ["AssumeRole"] * 4


def test_whoever_asks_for_a_role_never_gets_the_key_that_it_is_assumed_with(roles: Roles) -> None:
    text = roles.home.config.read_text()
    section = f"[profile dev]\ncredential_process = {roles.home.helper} dev\n"
    assert section in text
    own_role = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = dev\n"
    roles.home.config.write_text(text.replace(section, section + own_role))
    roles.home.run("adopt", "dev", "--yes").done()
    for lane in ("slow", "fast"):
        assert roles.document("dev", lane)["AccessKeyId"].startswith("ASIA"), lane
    assert roles.arn("dev") == role_arn("admin", "awskeys-dev")
    roles.home.run("adopt", "--undo", "dev", "--yes").done()
    assert roles.document("dev", "fast")["AccessKeyId"] == roles.key.id


def test_an_import_is_not_undone_under_an_adopted_profile(make_home: MakeHome, stub: Stub) -> None:
    config = "[profile me]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = me\n"
    roles = Roles.make(make_home, stub, config)
    roles.home.credentials.write_text(f"[me]\n{roles.key.lines()}\n")
    before = roles.home.files(".aws")
    roles.home.run("import", "--yes").done()
    roles.home.run("adopt", "me", "--yes").done()
    adopted, store = roles.home.files(".aws"), roles.home.store.read_bytes()
    roles.home.run("import", "--undo", "--yes").failed(78, '"me" is adopted')
    assert (roles.home.files(".aws"), roles.home.store.read_bytes()) == (adopted, store)
    roles.home.run("adopt", "--undo", "me", "--yes").done()
    roles.home.run("import", "--undo", "--yes").done()
    assert roles.home.files(".aws") == before


ROLE = "role_arn = arn:aws:iam::123456789012:role/admin\n"


@pytest.mark.parametrize(
    "profiles, words",
    [
        (f"[profile me]\n{ROLE}source_profile = nobody\n", 'no profile "nobody"'),
        (f"[profile me]\n{ROLE}source_profile = me\n", "me -> me"),
        (f"[profile me]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = me\n", "me -> b -> me"),
        (f"[profile me]\n{ROLE}", "neither `source_profile` nor"),
        (f"[profile me]\n{ROLE}source_profile = b\n[profile b]\nregion = x\n", '"b" has no credentials'),
        (f"[profile me]\n{ROLE}credential_source = Ec2InstanceMetadata\n", '"Ec2InstanceMetadata"'),
        (f"[profile me]\n{ROLE}source_profile = dev\nmfa_serial =\n", "`mfa_serial` of profile \"me\" is empty"),
        (f"[profile me]\n{ROLE}source_profile = dev\nduration_seconds = 60\n", "900 to 43200 seconds"),
        (f"[profile me]\n{ROLE}source_profile = dev\nsso_account_id = 1\n", "`sso_account_id`"),
        (f"[profile me]\n{ROLE}source_profile = dev\nlogin_session = x\n", "`login_session`"),
        (f"[profile me]\n{ROLE}source_profile = dev\n[DEFAULT]\nsso_region = x\nsso_session = x\n", "[DEFAULT]"),
    ],
)
def test_what_awskeys_could_not_answer_for_is_not_adopted(roles: Roles, profiles: str, words: str) -> None:
    roles.home.config.write_text(roles.home.config.read_text() + profiles)
    before, store = roles.home.files(".aws"), roles.home.store.read_bytes()
    for option in ("--yes", "--dry-run"):
        roles.home.run("adopt", "admin", "me", option).failed(78, words)
    assert (roles.home.files(".aws"), roles.home.store.read_bytes()) == (before, store)


def test_what_is_not_adopted_is_not_given_back(roles: Roles) -> None:
    roles.home.run("adopt", "--undo", "dev", "--yes").failed(66, '"dev" is not adopted')
    roles.home.run("adopt", "dev", "--yes").done()
    roles.home.run("adopt", "--undo", "dev", "--yes").done()
    roles.home.run("adopt", "--undo", "dev", "--yes").failed(66, '"dev" is not adopted')


def test_a_role_of_a_key_that_is_kept_back_without_a_line_is_adopted(roles: Roles) -> None:
    line = f"credential_process = {roles.home.helper} dev\n"
    text = roles.home.config.read_text()
    assert line in text
    roles.home.config.write_text(text.replace(line, ""))
    # Nobody gets the key from the store, until it is kept back.
    roles.home.run("adopt", "admin", "--yes").failed(78, '"dev" has no credentials')
    roles.home.run("adopt", "admin", "dev", "--yes").done()
    assert roles.arn("admin") == role_arn("admin")


def test_a_role_of_a_key_that_left_the_store_is_not_adopted(roles: Roles) -> None:
    before = roles.home.files(".aws")
    roles.home.run("remove", "dev", "--yes").done()
    roles.home.config.write_bytes(before[".aws/config"])
    roles.home.run("adopt", "admin", "--yes").failed(66, 'no profile "dev" in the store', '"admin" builds on it')
    assert roles.home.files(".aws") == before


def test_an_adopted_device_comes_back_before_its_key_goes(roles: Roles) -> None:
    section = "[profile dev]\n"
    roles.home.config.write_text(roles.home.config.read_text().replace(section, f"{section}mfa_serial = {SERIAL}\n"))
    before = roles.home.files(".aws")
    roles.home.run("adopt", "dev", "--yes").done()
    adopted, store = roles.home.files(".aws"), roles.home.store.read_bytes()
    for command in (["import", "--undo", "--yes"], ["remove", "dev", "--yes"]):
        result = roles.home.run(*command)
        result.failed(78, '"dev" is adopted')
        assert "awskeys adopt --undo dev" in result.stderr
        assert (roles.home.files(".aws"), roles.home.store.read_bytes()) == (adopted, store)
    roles.home.run("adopt", "--undo", "dev", "--yes").done()
    assert roles.home.files(".aws") == before
    roles.home.run("import", "--undo", "--yes").done()
    assert roles.key.secret in roles.home.credentials.read_text()
    assert f"mfa_serial = {SERIAL}\n" in roles.home.config.read_text()


def test_what_is_left_of_an_adoption_comes_back_without_its_key(roles: Roles) -> None:
    text = roles.home.config.read_text()
    roles.home.config.write_text(f"{text}[profile left]\nawskeys_mfa_serial = {SERIAL}\n")
    roles.home.run("adopt", "--undo", "left", "--yes").done()
    assert roles.home.config.read_text() == f"{text}[profile left]\nmfa_serial = {SERIAL}\n"
    roles.home.run("adopt", "--undo", "left", "--yes").failed(66, '"left" is not adopted')
