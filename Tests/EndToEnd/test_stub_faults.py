"""The tests' own IAM and STS: faults on purpose, and the log of all calls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from fake_keys import Key
from stub_principals import User
from stub_clients import client, new_key, refused
from stub_faults import Call, Kind
from stub_iam import Stub, stub_iam


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


# Faults.


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("throttle", 400, "Throttling"),
        ("deny", 403, "AccessDenied"),
        ("error500", 500, "ServiceFailure"),
        ("error500_after", 500, "ServiceFailure"),
    ],
)
def test_an_error_is_answered(stub: Stub, ann: User, iam: Any, kind: Kind, status: int, code: str) -> None:
    stub.fault("CreateAccessKey", kind)
    assert refused(iam.create_access_key)[:2] == (status, code)
    is_done = kind == "error500_after"
    assert len(stub.keys(ann)) == 1 + is_done
    call = stub.calls("CreateAccessKey")[0]
    assert (call.status, call.code, call.is_done, call.fault) == (status, code, is_done, kind)


@pytest.mark.parametrize(("kind", "is_done"), [("lose", True), ("drop", False)])
def test_a_connection_is_closed_without_an_answer(stub: Stub, ann: User, iam: Any, kind: Kind, is_done: bool) -> None:
    iam.get_user()
    stub.fault("CreateAccessKey", kind)
    with pytest.raises(ConnectionClosedError):
        iam.create_access_key()
    assert len(stub.keys(ann)) == 1 + is_done
    call = stub.calls("CreateAccessKey")[0]
    assert (call.status, call.is_done) == (0, is_done)
    iam.get_user()


def test_somebody_else_answers(stub: Stub, ann: User, iam: Any) -> None:
    stub.fault("CreateAccessKey", "garble")
    with pytest.raises(ResponseParserError):
        iam.create_access_key()
    assert len(stub.keys(ann)) == 2


@pytest.mark.parametrize(("kind", "is_done"), [("hang", False), ("hang_after", True)])
def test_an_answer_hangs_until_it_is_released(stub: Stub, ann: User, iam: Any, kind: Kind, is_done: bool) -> None:
    fault = stub.fault("CreateAccessKey", kind)
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(new_key(iam).id)
        except ConnectionClosedError:
            answers.append("none")

    asking = threading.Thread(target=ask)
    asking.start()
    assert stub.wait_for("CreateAccessKey")[0].is_done == is_done
    assert len(stub.keys(ann)) == 1 + is_done
    assert asking.is_alive() and not answers
    client(stub, "iam", stub.user("bob").key()).get_user()
    fault.release.set()
    asking.join()
    assert answers == ([list(stub.keys(ann))[1]] if is_done else ["none"])


def test_a_slow_answer_takes_its_time_or_until_it_is_released(stub: Stub, ann: User, iam: Any) -> None:
    began = time.monotonic()
    stub.fault("CreateAccessKey", "slow", seconds=0.2)
    new_key(iam)
    assert time.monotonic() - began >= 0.2
    assert len(stub.keys(ann)) == 2
    fault = stub.fault("GetUser", "slow", seconds=1000)
    asking = threading.Thread(target=iam.get_user)
    asking.start()
    assert stub.wait_for("GetUser")[0].is_done
    fault.release.set()
    asking.join(30)
    assert not asking.is_alive()


def test_the_end_of_the_server_releases_what_hangs() -> None:
    with stub_iam() as stub:
        stub.fault("GetUser", "hang")
        iam = client(stub, "iam", stub.user("ann").key())

        def ask() -> None:
            with pytest.raises(ConnectionClosedError):
                iam.get_user()

        asking = threading.Thread(target=ask)
        asking.start()
        stub.wait_for("GetUser")
    asking.join()


def test_a_fault_is_of_certain_calls(stub: Stub, iam: Any) -> None:
    stub.fault("GetUser", "throttle", nth=2, times=2)
    assert [call_code(iam.get_user) for _ in range(5)] == ["", "Throttling", "Throttling", "", ""]
    stub.fault("*", "throttle", nth=2)
    assert [call_code(call) for call in (iam.get_user, iam.list_access_keys, iam.get_user)] == ["", "Throttling", ""]


def call_code(call: Callable[[], Any]) -> str:
    """Gives the code of a call, empty when it is well."""
    try:
        call()
    except ClientError as problem:
        return str(problem.response["Error"]["Code"])
    return ""


def test_hooks_run_before_and_after_the_effect(stub: Stub, ann: User, iam: Any) -> None:
    seen: list[tuple[str, bool, int]] = []

    def look(call: Call) -> None:
        seen.append((call.action, call.is_done, len(stub.keys(ann))))

    stub.fault("CreateAccessKey", before=look, after=look)
    new_key(iam)
    assert seen == [("CreateAccessKey", False, 1), ("CreateAccessKey", True, 2)]


KILLED = """
import sys, boto3
iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1",
                   aws_access_key_id=sys.argv[2], aws_secret_access_key=sys.argv[3])
print("ready", flush=True)
iam.create_access_key()
print("unreachable", flush=True)
"""


@pytest.mark.parametrize(("moment", "is_done"), [("before", False), ("after", True)])
def test_a_hook_kills_the_caller(stub: Stub, ann: User, key: Key, moment: str, is_done: bool) -> None:
    caller: list[int] = []
    kind: Kind = "none" if is_done else "drop"
    stub.fault("CreateAccessKey", kind, **{moment: lambda _: os.kill(caller[0], signal.SIGKILL)})  # type: ignore[arg-type]
    argv = [sys.executable, "-c", KILLED, stub.url, key.id, key.secret]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={}) as program:
        caller.append(program.pid)
        assert program.communicate(timeout=60)[0] == "ready\n"
        assert program.returncode == -signal.SIGKILL
    stub.wait_for("CreateAccessKey")
    assert len(stub.keys(ann)) == 1 + is_done


def test_a_hook_that_fails_is_told_at_the_end() -> None:
    with pytest.raises(ZeroDivisionError), stub_iam() as stub:
        stub.fault("GetUser", before=lambda call: 1 / 0)
        with pytest.raises(ConnectionClosedError):
            client(stub, "iam", stub.user("ann").key()).get_user()


# The log.


def test_every_call_is_in_the_log(stub: Stub, key: Key, iam: Any, sts: Any) -> None:
    sts.get_caller_identity()
    assert call_code(lambda: iam.get_user(UserName="nobody")) == "NoSuchEntity"
    assert stub.actions == ["GetCallerIdentity", "GetUser"]
    first, second = stub.calls()
    assert (first.number, first.service, first.status, first.code, first.is_done) == (1, "sts", 200, "", True)
    assert (second.number, second.service, second.status, second.is_done) == (2, "iam", 404, False)
    assert (second.key_id, second.parameters["UserName"]) == (key.id, "nobody")
    assert first.time <= second.time <= stub.now()
    assert stub.calls("GetUser") == [second]


def test_waiting_for_what_does_not_come_says_so(stub: Stub, iam: Any) -> None:
    iam.get_user()
    assert len(stub.wait_for("GetUser")) == 1
    with pytest.raises(AssertionError, match="2 calls of GetUser"):
        stub.wait_for("GetUser", 2, timeout=0.01)


def test_waiting_is_for_the_effect(stub: Stub, ann: User, iam: Any) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def pause(_: Call) -> None:
        arrived.set()
        go_on.wait()

    stub.fault("CreateAccessKey", before=pause)
    asking = threading.Thread(target=iam.create_access_key)
    asking.start()
    arrived.wait()
    assert len(stub.calls("CreateAccessKey")) == 1
    with pytest.raises(AssertionError):
        stub.wait_for("CreateAccessKey", timeout=0.01)
    go_on.set()
    assert stub.wait_for("CreateAccessKey")[0].is_done and len(stub.keys(ann)) == 2
    asking.join()


def test_calls_at_once_are_all_counted(stub: Stub, ann: User, iam: Any) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(call_code(iam.create_access_key))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(made) == [""] + ["LimitExceeded"] * 7
    assert len(stub.keys(ann)) == 2 and len(stub.wait_for("CreateAccessKey", 8)) == 8


def test_the_environment_points_programs_here(stub: Stub) -> None:
    assert stub.environment == {f"AWS_ENDPOINT_URL_{name}": stub.url for name in ("IAM", "STS", "SIGNIN")}
