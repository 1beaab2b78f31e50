"""Codes of devices for multi-factor authentication: asked for once, made from a sealed seed, printed by a program."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

import programs
from conftest import MakeHome
from fake_keys import SEED
from sessions import SERIAL, Roles, role_arn
from stub_iam import Stub
from terminal import Terminal

CODE_ASKED = "MFA code of [^\r\n]*: ?$"


@pytest.fixture
def roles(make_home: MakeHome, stub: Stub) -> Roles:
    made = Roles.make(make_home, stub)
    made.user.mfa_codes |= {"123456"}
    return made


def test_a_code_serves_every_role_that_wants_it(roles: Roles) -> None:
    assert roles.arn("careful", "--mfa-token", "123456") == role_arn("careful")
    assert roles.arn("cautious") == role_arn("cautious")
    assert roles.calls == ["GetSessionToken", "AssumeRole", "AssumeRole"]
    [call] = roles.stub.calls("GetSessionToken")
    assert call.parameters["SerialNumber"] == SERIAL and call.parameters["DurationSeconds"] == "43200"


def test_a_person_is_asked_once_and_programs_go_on_with_it(roles: Roles) -> None:
    roles.home.resolve("careful").failed(77, SERIAL, "nobody to ask")
    terminal = Terminal(roles.home, "whoami", "careful")
    terminal.wait_for(CODE_ASKED)
    terminal.type_unseen("12345")
    terminal.wait_for("six digits[^\r\n]*: ?$")
    terminal.type_unseen("123 456")
    assert terminal.ends() == 0 and role_arn("careful") in terminal.seen and terminal.restored
    assert roles.document("careful", "fast")["AccessKeyId"].startswith("ASIA")
    assert roles.document("cautious")["AccessKeyId"].startswith("ASIA")


def test_a_code_for_a_key_gets_a_session_of_it(roles: Roles) -> None:
    config = roles.home.config.read_text().replace("[profile dev]\n", f"[profile dev]\nmfa_serial = {SERIAL}\n")
    roles.home.config.write_text(config)
    assert roles.arn("dev") == roles.user.arn and roles.calls == []
    assert roles.arn("dev", "--mfa-token", "123456") == roles.user.arn
    [call] = roles.stub.calls("GetSessionToken")
    assert call.parameters["TokenCode"] == "123456"
    roles.home.config.write_text(config.replace("mfa_serial", "other"))
    roles.home.run("whoami", "dev", "--mfa-token", "123456").failed(64, "names no device", hint=True)


def test_sessions_that_roles_share_are_shown_and_dropped_with_their_profile(roles: Roles) -> None:
    assert roles.arn("careful", "--mfa-token", "123456") == role_arn("careful")
    listed = json.loads(roles.home.run("sessions", "list", "--json").done().stdout)["sessions"]
    assert [each["name"] for each in listed] == ["careful", f"dev {SERIAL}"]
    assert roles.home.run("sessions", "clear", "dev").done().stdout == "dropped the session of dev\n"
    listed = json.loads(roles.home.run("sessions", "list", "--json").done().stdout)["sessions"]
    assert [each["name"] for each in listed] == ["careful"]
    assert roles.home.run("sessions", "clear", "dev").done().stdout == "there was no session of dev\n"
    # A name that begins with another one is another profile's.
    with roles.home.config.open("a") as config:
        config.write('[profile "careful too"]\nrole_arn = arn:aws:iam::123456789012:role/admin\n')
        config.write("source_profile = dev\n")
    roles.document("careful too")
    roles.home.run("sessions", "clear", "careful").done()
    listed = json.loads(roles.home.run("sessions", "list", "--json").done().stdout)["sessions"]
    assert [each["name"] for each in listed] == ["careful too"]


def test_a_wrong_code_is_a_refusal(roles: Roles) -> None:
    roles.home.run("whoami", "careful", "--mfa-token", "999999").failed(77, "GetSessionToken", hint=True)
    assert roles.calls == ["GetSessionToken"], "a code counts once, so the call isn't repeated"


def test_without_sessions_the_code_goes_with_the_role(roles: Roles) -> None:
    assert roles.arn("careful", "--no-session", "--mfa-token", "123456") == role_arn("careful")
    [call] = roles.stub.calls("AssumeRole")
    assert roles.calls == ["AssumeRole"] and call.parameters["TokenCode"] == "123456"


def test_a_program_prints_the_code(make_home: MakeHome, stub: Stub) -> None:
    config = f"""[profile careful]
role_arn = arn:aws:iam::123456789012:role/careful
source_profile = dev
mfa_serial = {SERIAL}
mfa_process = echo touch the key >&2; printf '%s\\n' 123456
"""
    roles = Roles.make(make_home, stub, config)
    roles.user.mfa_codes |= {"123456"}
    result = roles.home.run("whoami", "careful").done()
    assert role_arn("careful") in result.stdout and result.stderr == "touch the key\n"
    roles.home.run("sessions", "clear").done()
    # Some SDKs take what is said there for a part of the answer.
    roles.user.mfa_codes |= {"123456"}
    roles.document("careful")
    roles.home.run("sessions", "clear").done()
    imported = roles.home.config.read_text()
    for broken in (imported.replace("123456", "none"), imported.replace("printf", "exit 1; printf")):
        roles.home.config.write_text(broken)
        refused = roles.home.run("whoami", "careful")
        assert refused.status == 77 and "`mfa_process` printed none" in refused.stderr, refused
        assert "%s" not in refused.stderr, "arguments may be secrets"


@pytest.mark.parametrize("program", [programs.AWSKEYS, programs.HELPER])
def test_a_program_may_ask_for_the_code_at_the_terminal(make_home: MakeHome, stub: Stub, program: str) -> None:
    config = f"""[profile careful]
role_arn = arn:aws:iam::123456789012:role/careful
source_profile = dev
mfa_serial = {SERIAL}
mfa_process = echo really? >/dev/tty; read -r yes; echo and the code? >/dev/tty; read -r code </dev/tty; echo $yes $code | tr -d y
"""
    roles = Roles.make(make_home, stub, config)
    roles.user.mfa_codes |= {"123456"}
    roles.home.run("adopt", "careful", "--yes").done()
    arguments = ["careful"] if program == programs.HELPER else ["credential-process", "careful"]
    # What it reads from is what SDKs would have given it.
    terminal = Terminal(roles.home, *arguments, program=program)
    terminal.wait_for("really")
    terminal.child.sendline("y")
    terminal.wait_for("and the code")
    terminal.child.sendline("123456")
    terminal.wait_for('"AccessKeyId":"ASIA')
    assert terminal.ends() == 0


def test_a_sealed_seed_gives_the_codes(roles: Roles) -> None:
    roles.user.mfa_codes.clear()
    roles.user.mfa_seed = SEED
    added = roles.home.run("mfa", "add", "careful", "--yes", stdin=SEED.lower() + "\n").done()
    assert added.stdout == f"sealed the seed of {SERIAL}\n" and "whoever opens the store has both" in added.stderr
    assert json.loads(roles.home.run("mfa", "list", "--json").done().stdout) == {"devices": [{"serial_number": SERIAL}]}
    assert roles.document("careful")["AccessKeyId"].startswith("ASIA")
    assert roles.calls == ["GetSessionToken", "AssumeRole"]
    kept = roles.home.store.read_bytes()
    roles.home.run("mfa", "add", "careful", "--yes", stdin=SEED[::-1]).failed(64, "has a seed", hint=True)
    assert roles.home.store.read_bytes() == kept
    roles.home.run("mfa", "add", "careful", "--replace", "--yes", stdin=SEED).done()
    assert roles.home.run("mfa", "list").done().stdout == f"{SERIAL}\n"
    assert roles.home.run("mfa", "remove", SERIAL, "--yes").done().stdout == f"deleted the seed of {SERIAL}\n"
    roles.home.run("mfa", "code", SERIAL).failed(66, "no seed")
    roles.home.run("sessions", "clear").done()
    roles.home.resolve("careful").failed(77, "nobody to ask")


def test_a_code_is_never_given_twice(roles: Roles) -> None:
    roles.home.run("mfa", "add", SERIAL, "--yes", stdin=SEED).done()
    first = roles.home.run("mfa", "code", SERIAL).done()
    # The next one comes within 30 seconds, and is waited for.
    second = roles.home.run("mfa", "code", SERIAL).done()
    assert first.stdout != second.stdout and "waiting" in second.stderr
    now = roles.stub.now()
    roles.user.mfa_seed = SEED
    assert second.stdout.strip() in {roles.user.mfa_code(now - timedelta(seconds=30 * step)) for step in (-1, 0, 1)}


def test_what_is_no_seed_or_no_device_is_refused(roles: Roles) -> None:
    before = roles.home.store.read_bytes()
    roles.home.run("mfa", "add", SERIAL, "--yes", stdin="not a seed!\n").failed(64, "no seed")
    roles.home.run("mfa", "add", "dev", "--yes", stdin=SEED).failed(66, "mfa_serial")
    roles.home.run("mfa", "add", SERIAL + "a" * 70_000, "--yes", stdin=SEED).failed(66, "neither the ARN")
    roles.home.run("mfa", "remove", SERIAL, "--yes").failed(66, "no seed")
    assert roles.home.store.read_bytes() == before


def test_the_seed_is_in_no_file_and_no_output(roles: Roles) -> None:
    result = roles.home.run("mfa", "add", SERIAL, "--yes", stdin=SEED).done()
    raw = b"12345678901234567890"
    for content in [*roles.home.files().values(), (result.stdout + result.stderr).encode()]:
        assert SEED.encode() not in content and raw not in content


def test_both_lanes_give_a_profile_its_own_credentials_and_no_role_s_source(roles: Roles) -> None:
    mfa = f"source_profile = both\nmfa_serial = {SERIAL}\n"
    with roles.home.config.open("a") as file:
        for name, role in (("both", "careful"), ("user", "cautious")):
            file.write(f"[profile {name}]\nrole_arn = arn:aws:iam::123456789012:role/{role}\n{mfa}\n")
    with roles.home.credentials.open("a") as file:
        file.write(f"[both]\n{roles.user.key().lines()}\n")
    assert roles.arn("user", "--mfa-token", "123456") == role_arn("cautious", "awskeys-user")
    # No second code is at hand.
    fast = roles.document("both", "fast")
    assert fast == roles.document("both")
    assert [call.action for call in roles.stub.calls("GetSessionToken")] == ["GetSessionToken"]
    assert roles.arn("both") == role_arn("careful", "awskeys-both")
