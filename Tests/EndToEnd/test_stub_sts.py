"""The tests' own STS does what AWS does, as boto3 sees it: roles, chains, web identities, and how sessions end."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fake_keys import Key
from stub_clients import code, refused, session, web_identity
from stub_clients import client as client_of
from stub_iam import Stub
from stub_principals import User

OTHER = "210987654321"
NAMED = {"RoleSessionName": "somebody"}


@pytest.fixture
def ann(stub: Stub) -> User:
    return stub.user("ann")


@pytest.fixture
def key(ann: User) -> Key:
    return ann.key()


@pytest.fixture
def sts(stub: Stub, key: Key) -> Any:
    return client_of(stub, "sts", key)


def assumed(stub: Stub, sts: Any, arn: str, **parameters: object) -> Any:
    """Assumes a role; gives STS as its session sees it."""
    return session(stub, sts.assume_role(RoleArn=arn, **NAMED | parameters)["Credentials"])


def arn_of(sts: Any) -> str:
    """Gives who a client is."""
    return str(sts.get_caller_identity()["Arn"])


def test_a_role_is_assumed(stub: Stub, ann: User, sts: Any) -> None:
    role = stub.role("admin", path="/team/", trusted=[ann])
    made = sts.assume_role(RoleArn=role.arn, **NAMED)
    assert role.arn == "arn:aws:iam::123456789012:role/team/admin"
    assert made["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/admin/somebody"
    assert made["AssumedRoleUser"]["AssumedRoleId"] == f"{role.id}:somebody"
    assert role.id.startswith("AROA")
    left = made["Credentials"]["Expiration"] - datetime.now(timezone.utc)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    identity = session(stub, made["Credentials"]).get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == (made["AssumedRoleUser"]["Arn"], "123456789012")
    assert identity["UserId"] == made["AssumedRoleUser"]["AssumedRoleId"]


def test_a_chain_ends_as_its_last_role_and_the_log_says_who_signed(stub: Stub, key: Key, sts: Any) -> None:
    first, second = stub.role("first", trusted=["123456789012"]), stub.role("second", account=OTHER)
    third = stub.role("third", account=OTHER, trusted=[second])
    last = assumed(stub, assumed(stub, assumed(stub, sts, first.arn), second.arn), third.arn)
    assert arn_of(last) == f"arn:aws:sts::{OTHER}:assumed-role/third/somebody"
    assert [call.signer for call in stub.calls()] == [
        key.id,
        "arn:aws:sts::123456789012:assumed-role/first/somebody",
        f"arn:aws:sts::{OTHER}:assumed-role/second/somebody",
        f"arn:aws:sts::{OTHER}:assumed-role/third/somebody",
    ]


def test_a_session_of_a_user_assumes_roles_too(stub: Stub, ann: User, key: Key, sts: Any) -> None:
    role = stub.role("admin", trusted=[ann])
    users = session(stub, sts.get_session_token()["Credentials"])
    assert arn_of(assumed(stub, users, role.arn)).endswith("assumed-role/admin/somebody")
    assert [call.signer for call in stub.calls("AssumeRole")] == [f"session of {key.id}"]


def test_a_role_is_for_those_whom_it_trusts(stub: Stub, ann: User, sts: Any) -> None:
    role, bridge = stub.role("admin", trusted=[stub.user("bob")]), stub.role("bridge", trusted=[ann])
    far = stub.role("far", account=OTHER, trusted=[OTHER])
    for arn in (role.arn, far.arn, "arn:aws:iam::123456789012:role/absent"):
        assert refused(sts.assume_role, RoleArn=arn, **NAMED) == (
            403,
            "AccessDenied",
            f"User: {ann.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
        )
    status, found, message = refused(assumed(stub, sts, bridge.arn).assume_role, RoleArn=role.arn, **NAMED)
    assert (status, found) == (403, "AccessDenied") and ":assumed-role/bridge/somebody is not" in message
    root = client_of(stub, "sts", stub.root().key())
    assert refused(root.assume_role, RoleArn=role.arn, **NAMED)[2] == "Roles may not be assumed by root accounts."


def test_an_external_id_has_to_be_the_one(stub: Stub, sts: Any) -> None:
    arn = stub.role("vendor", external_id="EXAMPLE-id").arn
    assert code(sts.assume_role, RoleArn=arn, **NAMED) == "AccessDenied"
    assert code(sts.assume_role, RoleArn=arn, ExternalId="other", **NAMED) == "AccessDenied"
    assumed(stub, sts, arn, ExternalId="EXAMPLE-id")
    # A role that wants none takes any.
    assumed(stub, sts, stub.role("open").arn, ExternalId="whatever")


@pytest.mark.parametrize(
    "parameters",
    [
        {"RoleSessionName": "x"},
        {"RoleSessionName": "x" * 65},
        {"RoleSessionName": "white space"},
        {"RoleSessionName": None},
        {"RoleArn": "arn:aws:iam::123456789012:user/ann"},
        {"DurationSeconds": 899},
        {"DurationSeconds": 43201},
        {"ExternalId": "x"},
        {"SourceIdentity": "a b"},
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:role/x"}]},
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
        {"TransitiveTagKeys": ["absent"]},
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(stub: Stub, sts: Any, parameters: dict[str, Any]) -> None:
    told = {name: value for name, value in ({"RoleArn": stub.role("r").arn} | NAMED | parameters).items() if value}
    assert refused(sts.assume_role, **told)[:2] == (400, "ValidationError")


def test_a_session_has_the_length_that_role_and_chain_allow(stub: Stub, sts: Any) -> None:
    short, long = stub.role("short", max_duration=3600), stub.role("long")
    status, found, message = refused(sts.assume_role, RoleArn=short.arn, DurationSeconds=3601, **NAMED)
    assert (status, found) == (400, "ValidationError")
    assert message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    made = sts.assume_role(RoleArn=long.arn, DurationSeconds=43200, **NAMED)["Credentials"]
    assert made["Expiration"] - stub.now() > timedelta(hours=11)
    chained = session(stub, made)
    status, found, message = refused(chained.assume_role, RoleArn=long.arn, DurationSeconds=3601, **NAMED)
    assert (status, found) == (400, "ValidationError")
    limit = "the 1 hour session limit for roles assumed by role chaining"
    assert message == f"The requested DurationSeconds exceeds {limit}"
    assumed(stub, chained, long.arn, DurationSeconds=3600)
    # A user's session is no role's.
    users = session(stub, sts.get_session_token()["Credentials"])
    assumed(stub, users, long.arn, DurationSeconds=43200)


def test_what_comes_along_is_kept_and_goes_on_as_it_should(stub: Stub, sts: Any) -> None:
    role = stub.role("admin")
    policy = '{"Version": "2012-10-17", "Statement": []}'
    made = sts.assume_role(
        RoleArn=role.arn,
        Tags=[{"Key": "team", "Value": "blue"}, {"Key": "cost", "Value": "12"}],
        TransitiveTagKeys=["team"],
        SourceIdentity="ann",
        Policy=policy,
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        **NAMED,
    )
    assert (made["SourceIdentity"], made["PackedPolicySize"]) == ("ann", 6)
    first: Any = stub.session(made["Credentials"]["AccessKeyId"]).principal
    assert (first.tags, first.policy) == ({"team": "blue", "cost": "12"}, policy)
    assert first.policy_arns == ("arn:aws:iam::aws:policy/ReadOnlyAccess",)
    chained = session(stub, made["Credentials"])
    made = chained.assume_role(RoleArn=role.arn, Tags=[{"Key": "more", "Value": ""}], **NAMED)["Credentials"]
    second: Any = stub.session(made["AccessKeyId"]).principal
    assert (second.tags, second.transitive) == ({"team": "blue", "more": ""}, {"team"})
    assert (second.source_identity, second.policy, second.is_chained) == ("ann", None, True)
    tag = [{"Key": "team", "Value": "red"}]
    assert code(chained.assume_role, RoleArn=role.arn, Tags=tag, **NAMED) == "InvalidParameterValue"
    assert code(chained.assume_role, RoleArn=role.arn, SourceIdentity="bob", **NAMED) == "AccessDenied"
    assert code(chained.assume_role, RoleArn=role.arn, Policy="{", **NAMED) == "MalformedPolicyDocument"


def test_a_web_identity_needs_no_signature(stub: Stub, sts: Any) -> None:
    role = stub.role("pipeline", trusted=[], web_identities=["EXAMPLE.web.token"])
    unsigned = web_identity(stub)
    told = {"RoleArn": role.arn, "WebIdentityToken": "EXAMPLE.web.token", **NAMED}
    made = unsigned.assume_role_with_web_identity(**told)
    assert arn_of(session(stub, made["Credentials"])).endswith(":assumed-role/pipeline/somebody")
    assert [(call.key_id, call.signer) for call in stub.calls("AssumeRoleWithWebIdentity")] == [("", "")]
    call = unsigned.assume_role_with_web_identity
    assert refused(call, **told | {"WebIdentityToken": "other"})[:2] == (400, "InvalidIdentityToken")
    assert refused(call, **told | {"WebIdentityToken": "expired"})[:2] == (400, "ExpiredTokenException")
    assert refused(call, **told | {"RoleArn": stub.role("other").arn})[:2] == (403, "AccessDenied")
    assert refused(sts.assume_role, RoleArn=role.arn, **NAMED)[:2] == (403, "AccessDenied")
    assert code(web_identity(stub).get_caller_identity) == "MissingAuthenticationToken"


def test_sessions_end_by_the_server_s_clock(stub: Stub, sts: Any) -> None:
    made = assumed(stub, sts, stub.role("admin").arn, DurationSeconds=900)
    # Within the 5 minutes that a signature may be off.
    stub.set_clock(timedelta(minutes=4))
    arn_of(made)
    role = stub.role("brief")
    role.lifetime = 1
    brief = sts.assume_role(RoleArn=role.arn, DurationSeconds=900, **NAMED)["Credentials"]
    assert brief["Expiration"] - stub.now() <= timedelta(seconds=1)
    stub.set_clock(timedelta(minutes=4, seconds=2))
    status, found, message = refused(session(stub, brief).get_caller_identity)
    assert (status, found) == (403, "ExpiredToken")
    assert message == "The security token included in the request is expired"
    assert code(session(stub, brief).assume_role, RoleArn=role.arn, **NAMED) == "ExpiredToken"


def test_a_session_comes_with_its_own_token(stub: Stub, sts: Any) -> None:
    arn = stub.role("admin").arn
    one, other = (sts.assume_role(RoleArn=arn, **NAMED)["Credentials"] for _ in range(2))
    for token in (other["SessionToken"], None, "EXAMPLE"):
        assert code(session(stub, one | {"SessionToken": token}).get_caller_identity) == "InvalidClientTokenId"
    arn_of(session(stub, one))
    assert code(session(stub, one).get_session_token) == "AccessDenied"


def test_revoked_sessions_may_do_nothing_that_a_policy_rules(stub: Stub, ann: User, sts: Any) -> None:
    role = stub.role("admin")
    old = assumed(stub, sts, role.arn)
    users = session(stub, sts.get_session_token()["Credentials"])
    stub.revoke_sessions(role)
    assert code(old.assume_role, RoleArn=role.arn, **NAMED) == "AccessDenied"
    assert arn_of(old).endswith("/somebody")
    assumed(stub, assumed(stub, sts, role.arn), role.arn)
    assumed(stub, users, role.arn)
    stub.revoke_sessions(ann)
    assert code(users.assume_role, RoleArn=role.arn, **NAMED) == "AccessDenied"


def test_a_role_may_call_no_iam_here(stub: Stub, sts: Any) -> None:
    made = sts.assume_role(RoleArn=stub.role("admin").arn, **NAMED)["Credentials"]
    status, found, message = refused(session(stub, made, "iam").get_user, UserName="ann")
    assert (status, found) == (403, "AccessDenied") and ":assumed-role/admin/somebody" in message


def test_a_role_of_another_partition_says_so(stub: Stub, ann: User, sts: Any) -> None:
    role = stub.role("admin", trusted=[ann], partition="aws-cn")
    assert arn_of(assumed(stub, sts, role.arn)) == "arn:aws-cn:sts::123456789012:assumed-role/admin/somebody"
