"""Sessions where something is in the way: killed programs, an STS that doesn't answer, folders that can't be written."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from conftest import MakeHome
from programs import Result
from sessions import ACCOUNT, SERIAL, Roles, end_of, nobody_listens, role_arn
from stub_faults import Call
from stub_iam import Stub, stub_iam
from tracing import STRACE, course, killed_at

# What awskeys takes at most, and a few seconds for a machine that is busy: Go's SDK gives a program 60.
LIMIT = 59.0


@pytest.fixture
def roles(make_home: MakeHome, stub: Stub) -> Roles:
    return Roles.make(make_home, stub)


def session_files(roles: Roles) -> list[Path]:
    return sorted((roles.home.path / ".cache/awskeys/sessions").glob("[0-9a-f]*"))


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_during_a_call_the_next_one_is_served(roles: Roles, number: int, moment: str) -> None:
    running: list[subprocess.Popen[bytes]] = []
    has_started = threading.Event()

    def kill(call: Call) -> None:
        assert has_started.wait(30)
        running[0].kill()

    roles.stub.fault("AssumeRole", "none", nth=number, **{moment: kill})  # type: ignore[arg-type]
    running.append(subprocess.Popen([roles.home.helper, "deep"], env=roles.home.env, stdout=subprocess.DEVNULL))
    has_started.set()
    assert running[0].wait(timeout=60) == -signal.SIGKILL
    assert roles.document("deep", "fast")["AccessKeyId"].startswith("ASIA")
    assert roles.arn("deep") == role_arn("deep")


@pytest.mark.skipif(not STRACE, reason="there is no strace")
def test_killed_at_each_write_of_a_session_the_next_one_is_served(roles: Roles, tmp_path: Path) -> None:
    argv = [str(roles.home.folder / "awskeys"), "credential-process", "admin"]
    result, calls = course(argv, roles.home.env, tmp_path / "log", "openat")
    result.done()
    first = calls.first("/.cache", "awskeys/sessions")
    kills = 0
    for number in range(first, len(calls.calls) + 1):
        if not any(each in calls.calls[number - 1] for each in ("sessions", "rename", "fsync", "write(", "unlink")):
            continue
        for file in session_files(roles):
            file.unlink()
        killed = killed_at(number, calls, argv, roles.home.env)
        kills += killed.status == -signal.SIGKILL
        assert roles.document("admin")["AccessKeyId"].startswith("ASIA"), calls.calls[number - 1]
    assert kills >= 5


def test_stopped_it_keeps_nobody_waiting(roles: Roles) -> None:
    fault = roles.stub.fault("AssumeRole", "hang")
    process = subprocess.Popen([roles.home.helper, "admin"], env=roles.home.env, stdout=subprocess.DEVNULL)
    try:
        assert fault.met.wait(30)
        process.send_signal(signal.SIGSTOP)
        assert roles.document("admin", "fast")["AccessKeyId"].startswith("ASIA")
    finally:
        process.kill()
        process.wait()


TROUBLES: dict[str, tuple[int, str]] = {
    "down": (69, "cannot reach 127.0.0.1"),
    "hang": (69, "cannot reach 127.0.0.1"),
    "garble": (69, "not AWS's"),
    "throttle": (75, "Throttling"),
    "error500": (75, "for now"),
    "deny": (77, "sts:AssumeRole"),
    # It is slow, and answers in the end.
    "slow": (0, ""),
}


def test_each_trouble_of_sts_has_its_text_its_code_and_its_end(roles: Roles) -> None:
    """All at once, since some of them take as long as anything may."""
    found: dict[str, tuple[Result, float]] = {}

    def ask(trouble: str) -> None:
        with stub_iam() as sts:
            # Drawn as the first one was.
            assert sts.user("ann").key() == roles.key
            env = sts.environment if trouble != "down" else {"AWS_ENDPOINT_URL_STS": nobody_listens()}
            if trouble != "down":
                sts.fault("AssumeRole", trouble, times=1000, seconds=30)  # type: ignore[arg-type]
            sts.role(trouble)
            begun = time.monotonic()
            result = roles.home.run("credential-process", f"for-{trouble}", env=env, timeout=LIMIT)
            found[trouble] = (result, time.monotonic() - begun)

    roles.home.config.write_text(
        roles.home.config.read_text()
        + "".join(
            f"[profile for-{each}]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/{each}\nsource_profile = dev\n"
            for each in TROUBLES
        )
    )
    threads = [threading.Thread(target=ask, args=(each,)) for each in TROUBLES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for trouble, (status, text) in TROUBLES.items():
        result, seconds = found[trouble]
        assert seconds < LIMIT, (trouble, result, seconds)
        if status:
            result.failed(status, text)
            assert f"for-{trouble}" in result.stderr, result
        else:
            assert json.loads(result.done().stdout)["AccessKeyId"].startswith("ASIA")


def test_a_person_is_told_who_is_waited_for(roles: Roles) -> None:
    roles.stub.fault("AssumeRole", "slow", seconds=2)
    told = roles.home.run("whoami", "admin").done()
    assert told.stderr == 'awskeys: asking STS for the session of "admin"\n'
    assert roles.home.run("whoami", "admin").done().stderr == ""
    # Programs are told nothing.
    roles.home.run("sessions", "clear").done()
    roles.stub.fault("AssumeRole", "slow", seconds=2)
    assert roles.document("admin", "fast")["AccessKeyId"].startswith("ASIA")


def test_a_session_is_served_until_its_true_end(roles: Roles) -> None:
    role = roles.stub.role("admin")
    role.lifetime = 9
    first = roles.document("admin")
    roles.stub.fault("AssumeRole", "deny", times=1000)
    while len(roles.stub.calls("AssumeRole")) < 2:
        # From two thirds of its life on, each call tries to renew it.
        assert roles.document("admin", "fast") == first
        time.sleep(0.2)
    assert roles.stub.now() < end_of(first)
    told = roles.home.run("whoami", "admin").done()
    assert "could not renew the session" in told.stderr
    while roles.stub.now() <= end_of(first):
        time.sleep(0.05)
    roles.home.resolve("admin").failed(77, "sts:AssumeRole")


@pytest.mark.parametrize("folder", ["/proc", "/dev/null", "nowhere"])
def test_where_nothing_can_be_kept_it_is_got_each_time(roles: Roles, folder: str) -> None:
    roles.home.env["XDG_CACHE_HOME"] = folder if folder != "nowhere" else str(roles.home.path / "a/b/c")
    for _ in range(2):
        assert roles.document("admin", "fast")["AccessKeyId"].startswith("ASIA")
    assert len(roles.calls) == (1 if folder == "nowhere" else 2)


def test_damaged_files_are_replaced(roles: Roles) -> None:
    first = roles.document("admin")
    [file] = session_files(roles)
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole + b"x", b"x" * len(whole), whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        file.write_bytes(damaged)
        assert roles.document("admin", "fast")["AccessKeyId"] != first["AccessKeyId"]
        assert session_files(roles) == [file] and file.read_bytes() != damaged


def test_changed_settings_make_a_new_session_and_other_changes_do_not(roles: Roles) -> None:
    first = roles.document("admin")
    roles.home.config.write_text(roles.home.config.read_text() + "\n# note\n")
    assert roles.document("admin", "fast") == first
    roles.home.config.write_text(roles.home.config.read_text().replace("region = eu-west-1", "role_session_name = other"))
    second = roles.document("admin", "fast")
    assert second["AccessKeyId"] != first["AccessKeyId"]
    assert roles.arn("admin") == role_arn("admin", "other")


def test_another_sts_is_another_session(roles: Roles) -> None:
    first = roles.document("admin")
    roles.home.run(
        "credential-process", "admin", env={"AWS_ENDPOINT_URL_STS": nobody_listens()}
    ).failed(69, "cannot reach")
    assert roles.document("admin", "fast") == first


def test_a_kept_session_that_aws_knows_no_more_is_got_anew(roles: Roles) -> None:
    roles.document("admin")
    roles.stub.expire_sessions()
    assert roles.arn("deep") == role_arn("deep")
    assert roles.calls == ["AssumeRole", "AssumeRole", "AssumeRole", "AssumeRole"]
    # One that was just got and isn't taken, is not got again and again.
    roles.home.run("sessions", "clear").done()
    roles.stub.fault("AssumeRole", after=lambda call: roles.stub.expire_sessions())
    roles.home.run("whoami", "deep").failed(69, "ExpiredToken", "clock")
    assert len(roles.calls) == 6


def program(roles: Roles, words: str) -> None:
    """Lets the key's profile have a program in the place of its key."""
    config = roles.home.config.read_text().replace("[profile admin]\n", "[profile admin]\nunused = 1\n")
    roles.home.config.write_text(
        config.replace("source_profile = dev", "source_profile = program")
        + f"\n[profile program]\ncredential_process = {words}\n"
    )


@pytest.mark.parametrize("asked", ["admin", "deep"])
def test_a_program_that_asks_for_the_session_it_is_run_for_ends(roles: Roles, asked: str) -> None:
    program(roles, f"{roles.home.helper} {asked}")
    result = roles.home.run("whoami", "deep")
    # The program says so, which is awskeys too; waiting for its own end, it would say something else.
    assert f'the session of "{asked}" is got with a program that asks for this' in result.stderr, result
    assert result.status == 69 and '"program" gave no credentials' in result.stderr and roles.calls == []


def test_a_program_that_gives_codes_and_asks_for_the_session_ends(roles: Roles) -> None:
    config = roles.home.config.read_text()
    for asked in ("careful", "cautious"):
        command = f"{roles.home.helper} {asked}"
        roles.home.config.write_text(
            config.replace("[profile careful]\n", f"[profile careful]\nmfa_process = {command}\n").replace(
                "[profile cautious]\n", f"[profile cautious]\nmfa_process = {command}\n"
            )
        )
        result = roles.home.run("whoami", "careful")
        assert "asks for this session itself" in result.stderr and result.status == 77, result
    assert roles.calls == []


def test_a_program_may_ask_another_store_for_a_profile_of_the_same_name(roles: Roles, make_home: MakeHome) -> None:
    other = make_home("other", config="", credentials=f"[admin]\n{roles.key.lines()}\n")
    other.run("import", "--sessions", "--yes").done()
    names = ("HOME", "AWSKEYS_PASSPHRASE_FILE")
    variables = " ".join(f"{name}={other.env[name]}" for name in names)
    program(roles, f"env {variables} {roles.home.helper} admin")
    # That one's session of the same name is looked for and got meanwhile, and roles can be assumed with it.
    assert roles.arn("admin") == role_arn("admin")
    assert roles.calls == ["GetSessionToken", "AssumeRole"]


def test_what_a_program_leaves_behind_may_ask_once_that_has_ended(roles: Roles, tmp_path: Path) -> None:
    file = roles.home.path / "document"
    document = {"Version": 1, "AccessKeyId": roles.key.id, "SecretAccessKey": roles.key.secret}
    file.write_text(json.dumps(document))
    go, done = tmp_path / "go", tmp_path / "done"
    for pipe in (go, done):
        subprocess.run(["mkfifo", pipe], check=True)
    script = tmp_path / "program"
    later = f"touch {tmp_path}/once; cat {go} >/dev/null; {roles.home.helper} admin"
    script.write_text(f"#!/bin/sh\n[ -e {tmp_path}/once ] || ({later}) >{done} 2>&1 &\ncat {file}\n")
    script.chmod(0o755)
    program(roles, str(script))
    with subprocess.Popen(["cat", done], stdout=subprocess.PIPE, text=True) as reader:
        assert roles.arn("admin") == role_arn("admin")
        roles.home.run("sessions", "clear").done()
        go.write_text("")
        assert reader.stdout
        assert json.loads(reader.stdout.read())["AccessKeyId"].startswith("ASIA")


@pytest.mark.parametrize("setting", ["credential_process", "mfa_process"])
def test_a_command_that_begins_with_a_secret_isn_t_shown(roles: Roles, setting: str) -> None:
    program(roles, "PASSWORD=hush /bin/false")
    config = roles.home.config.read_text()
    if setting == "mfa_process":
        config = config.replace("[profile careful]\n", "[profile careful]\nmfa_process = PIN='hush hush' false\n")
        roles.home.config.write_text(config.replace("source_profile = program\nmfa", "source_profile = dev\nmfa"))
    result = roles.home.run("whoami", "careful" if setting == "mfa_process" else "program")
    assert result.status in (69, 77) and f"`{setting}`" in result.stderr and "hush" not in result.stderr, result


def test_a_program_runs_once_for_a_role_and_its_code(roles: Roles) -> None:
    runs = roles.home.path / "runs"
    file = roles.home.path / "document"
    document = {"Version": 1, "AccessKeyId": roles.key.id, "SecretAccessKey": roles.key.secret}
    file.write_text(json.dumps(document))
    script = roles.home.path / "program"
    script.write_text(f"#!/bin/sh\necho run >>{runs}\ncat {file}\n")
    script.chmod(0o755)
    program(roles, str(script))
    roles.user.mfa_codes |= {"123456"}
    assert roles.arn("careful", "--mfa-token", "123456") == role_arn("careful")
    assert runs.read_text() == "run\n"


def test_a_code_outlives_the_dead_session_that_it_went_with(roles: Roles) -> None:
    source = "source_profile = admin\n"
    roles.home.config.write_text(roles.home.config.read_text().replace(source, f"{source}mfa_serial = {SERIAL}\n"))
    roles.document("admin")
    roles.stub.expire_sessions()
    # A role's session has no device, and AWS says so, with the code that was asked for once.
    roles.home.run("whoami", "deep", "--mfa-token", "123456").failed(77, "MultiFactorAuthentication")
    codes = [call.parameters.get("TokenCode") for call in roles.stub.calls("AssumeRole")]
    assert codes == [None, "123456", None, "123456"]


def test_credentials_of_a_program_that_have_ended_are_none(roles: Roles) -> None:
    document = {"Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "x", "SessionToken": "x"}
    file = roles.home.path / "document"
    file.write_text(json.dumps(document | {"Expiration": "2020-01-01T00:00:00Z"}))
    program(roles, f"cat {file}")
    for profile in ("program", "admin"):
        roles.home.run("export", profile).failed(69, '"program"', "have ended")
    file.write_text(json.dumps(document | {"Expiration": "2099-01-01T00:00:00Z"}))
    assert json.loads(roles.home.run("export", "program").done().stdout)["AccessKeyId"] == "ASIAEXAMPLE"
    roles.home.run("export", "program", "--duration", "1h").failed(64, "how long", hint=True)


def test_a_locked_store_gives_no_session(roles: Roles) -> None:
    roles.document("admin")
    roles.home.forget_passphrase()
    roles.home.run("lock").done()
    roles.home.resolve("admin").failed(77, "locked")
    for file in session_files(roles):
        assert json.dumps(roles.key.secret).encode() not in file.read_bytes() and b"ASIA" not in file.read_bytes()
