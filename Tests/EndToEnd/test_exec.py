"""`awskeys exec` and `export`: a command gets what its profile answers with, and nothing else stands in its way."""

from __future__ import annotations

import html
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import MakeHome
from sessions import Roles, environment_of, role_arn
from stub_iam import Stub
from terminal import Terminal

OTHERS = {
    "AWS_PROFILE": "other",
    "AWS_DEFAULT_PROFILE": "other",
    "AWS_ACCESS_KEY_ID": "AKIAOTHEREXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "otherEXAMPLE",
    "AWS_SESSION_TOKEN": "otherEXAMPLE",
    "AWS_SECURITY_TOKEN": "otherEXAMPLE",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/other",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "otherEXAMPLE",
}


@pytest.fixture
def roles(make_home: MakeHome, stub: Stub) -> Roles:
    return Roles.make(make_home, stub)


def test_a_role_s_session_is_all_that_the_command_has(roles: Roles) -> None:
    found = environment_of(roles.home.run("exec", "admin", "--", "env", env=OTHERS))
    document = roles.document("admin")
    assert found["AWS_ACCESS_KEY_ID"] == document["AccessKeyId"]
    assert found["AWS_SECRET_ACCESS_KEY"] == document["SecretAccessKey"]
    assert found["AWS_SESSION_TOKEN"] == document["SessionToken"]
    assert found["AWS_CREDENTIAL_EXPIRATION"] == document["Expiration"]
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert found["AWSKEYS_PROFILE"] == "admin"
    assert not set(found) & (set(OTHERS) - {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})


def test_a_key_has_no_token_and_no_end(roles: Roles) -> None:
    found = environment_of(roles.home.run("exec", "dev", "--region", "sa-east-1", "--", "env", env=OTHERS))
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == (roles.key.id, roles.key.secret)
    assert "AWS_SESSION_TOKEN" not in found and "AWS_CREDENTIAL_EXPIRATION" not in found
    assert found["AWS_REGION"] == "sa-east-1"
    assert roles.stub.calls() == []


def test_a_duration_asks_for_new_credentials(roles: Roles) -> None:
    first = environment_of(roles.home.run("exec", "dev", "--duration", "1h", "--", "env"))
    second = environment_of(roles.home.run("exec", "dev", "--duration", "1h", "--", "env"))
    assert first["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert first["AWS_ACCESS_KEY_ID"] != second["AWS_ACCESS_KEY_ID"]
    environment_of(roles.home.run("exec", "admin", "--duration", "2h", "--", "env"))
    environment_of(roles.home.run("exec", "deep", "--duration", "2h", "--", "env"))
    asked = [(call.action, call.parameters.get("DurationSeconds")) for call in roles.stub.calls()]
    assert asked == [
        ("GetSessionToken", "3600"),
        ("GetSessionToken", "3600"),
        ("AssumeRole", "7200"),
        ("AssumeRole", None),
        # A role that was assumed with another one's session lives an hour at most.
        ("AssumeRole", "3600"),
    ]


def test_the_command_s_status_signals_and_limits_are_its_own(roles: Roles) -> None:
    shell = "ulimit -c; umask; exit 7"
    before = subprocess.run(["sh", "-c", shell], capture_output=True, text=True).stdout
    result = roles.home.run("exec", "dev", "--", "sh", "-c", shell)
    assert (result.status, result.stdout, result.stderr) == (7, before, "")
    assert roles.home.run("exec", "dev", "--", "sh", "-c", "kill -TERM $$").status == -signal.SIGTERM


def test_without_a_command_it_is_the_shell(roles: Roles) -> None:
    result = roles.home.run("exec", "dev", stdin="echo id=$AWS_ACCESS_KEY_ID", env={"SHELL": "/bin/sh"})
    assert result.done().stdout == f"id={roles.key.id}\n"


def test_what_can_t_be_started_is_named(roles: Roles) -> None:
    usual = {"PATH": "/usr/bin:/bin"}
    roles.home.run("exec", "dev", "--", "no-such-program", env=usual).failed(127, '"no-such-program"')
    roles.home.run("exec", "dev", "--", "/etc").failed(126, "permission denied")
    roles.home.run("exec", "nobody", "--", "env").failed(66, 'no profile "nobody"')


def test_ctrl_c_reaches_the_command(roles: Roles) -> None:
    forever = "trap 'echo caught; exit 3' INT; echo on; while :; do sleep 0.1; done"
    terminal = Terminal(roles.home, "exec", "admin", "--", "sh", "-c", forever)
    terminal.wait_for("on")
    terminal.child.sendintr()
    terminal.wait_for("caught")
    assert terminal.ends() == 3


def test_sessions_are_exported_as_the_aws_cli_exports_them(roles: Roles) -> None:
    document = roles.document("admin")
    id, secret, token, end = (document[each] for each in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))
    variables = {
        "AWS_ACCESS_KEY_ID": id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
        "AWS_CREDENTIAL_EXPIRATION": end,
    }

    def export(format: str) -> str:
        return roles.home.run("export", "admin", "--format", format).done().stdout

    assert json.loads(export("process")) == document
    assert json.loads(export("json")) == {key: document[key] for key in document if key != "Version"}
    assert export("env") == "".join(f"export {name}='{value}'\n" for name, value in variables.items())
    assert export("env-no-export") == "".join(f"{name}={value}\n" for name, value in variables.items())
    shown = subprocess.run(["sh", "-c", export("env") + "env"], capture_output=True, text=True, env={})
    assert {line for line in shown.stdout.splitlines() if line.startswith("AWS")} == {
        f"{name}={value}" for name, value in variables.items()
    }
    roles.home.run("export", "admin", "--to-file", "session.ini").done()
    written = (roles.home.path / "session.ini").read_text()
    assert written == f"[admin]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n"


def test_whoami_says_whose_credentials_they_are(roles: Roles) -> None:
    assert roles.arn("dev") == roles.user.arn
    assert roles.arn("deep") == role_arn("deep")
    result = roles.home.run("whoami", env={"AWS_PROFILE": "admin"}).done()
    assert result.stdout.startswith(role_arn("admin") + "\naccount 123456789012, key ASIA…")


def test_whoami_is_whom_the_shell_s_programs_are(roles: Roles) -> None:
    awskeys = str(roles.home.folder / "awskeys")
    inside = json.loads(roles.home.run("exec", "admin", "--", awskeys, "whoami", "--json").done().stdout)
    assert inside["arn"] == role_arn("admin") and "profile" not in inside and inside["expiration"]
    assert roles.calls == ["AssumeRole"]
    served = roles.home.run("exec", "admin", "--server", "--", awskeys, "whoami", "--json").done()
    assert json.loads(served.stdout)["profile"] == "admin"
    assert roles.home.run("whoami", env={"AWS_DEFAULT_PROFILE": "admin", "AWS_PROFILE": "dev"}).done().stdout.startswith(
        role_arn("admin")
    )


def test_half_a_key_in_the_environment_is_named(roles: Roles) -> None:
    roles.home.run("whoami", env={"AWS_ACCESS_KEY_ID": roles.key.id}).failed(78, "AWS_SECRET_ACCESS_KEY")


def test_a_key_has_no_duration_and_a_session_of_it_does(roles: Roles) -> None:
    roles.home.run("export", "dev", "--no-session", "--duration", "1h").failed(64, "--no-session")
    # Also where no line asks for it any more.
    roles.home.config.write_text("")
    roles.home.credentials.write_text("")
    assert json.loads(roles.home.run("export", "dev", "--duration", "1h").done().stdout)["SessionToken"]
    told = roles.home.run("exec", "dev", "--server", "--", "echo", "ran").done()
    assert told.stdout == "ran\n"


def test_the_command_of_a_profile_with_a_program_has_no_variables_more(roles: Roles) -> None:
    document = json.dumps({"Version": 1, "AccessKeyId": roles.key.id, "SecretAccessKey": roles.key.secret})
    file = roles.home.path / "document"
    file.write_text(document)
    with roles.home.config.open("a") as config:
        config.write(f"\n[profile program]\ncredential_process = cat {file}\n")
    variables = environment_of(roles.home.run("exec", "program", "--", "env"))
    assert variables["AWSKEYS_PROFILE"] == "program" and "AWSKEYS_UNDER_WAY" not in variables


def test_a_file_has_one_format(roles: Roles) -> None:
    file = roles.home.path / "exported"
    for option in (["--format", "env"], ["--reveal"]):
        roles.home.run("export", "dev", "--to-file", str(file), *option).failed(64, "--to-file", hint=False)
    assert not file.exists()


def test_login_gives_the_console_a_role_s_session(roles: Roles) -> None:
    result = roles.home.run("login", "admin", "--destination", "s3").done()
    url = result.stdout.strip()
    assert url.startswith(roles.stub.url + "/federation?Action=login&")
    assert "Destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Dus-east-1" in url
    assert "SigninToken=" in url and "getSigninToken" in roles.stub.actions
    roles.home.run("login", "dev").failed(78, "session of a role")


def test_bad_durations_and_codes_are_usage_errors(roles: Roles) -> None:
    for arguments in (["--duration", "5m"], ["--duration", "2d"], ["--mfa-token", "12345"], ["--mfa-token", "abcdef"]):
        result = roles.home.run("exec", "admin", *arguments, "--", "env")
        assert (result.status, result.stdout) == (64, ""), result
    assert roles.stub.calls() == []


def test_a_locked_store_is_named(roles: Roles) -> None:
    roles.home.forget_passphrase()
    roles.home.run("lock").done()
    roles.home.run("exec", "admin", "--", "echo", "ran").failed(77, "locked")


def install_browser(roles: Roles, folder: Path, script: str) -> None:
    """Puts a script into PATH that is given the page."""
    opener = folder / "bin" / "xdg-open"
    opener.parent.mkdir(exist_ok=True)
    opener.write_text(f"#!/bin/sh\n{script}\n")
    opener.chmod(0o755)
    roles.home.env["PATH"] = f"{opener.parent}:{roles.home.env['PATH']}"


def test_login_opens_a_page_that_nobody_else_can_read(roles: Roles, tmp_path: Path) -> None:
    script = f'stat -c %a "$1" > {tmp_path}/mode; cat "$1" > {tmp_path}/page; echo "$1" > {tmp_path}/path'
    install_browser(roles, tmp_path, script)
    result = roles.home.run("login", "admin", "--open").done()
    assert (result.stdout, result.stderr) == ("", "opening the console in your browser\n")
    page = html.unescape((tmp_path / "page").read_text())
    assert f"url={roles.stub.url}/federation?Action=login&Destination=https%3A%2F%2Fconsole.aws.amazon.com" in page
    assert "&SigninToken=" in page and (tmp_path / "mode").read_text() == "600\n"
    assert not Path((tmp_path / "path").read_text().strip()).exists()
    install_browser(roles, tmp_path, "exit 3")
    roles.home.run("login", "admin", "--open").failed(69, "no browser")


def test_login_leaves_no_page_behind(roles: Roles, tmp_path: Path) -> None:
    # A browser in the foreground.
    install_browser(roles, tmp_path, 'echo "page $1" >/dev/tty; while [ -e "$1" ]; do sleep 0.1; done')
    terminal = Terminal(roles.home, "login", "admin", "--open")
    terminal.wait_for(r"page [^\r\n]+html\r\n")
    page = Path(terminal.seen.split("page ")[1].strip())
    assert page.exists()
    terminal.child.sendintr()
    assert terminal.ends() == -signal.SIGINT
    assert not page.exists()


@pytest.mark.timeout(120)
def test_a_browser_in_the_foreground_is_none_that_failed(roles: Roles, tmp_path: Path) -> None:
    install_browser(roles, tmp_path, f'echo $$ > {tmp_path}/number; echo "$1" > {tmp_path}/path; exec sleep 100')
    result = roles.home.run("login", "admin", "--open").done()
    assert result.stderr == "opening the console in your browser\n"
    assert not Path((tmp_path / "path").read_text().strip()).exists()
    # It stays.
    os.kill(int((tmp_path / "number").read_text()), signal.SIGTERM)


def test_names_that_older_sdks_know_are_taken_out(roles: Roles) -> None:
    theirs = {name: "EXAMPLE" for name in ("AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_ACCOUNT_ID")}
    assert not theirs.keys() & environment_of(roles.home.run("exec", "dev", "--", "env", env=theirs)).keys()
