"""During a rotation no secret is anywhere but in the store: of the old key, of the new one, or of a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from canary import secrets_in
from conftest import MakeHome
from rotating import Ann
from stub_faults import FOREVER
from stub_iam import Stub
from tracing import STRACE
from watched import Watched

CODES = ["246810", "135791"]

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace isn't there to show argv and environments")


@pytest.fixture
def ann(make_home: MakeHome, stub: Stub) -> Ann:
    return Ann.make(make_home, stub)


def secrets(ann: Ann) -> list[str]:
    """Gives every secret that there is by now."""
    accounts = ann.user.accounts
    found = {ann.old.secret} | {each.key.secret for each in accounts.keys.values()}
    for session in accounts.sessions.values():
        found |= {session.key.secret, session.token}
    return sorted(found)


def test_a_rotation_with_a_session_leaves_no_secret_anywhere(ann: Ann, tmp_path: Path) -> None:
    ann.user.mfa_required = True
    ann.user.mfa_codes |= set(CODES)
    watched = Watched(ann.home, tmp_path)
    watched.run("awskeys", "rotate", "dev", "--dry-run", "--mfa-token", CODES[0])
    watched.run("awskeys", "rotate", "dev", "--mfa-token", CODES[1], "--yes")
    for command in (["list", "--json"], ["status"], ["rotate", "--resume", "--yes", "--json"]):
        watched.run("awskeys", *command)
    new = ann.serving()
    assert len(secrets(ann)) == 6 and ann.stub.key(new).secret in secrets(ann)
    assert watched.found(secrets(ann)) == []
    # The search finds it where it is asked for.
    said = watched.run("awskeys-credential-process", "dev", says_it=True)
    assert len(secrets_in([("stdout", said.encode())], secrets(ann))) == 1


def test_no_error_of_a_rotation_gives_a_secret_away(ann: Ann, tmp_path: Path) -> None:
    watched = Watched(ann.home, tmp_path)
    rotate = ["awskeys", "rotate", "dev", "--yes"]

    # Denied before there is a new key, and after it serves; then an answer that isn't AWS's.
    ann.user.denied.add("CreateAccessKey")
    watched.run(*rotate, status=77)
    ann.user.denied = {"UpdateAccessKey"}
    watched.run(*rotate, "--json", status=77)
    ann.user.denied.clear()
    assert len(ann.keys()) == 2 and ann.serving() != ann.old.id
    garbled = ann.stub.fault("UpdateAccessKey", "garble", times=FOREVER)
    watched.run("awskeys", "rotate", "--resume", "--yes", status=69)
    ann.stub.faults.remove(garbled)
    watched.run("awskeys", "rotate", "dev", "--rollback", "--yes")
    watched.run("awskeys", "rotate", "--finish", "--delete-now", "--yes")

    # A key that is made, and whose answer is lost; then one too many.
    ann.stub.fault("CreateAccessKey", "lose")
    watched.run(*rotate, status=73)
    watched.run(*rotate, "--json", status=73)
    assert len(secrets(ann)) >= 2
    assert watched.found(secrets(ann)) == []
