"""The tests' own sign-in endpoint gives tokens for sessions of roles, and for nothing else."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from stub_clients import client, session
from stub_faults import PAGE
from stub_iam import Stub

NAMED = {"RoleSessionName": "somebody"}


@pytest.fixture
def sts(stub: Stub) -> Any:
    return client(stub, "sts", stub.user("ann").key())


@pytest.fixture
def role(stub: Stub, sts: Any) -> dict[str, Any]:
    """The session of a role."""
    made: dict[str, Any] = sts.assume_role(RoleArn=stub.role("admin").arn, **NAMED)["Credentials"]
    return made


def asked(stub: Stub, made: dict[str, Any], is_post: bool = True, **more: object) -> tuple[int, bytes]:
    """Asks for a token; gives the status and what was said."""
    told = json.dumps(
        {"sessionId": made["AccessKeyId"], "sessionKey": made["SecretAccessKey"], "sessionToken": made["SessionToken"]}
    )
    form = urlencode({"Action": "getSigninToken", "Session": told} | more)
    url = f"{stub.url}/federation"
    try:
        with urlopen(url, form.encode(), timeout=30) if is_post else urlopen(f"{url}?{form}", timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as problem:
        return problem.code, problem.read()


@pytest.mark.parametrize("is_post", [True, False], ids=["POST", "GET"])
def test_a_role_gets_a_token(stub: Stub, role: dict[str, Any], is_post: bool) -> None:
    status, said = asked(stub, role, is_post, SessionDuration=43200)
    token = json.loads(said)["SigninToken"]
    made = stub.sign_in(token)
    assert (status, made.duration) == (200, 43200)
    assert made.session.principal.arn.endswith(":assumed-role/admin/somebody")
    assert asked(stub, role)[1] != said
    call = stub.calls("getSigninToken")[0]
    assert (call.service, call.status, call.is_done) == ("signin", 200, True)
    assert call.signer.endswith(":assumed-role/admin/somebody")


def test_who_is_no_role_gets_none(stub: Stub, sts: Any, role: dict[str, Any]) -> None:
    users = sts.get_session_token()["Credentials"]
    assert asked(stub, users)[0] == 400
    for wrong in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
        assert asked(stub, role | {wrong: users[wrong]})[0] == 400
    stub.expire_sessions()
    assert asked(stub, role)[0] == 400
    assert [call.is_done for call in stub.calls("getSigninToken")] == [False] * 5


def test_a_chained_role_has_its_hour_at_most(stub: Stub, role: dict[str, Any]) -> None:
    chained = session(stub, role).assume_role(RoleArn=stub.role("next").arn, **NAMED)["Credentials"]
    assert asked(stub, chained, SessionDuration=3601)[0] == 400
    assert asked(stub, chained, SessionDuration=3600)[0] == 200
    assert asked(stub, chained)[0] == 200
    for seconds in (899, 43201, "x"):
        assert asked(stub, role, SessionDuration=seconds)[0] == 400


def test_what_is_no_session_is_refused(stub: Stub) -> None:
    for text in ("", "{", "[]", '{"sessionId": "EXAMPLE"}'):
        with pytest.raises(HTTPError, match="400"):
            urlopen(f"{stub.url}/federation?{urlencode({'Action': 'getSigninToken', 'Session': text})}", timeout=30)


def test_faults_strike_here_too(stub: Stub, role: dict[str, Any]) -> None:
    stub.fault("getSigninToken", "garble")
    assert asked(stub, role) == (200, PAGE.body)
    stub.fault("getSigninToken", "throttle")
    assert asked(stub, role)[0] == 400
    assert asked(stub, role)[0] == 200
