"""The tests' own STS takes MFA codes as AWS does: RFC 6238's, once each, for GetSessionToken and for roles."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fake_keys import Key
from stub_clients import client, code, refused, session
from stub_iam import Stub
from stub_mfa import STEP, totp
from stub_principals import User

SEED = base64.b32encode(b"12345678901234567890").decode()
NAMED = {"RoleSessionName": "somebody"}


@pytest.fixture
def ann(stub: Stub) -> User:
    made = stub.user("ann")
    made.mfa_seed = SEED
    return made


@pytest.fixture
def key(ann: User) -> Key:
    return ann.key()


@pytest.fixture
def sts(stub: Stub, key: Key) -> Any:
    return client(stub, "sts", key)


# https://www.rfc-editor.org/rfc/rfc6238#appendix-B
@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds: int, digits: str) -> None:
    time = datetime.fromtimestamp(seconds, timezone.utc)
    assert totp(SEED, time, 8) == digits
    assert totp(SEED.lower().rstrip("="), time) == digits[2:]


def shown(ann: User, stub: Stub, steps: int = 0) -> dict[str, str]:
    """What a device shows some steps from now."""
    return {"SerialNumber": ann.mfa_serial, "TokenCode": ann.mfa_code(stub.now() + timedelta(seconds=steps * STEP))}


def test_a_code_counts_once_in_its_step_and_the_ones_beside_it(stub: Stub, ann: User, sts: Any) -> None:
    # A test must not fail because a step ended between two lines.
    before, now, after, late = (shown(ann, stub, steps) for steps in (-1, 0, 1, 5))
    for device in (now, before, after):
        told = sts.get_session_token(**device)["Credentials"]
        assert stub.session(told["AccessKeyId"]).has_mfa
        assert code(sts.get_session_token, **device) == "AccessDenied"
    assert code(sts.get_session_token, **late) == "AccessDenied"


def test_a_role_that_wants_mfa_takes_a_code_or_a_session_with_one(stub: Stub, ann: User, sts: Any) -> None:
    arn = stub.role("admin", trusted=[ann], requires_mfa=True).arn
    ann.mfa_codes |= {"111111", "222222"}
    device = {"SerialNumber": ann.mfa_serial}
    assert code(sts.assume_role, RoleArn=arn, **NAMED) == "AccessDenied"
    plain = session(stub, sts.get_session_token()["Credentials"])
    assert code(plain.assume_role, RoleArn=arn, **NAMED) == "AccessDenied"
    sts.assume_role(RoleArn=arn, **NAMED, **device, TokenCode="111111")
    status, found, message = refused(sts.assume_role, RoleArn=arn, **NAMED, **device, TokenCode="111111")
    assert (status, found) == (403, "AccessDenied") and "invalid MFA one time pass code" in message
    with_code = session(stub, sts.get_session_token(**device, TokenCode="222222")["Credentials"])
    for _ in range(2):
        with_code.assume_role(RoleArn=arn, **NAMED)
    plain.assume_role(RoleArn=arn, **NAMED, **shown(ann, stub))


def test_a_role_s_session_has_no_device(stub: Stub, ann: User, sts: Any) -> None:
    ann.mfa_codes |= {"111111", "222222"}
    first, second = stub.role("first"), stub.role("second", requires_mfa=True)
    device = {"SerialNumber": ann.mfa_serial}
    made = sts.assume_role(RoleArn=first.arn, **NAMED, **device, TokenCode="111111")["Credentials"]
    chained = session(stub, made)
    message = refused(chained.assume_role, RoleArn=second.arn, **NAMED, **device, TokenCode="222222")[2]
    assert "serial number is valid" in message
    # The code that it was made with is one; sessions that are chained to it don't have it any more.
    last = session(stub, chained.assume_role(RoleArn=second.arn, **NAMED)["Credentials"])
    assert code(last.assume_role, RoleArn=second.arn, **NAMED) == "AccessDenied"


def test_a_code_has_six_digits(ann: User, sts: Any) -> None:
    for wrong in ("12345", "1234567", "12345x"):
        told = {"SerialNumber": ann.mfa_serial, "TokenCode": wrong}
        assert refused(sts.get_session_token, **told)[:2] == (400, "ValidationError")
