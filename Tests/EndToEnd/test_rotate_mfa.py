"""`awskeys rotate` for users who need multi-factor authentication: one code, asked for or given, used once."""

from __future__ import annotations

import pytest

from conftest import MakeHome
from rotating import MUTATING, Ann, ended, rotations
from stub_iam import Stub
from terminal import YES_OR_NO, Terminal

CODE = "246810"
WRONG = "135791"
SERIAL = "arn:aws:iam::123456789012:mfa/ann"
CODE_ASKED = r"MFA code of [^\r\n]*: ?$"


@pytest.fixture
def ann(make_home: MakeHome, stub: Stub) -> Ann:
    """A user who may do nothing in IAM without a code."""
    made = Ann.make(make_home, stub)
    made.user.mfa_required = True
    made.user.mfa_codes.add(CODE)
    assert made.user.mfa_serial == SERIAL
    return made


def assert_rotated(ann: Ann) -> None:
    """Asserts that one session did it all, and that the new key is the one that serves."""
    [session] = [call for call in ann.stub.calls("GetSessionToken") if call.status == 200]
    assert (session.key_id, session.parameters["SerialNumber"]) == (ann.old.id, SERIAL)
    changes = [call for call in ann.stub.calls() if call.action in MUTATING]
    assert len(changes) == 3 and all(call.key_id.startswith("ASIA") for call in changes)
    assert list(ann.keys()) == [ann.serving()] != [ann.old.id]
    assert rotations(ann.home) == []


def test_a_code_on_the_command_line_opens_iam_once(ann: Ann) -> None:
    ann.rotate("dev", "--mfa-token", CODE, "--delete-now", "--yes").done()
    assert_rotated(ann)
    assert len(ann.stub.calls("GetSessionToken")) == 1


def test_a_code_is_asked_for_at_a_terminal_where_a_device_is_named(ann: Ann) -> None:
    with ann.home.config.open("a") as file:
        file.write(f"[profile admin]\nrole_arn = {SERIAL}\nsource_profile = dev\nmfa_serial = {SERIAL}\n")
    terminal = Terminal(ann.home, "rotate", "dev", "--delete-now")
    terminal.wait_for(CODE_ASKED)
    assert SERIAL in terminal.seen
    terminal.child.sendline(CODE)
    terminal.wait_for(YES_OR_NO)
    terminal.child.sendline("y")
    assert terminal.ends() == 0, terminal.seen
    assert terminal.seen.count("MFA code of") == 1
    assert_rotated(ann)


def assert_untouched(ann: Ann) -> None:
    """Asserts that nothing was changed."""
    assert not [call for call in ann.stub.calls() if call.action in MUTATING]
    assert (ann.keys(), ann.serving(), rotations(ann.home)) == ({ann.old.id: "Active"}, ann.old.id, [])


@pytest.mark.parametrize("code", [WRONG, "12345", "EXAMPLE"])
def test_a_wrong_code_changes_nothing(ann: Ann, code: str) -> None:
    result = ann.rotate("dev", "--mfa-token", code, "--yes")
    assert result.status == (77 if code == WRONG else result.status) != 0, result
    assert "GetSessionToken" in result.stderr or "MFA" in result.stderr, result
    assert result.stdout == "" and len(ann.stub.calls("GetSessionToken")) <= 1
    assert_untouched(ann)


def test_a_wrong_code_at_a_terminal_changes_nothing(ann: Ann) -> None:
    with ann.home.credentials.open("a") as file:
        # Its last section is the profile's.
        file.write(f"mfa_serial = {SERIAL}\n")
    terminal = Terminal(ann.home, "rotate", "dev")
    terminal.wait_for(CODE_ASKED)
    terminal.child.sendline(WRONG)
    assert terminal.ends() == 77, terminal.seen
    assert_untouched(ann)


def test_without_a_code_the_message_says_how_to_give_one(ann: Ann) -> None:
    result = ann.rotate("dev", "--yes")
    assert result.status == 77 and "--mfa-token" in result.hint, result
    assert ann.stub.calls("GetSessionToken") == []
    assert_untouched(ann)


def test_a_code_that_was_used_before_is_refused(ann: Ann) -> None:
    ann.rotate("dev", "--dry-run", "--mfa-token", CODE).done()
    assert ann.rotate("dev", "--mfa-token", CODE, "--yes").status == 77
    assert_untouched(ann)


def test_a_wrong_code_is_named_when_the_old_key_is_deleted_too(ann: Ann) -> None:
    ann.rotate("dev", "--mfa-token", CODE, "--yes").done()
    result = ann.rotate("--finish", "--delete-now", "--mfa-token", WRONG, "--yes")
    assert result.status == 77 and len(ann.keys()) == 2, result
    assert "GetSessionToken" in result.stderr and "MultiFactorAuthentication failed" in result.stderr, result


@pytest.mark.parametrize("code", [[], ["--mfa-token", WRONG]], ids=["no code", "wrong code"])
def test_carrying_on_without_the_code_says_so_and_does_not_wait(ann: Ann, code: list[str]) -> None:
    held = ann.stub.fault("GetCallerIdentity", "hang", nth=3)
    first = ann.start("dev", "--mfa-token", CODE, "--yes")
    ann.stub.wait_for("GetCallerIdentity", 3)
    first.kill()
    ended(first)
    held.release.set()
    assert [each["state"] for each in rotations(ann.home)] == ["proving"]

    # The old key is denied, then the new one; by the time it is denied again, the reason is clear.
    ann.stub.fault("ListAccessKeys", nth=3, before=lambda call: second.kill())
    second = ann.start("--resume", *code, "--yes")
    result = ended(second)
    assert result.status == 77 and ("--mfa-token" in result.hint or "MultiFactor" in result.stderr), result


def test_the_device_of_an_adopted_profile_is_known(ann: Ann) -> None:
    with ann.home.config.open("a") as file:
        file.write(f"[profile admin]\nrole_arn = {SERIAL}\nsource_profile = dev\nmfa_serial = {SERIAL}\n")
    ann.home.run("adopt", "admin", "--yes").done()
    terminal = Terminal(ann.home, "rotate", "dev", "--delete-now")
    terminal.wait_for(CODE_ASKED)
    assert SERIAL in terminal.seen
    terminal.interrupt()
    terminal.ends()
    assert_untouched(ann)
