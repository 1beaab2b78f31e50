"""`awskeys exec --server`: programs that run for long fetch credentials again and again, and nobody else can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import programs
from calling_clients import CLIS
from conftest import MakeHome
from fake_keys import SEED
from sessions import Roles, environment_of, role_arn
from stub_faults import Call
from stub_iam import Stub

# Calls whenever a line comes in, and says as whom.
CALLER = """
import sys
import boto3
sts = boto3.client("sts")
for line in sys.stdin:
    print(sts.get_caller_identity()["Arn"], boto3.DEFAULT_SESSION.get_credentials().get_frozen_credentials().access_key, flush=True)
"""


@pytest.fixture
def roles(make_home: MakeHome, stub: Stub) -> Roles:
    return Roles.make(make_home, stub)


def start(roles: Roles, *command: str, profile: str = "admin") -> subprocess.Popen[str]:
    """Starts a command beside a server."""
    argv = [str(roles.home.folder / programs.AWSKEYS), "exec", profile, "--server", "--", *command]
    return subprocess.Popen(
        argv,
        env=roles.home.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def server_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Gives the address and the token that a command which prints its environment was given."""
    assert process.stdout
    found = dict(line.rstrip().split("=", 1) for line in iter(process.stdout.readline, "end\n") if "=" in line)
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} & set(found)
    return found["AWS_CONTAINER_CREDENTIALS_FULL_URI"], found["AWS_CONTAINER_AUTHORIZATION_TOKEN"]


def get(url: str, headers: dict[str, str], method: str = "GET") -> tuple[int, bytes]:
    """Asks the server, as any program on this machine could."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers, method=method), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def test_only_who_knows_the_token_and_asks_this_address_is_answered(roles: Roles) -> None:
    process = start(roles, "sh", "-c", "env; echo end; cat")
    url, token = server_of(process)
    status, body = get(url, {"Authorization": token})
    document = json.loads(body)
    assert status == 200 and set(document) == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    assert document["AccessKeyId"] == roles.document("admin")["AccessKeyId"]
    wrong = [
        {},
        {"Authorization": ""},
        {"Authorization": token[:-1]},
        {"Authorization": token + "0"},
        {"Authorization": token.upper()},
        {"Authorization": "Bearer " + token},
        {"Authorization": token, "Host": "example.com"},
        {"Authorization": token, "Host": "localhost:" + url.rsplit(":", 1)[1].rstrip("/")},
        {"Authorization": token, "Host": "127.0.0.1"},
    ]
    for headers in wrong:
        assert get(url, headers) == (403, b""), headers
    assert get(url + "other", {"Authorization": token})[0] == 404
    assert get(url, {"Authorization": token}, "POST")[0] == 404
    process.communicate(timeout=30)
    with pytest.raises(OSError):
        get(url, {"Authorization": token})


def test_the_server_ends_with_the_command_however_that_ends(roles: Roles) -> None:
    process = start(roles, "sh", "-c", "env; echo end; cat")
    url, token = server_of(process)
    process.kill()
    process.wait()
    # The kernel ends the server; its port is free once it is gone.
    for _ in range(1000):
        try:
            get(url, {"Authorization": token})
        except OSError:
            break
    else:
        raise AssertionError("the server outlived its command")


def test_boto3_goes_on_over_two_renewals(roles: Roles) -> None:
    # Sessions that are over as soon as SDKs have looked at them, so that each call needs a new one.
    roles.stub.role("admin").lifetime = 2
    process = start(roles, sys.executable, "-c", CALLER)
    assert process.stdin and process.stdout
    periods = set()
    for _ in range(3):
        process.stdin.write("go\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line.startswith(role_arn("admin")), line
        periods.add(len(roles.stub.calls("AssumeRole")))
        roles.stub.expire_sessions()
        roles.home.run("sessions", "clear").done()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(periods) == 3, "each period had a session of its own"


@pytest.mark.parametrize("client", CLIS)
def test_the_aws_cli_goes_on_over_two_renewals(roles: Roles, client: str) -> None:
    """In one process, which asks once a second for a user who is made when three sessions have been seen."""
    if not os.access(CLIS[client], os.X_OK):
        pytest.skip(f"there is no {client}")
    role = roles.stub.role("admin")
    role.lifetime = 2
    role.allowed = {"GetUser"}

    def make_the_user(call: Call) -> None:
        if len({call.key_id for call in roles.stub.calls("GetUser")}) == 3:
            roles.stub.user("late")

    roles.stub.fault("GetUser", times=1000, after=make_the_user)
    # Debian's v2 is older than AWS_ENDPOINT_URL.
    wait = ["iam", "wait", "user-exists", "--user-name", "late", "--endpoint-url", roles.stub.url]
    process = start(roles, str(CLIS[client]), "--region", "us-east-1", *wait)
    process.communicate(timeout=120)
    assert process.returncode == 0
    calls = roles.stub.calls("GetUser")
    assert len({call.key_id for call in calls}) >= 3
    assert {call.code for call in calls} == {"NoSuchEntity", ""}, "and none too late"


def test_the_store_stays_unlocked_for_it_until_somebody_locks_it(roles: Roles) -> None:
    passphrase = dict(roles.home.env)
    roles.home.run("unlock", "--for", "4s").done()
    roles.home.forget_passphrase()
    process = start(roles, "sh", "-c", "env; echo end; cat")
    url, token = server_of(process)
    # It would have locked by itself twice, and what is looked at is that nothing happens.
    time.sleep(9)
    roles.home.run("sessions", "clear").done()
    assert get(url, {"Authorization": token})[0] == 200
    roles.home.run("lock").done()
    status, body = get(url, {"Authorization": token})
    assert status == 503 and "awskeys unlock" in json.loads(body)["message"], body
    roles.home.run("unlock", env=passphrase).done()
    assert get(url, {"Authorization": token})[0] == 200
    process.communicate(timeout=30)


def test_a_key_is_served_as_a_session(roles: Roles) -> None:
    process = start(roles, "sh", "-c", "env; echo end; cat", profile="dev")
    url, token = server_of(process)
    document = json.loads(get(url, {"Authorization": token})[1])
    assert document["AccessKeyId"].startswith("ASIA") and document["Token"]
    assert roles.calls == ["GetSessionToken"]
    process.communicate(timeout=30)


@pytest.mark.parametrize("option", [["--duration", "15m"], ["--no-session"]])
def test_a_code_for_each_renewal_is_asked_of_nobody(roles: Roles, option: list[str]) -> None:
    roles.user.mfa_codes |= {"123456"}
    roles.user.mfa_seed = SEED
    careful = ["exec", "careful", "--server", *option]
    for code in ([], ["--mfa-token", "123456"]):
        roles.home.run(*careful, *code, "--", "echo", "ran").failed(64, "each time")
    assert roles.calls == []
    # A sealed seed gives one each time.
    roles.home.run("mfa", "add", "careful", "--yes", stdin=SEED).done()
    assert roles.home.run(*careful, "--", "echo", "ran").done().stdout == "ran\n"


def test_what_can_t_be_had_fails_before_the_command_runs(roles: Roles) -> None:
    roles.home.run("exec", "careful", "--server", "--", "echo", "ran").failed(77, "code")
    roles.home.run("exec", "nobody", "--server", "--", "echo", "ran").failed(66, "nobody")


def test_a_failed_renewal_is_told_to_the_program(roles: Roles) -> None:
    process = start(roles, "sh", "-c", "env; echo end; cat")
    url, token = server_of(process)
    roles.home.run("sessions", "clear").done()
    roles.stub.fault("AssumeRole", "deny", times=100)
    status, body = get(url, {"Authorization": token})
    assert status == 503 and json.loads(body)["code"] == "CredentialsUnavailable"
    assert "AssumeRole" in json.loads(body)["message"]
    process.communicate(timeout=30)


def test_the_token_is_in_no_command_line(roles: Roles) -> None:
    process = start(roles, "sh", "-c", "env; echo end; cat")
    _, token = server_of(process)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            assert token.encode() not in (folder / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    process.communicate(timeout=30)
    assert environment_of(roles.home.run("exec", "admin", "--", "env")) and os.getpid()


def test_a_default_profile_is_not_taken_before_the_server(make_home: MakeHome, stub: Stub) -> None:
    roles = Roles.make(make_home, stub)
    other = stub.user("other").key()
    roles.home.credentials.write_text(f"[default]\n{other.lines()}\nregion = eu-west-3\n")
    process = start(roles, sys.executable, "-c", CALLER)
    assert process.communicate("go\n", timeout=60)[0].startswith(role_arn("admin"))
    # And where it leaves the answer to awskeys itself.
    roles.home.run("import", "--yes").done()
    # The files that SDKs don't see are there for awskeys.
    inside = "awskeys whoami && awskeys whoami deep && echo $AWS_CONFIG_FILE"
    roles.home.env["PATH"] = f"{roles.home.folder}:{roles.home.env['PATH']}"
    told = roles.home.run("exec", "admin", "--server", "--", "sh", "-c", inside).done().stdout
    assert role_arn("admin") in told and role_arn("deep") in told and told.endswith("/dev/null\n")
    process = start(roles, sys.executable, "-c", CALLER)
    assert process.communicate("go\n", timeout=60)[0].startswith(role_arn("admin"))
