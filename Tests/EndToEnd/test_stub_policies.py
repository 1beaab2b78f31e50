"""The tests' own IAM and STS: policies, MFA, last uses, and keys on their way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fake_keys import Key
from stub_principals import LastUse, User
from stub_clients import client, code, new_key, refused, session
from stub_iam import Stub

INVALID_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "


@pytest.fixture
def ann(stub: Stub) -> User:
    return stub.user("ann")


@pytest.fixture
def key(ann: User) -> Key:
    return ann.key()


@pytest.fixture
def iam(stub: Stub, key: Key) -> Any:
    return client(stub, "iam", key)


@pytest.fixture
def sts(stub: Stub, key: Key) -> Any:
    return client(stub, "sts", key)


def outcomes(call: Callable[[], Any], count: int) -> list[bool]:
    """Tells which of some calls succeed; the others are made with an unknown key."""
    found = []
    for _ in range(count):
        try:
            call()
            found.append(True)
        except ClientError as problem:
            assert problem.response["Error"]["Code"] == "InvalidClientTokenId"
            found.append(False)
    return found


# Policies, sessions and MFA.


def test_a_policy_denies_single_actions(stub: Stub, ann: User, iam: Any, sts: Any) -> None:
    ann.denied |= {"CreateAccessKey", "GetUser", "GetCallerIdentity"}
    status, code, message = refused(iam.create_access_key)
    assert (status, code) == (403, "AccessDenied")
    assert message.startswith(
        f"User: {ann.arn} is not authorized to perform: iam:CreateAccessKey on resource: user ann"
    )
    assert refused(iam.get_user)[1] == "AccessDenied"
    iam.list_access_keys()
    sts.get_caller_identity()
    assert len(stub.keys(ann)) == 1


def test_a_session_without_mfa_may_call_no_iam(stub: Stub, sts: Any) -> None:
    made = sts.get_session_token()["Credentials"]
    assert made["AccessKeyId"].startswith("ASIA")
    assert made["Expiration"] - datetime.now(timezone.utc) > timedelta(hours=11)
    assert session(stub, made, "sts").get_caller_identity()["Arn"].endswith(":user/ann")
    assert refused(session(stub, made, "iam").get_user)[:2] == (403, "InvalidClientTokenId")
    assert refused(session(stub, made, "sts").get_session_token)[:2] == (403, "AccessDenied")
    other = made | {"SessionToken": sts.get_session_token()["Credentials"]["SessionToken"]}
    assert code(session(stub, other, "sts").get_caller_identity) == "InvalidClientTokenId"


def test_a_session_with_mfa_may_call_iam_and_names_its_user(
    stub: Stub, ann: User, key: Key, iam: Any, sts: Any
) -> None:
    ann.mfa_required = True
    ann.mfa_codes |= {"123456"}
    assert refused(iam.list_access_keys, UserName="ann")[:2] == (403, "AccessDenied")
    made = sts.get_session_token(SerialNumber=ann.mfa_serial, TokenCode="123456", DurationSeconds=900)["Credentials"]
    temporary = session(stub, made, "iam")
    status, code, message = refused(temporary.list_access_keys)
    assert (status, code, message) == (
        400,
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )
    assert temporary.get_user()["User"]["UserName"] == "ann"
    assert temporary.list_access_keys(UserName="ann")["AccessKeyMetadata"][0]["AccessKeyId"] == key.id
    temporary.create_access_key(UserName="ann")
    assert len(stub.keys(ann)) == 2


def test_a_session_expires(stub: Stub, sts: Any) -> None:
    made = sts.get_session_token(DurationSeconds=900)["Credentials"]
    stub.expire_sessions()
    assert refused(session(stub, made, "sts").get_caller_identity)[:2] == (403, "ExpiredToken")


def test_a_code_counts_once(ann: User, sts: Any) -> None:
    ann.mfa_codes |= {"123456", "654321"}
    device = {"SerialNumber": ann.mfa_serial}
    assert refused(sts.get_session_token, **device, TokenCode="000000") == (403, "AccessDenied", INVALID_CODE)
    sts.get_session_token(**device, TokenCode="123456")
    assert refused(sts.get_session_token, **device, TokenCode="123456") == (403, "AccessDenied", INVALID_CODE)
    sts.get_session_token(**device, TokenCode="654321")


def test_a_device_has_to_be_the_user_s_own_and_comes_with_a_code(stub: Stub, ann: User, sts: Any) -> None:
    ann.mfa_codes |= {"123456"}
    other = stub.user("bob").mfa_serial
    status, code, message = refused(sts.get_session_token, SerialNumber=other, TokenCode="123456")
    assert (status, code) == (403, "AccessDenied") and "serial number is valid" in message
    assert "must provide both" in refused(sts.get_session_token, SerialNumber=ann.mfa_serial)[2]
    assert "must provide both" in refused(sts.get_session_token, TokenCode="123456")[2]
    assert ann.mfa_codes == {"123456"}


@pytest.mark.parametrize("seconds", [899, 129601])
def test_a_session_has_bounds(sts: Any, seconds: int) -> None:
    assert refused(sts.get_session_token, DurationSeconds=seconds)[:2] == (400, "ValidationError")


def test_a_session_of_the_root_user_lasts_an_hour(stub: Stub) -> None:
    made = client(stub, "sts", stub.root().key()).get_session_token()["Credentials"]
    assert made["Expiration"] - stub.now() <= timedelta(hours=1)


# Last uses.


def test_the_last_use_is_recorded(stub: Stub, ann: User, key: Key, iam: Any) -> None:
    other = ann.key()
    answer = iam.get_access_key_last_used(AccessKeyId=other.id)
    assert answer["UserName"] == "ann"
    assert answer["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    client(stub, "sts", other, region="eu-west-1").get_caller_identity()
    use = iam.get_access_key_last_used(AccessKeyId=other.id)["AccessKeyLastUsed"]
    assert (use["ServiceName"], use["Region"]) == ("sts", "eu-west-1")
    assert datetime.now(timezone.utc) - use["LastUsedDate"] < timedelta(minutes=1)
    own = iam.get_access_key_last_used(AccessKeyId=key.id)["AccessKeyLastUsed"]
    assert (own["ServiceName"], own["Region"]) == ("iam", "us-east-1")


def test_the_last_use_can_be_told(stub: Stub, key: Key, iam: Any) -> None:
    time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    stub.set_last_use(key.id, time, "ec2", "us-west-2")
    use = iam.get_access_key_last_used(AccessKeyId=key.id)["AccessKeyLastUsed"]
    assert use == {"LastUsedDate": time, "ServiceName": "ec2", "Region": "us-west-2"}
    assert stub.last_use(key.id) == LastUse(time, "ec2", "us-west-2")
    stub.set_last_use(key.id, None)
    assert "LastUsedDate" not in iam.get_access_key_last_used(AccessKeyId=key.id)["AccessKeyLastUsed"]


# Keys on their way.


def test_a_new_key_is_known_after_some_requests_to_each_service(stub: Stub, iam: Any) -> None:
    stub.propagate(3)
    made = new_key(iam)
    assert made.id in {each["AccessKeyId"] for each in iam.list_access_keys()["AccessKeyMetadata"]}
    assert outcomes(client(stub, "sts", made).get_caller_identity, 5) == [False, False, False, True, True]
    assert outcomes(client(stub, "iam", made).get_user, 5) == [False, False, False, True, True]


def test_a_new_key_flaps_by_a_pattern(stub: Stub, iam: Any) -> None:
    stub.propagate([True, False, True, False], services=["sts"])
    made = new_key(iam)
    assert outcomes(client(stub, "iam", made).get_user, 1) == [True]
    assert outcomes(client(stub, "sts", made).get_caller_identity, 5) == [True, False, True, False, True]


def test_a_new_key_is_left_out_of_some_lists(stub: Stub, ann: User, iam: Any) -> None:
    stub.propagate(0, unlisted=2)
    new_key(iam)
    assert [len(iam.list_access_keys()["AccessKeyMetadata"]) for _ in range(4)] == [1, 1, 2, 2]
    assert len(stub.keys(ann)) == 2


def test_a_new_key_can_be_refused_by_another_code(stub: Stub, iam: Any) -> None:
    stub.propagate(1, code="AccessDenied")
    sts = client(stub, "sts", new_key(iam))
    assert code(sts.get_caller_identity) == "AccessDenied"
    sts.get_caller_identity()
