"""Real clients and a real STS (moto, signatures enforced): every profile resolves through awskeys and calls."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from calling_clients import CLIS
from conftest import MakeHome
from fake_keys import Key
from home import Home
from moto_server import Moto
from programs import run
from sessions import SERIAL, Roles, nobody_listens, role_arn
from stub_iam import Stub

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}'
CONFIG = """[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = dev

[profile deep]
role_arn = arn:aws:iam::123456789012:role/deep
source_profile = admin
role_session_name = a-name
duration_seconds = 900

[profile outside]
role_arn = arn:aws:iam::123456789012:role/outside
source_profile = program

[profile program]
credential_process = cat PROGRAM
"""
WANTED = {
    "dev": "arn:aws:iam::123456789012:user/ann-of-sessions",
    "admin": role_arn("admin"),
    "deep": role_arn("deep", "a-name"),
    "outside": role_arn("outside"),
}
BOTO3 = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
RUBY = """
require "aws-sdk-core"
puts Aws::STS::Client.new(endpoint: ENV["AWS_ENDPOINT_URL_STS"], region: "us-east-1").get_caller_identity.arn
"""


CLIENTS = pytest.mark.parametrize("client", ["boto3", "ruby", *CLIS])


def call(home: Home, url: str, client: str, profile: str) -> str:
    """Lets a client call GetCallerIdentity with a profile, and gives its answer."""
    # Debian's AWS CLI v2 is older than AWS_ENDPOINT_URL.
    wanted = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--endpoint-url", url]
    if client in CLIS:
        if not os.access(CLIS[client], os.X_OK):
            pytest.skip(f"there is no {client}")
        command = [str(CLIS[client]), *wanted]
    elif client == "ruby":
        if not shutil.which("ruby"):
            pytest.skip("there is no ruby")
        command = ["ruby", "-e", RUBY]
    else:
        command = [sys.executable, "-c", BOTO3]
    result = run(command, home.env | {"AWS_PROFILE": profile, "AWS_PAGER": ""}, timeout=120)
    return result.done().stdout.strip()


@pytest.fixture(scope="module")
def account(moto: Moto) -> Key:
    """A user whose roles there are."""
    key = moto.user_with_key("ann-of-sessions")
    moto.enforce(False)
    iam = boto3.client(
        "iam", endpoint_url=moto.url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    for name in ("admin", "deep", "outside"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=POLICY)
    moto.enforce(True)
    return key


@pytest.fixture
def home(make_home: MakeHome, moto: Moto, account: Key, tmp_path: Path) -> Home:
    """A home whose roles are adopted."""
    program = tmp_path / "credentials.json"
    program.write_text(json.dumps({"Version": 1, "AccessKeyId": account.id, "SecretAccessKey": account.secret}))
    home: Home = make_home(config=CONFIG.replace("PROGRAM", str(program)), credentials=f"[dev]\n{account.lines()}\n")
    home.import_all()
    home.run("unlock", "--for", "8h").done()
    home.env |= {
        "AWS_ENDPOINT_URL_STS": moto.url,
        "AWS_ENDPOINT_URL_IAM": moto.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_STS_REGIONAL_ENDPOINTS": "legacy",
    }
    home.run("adopt", "admin", "deep", "outside", "--yes").done()
    return home


@CLIENTS
def test_a_client_calls_as_every_profile(home: Home, moto: Moto, client: str) -> None:
    assert {profile: call(home, moto.url, client, profile) for profile in WANTED} == WANTED


@CLIENTS
def test_a_client_calls_with_a_user_s_session_and_with_a_code(make_home: MakeHome, stub: Stub, client: str) -> None:
    """Sessions of users that moto makes don't work, so this is against the tests' own STS."""
    roles = Roles.make(make_home, stub)
    roles.user.mfa_codes |= {"123456"}
    roles.home.run("adopt", "dev", "admin", "careful", "--yes").done()
    roles.home.run("whoami", "careful", "--mfa-token", "123456").done()
    wanted = {"dev": roles.user.arn, "admin": role_arn("admin"), "careful": role_arn("careful")}
    assert {profile: call(roles.home, stub.url, client, profile) for profile in wanted} == wanted
    calls = stub.calls("GetCallerIdentity")
    assert len(calls) == 4 and all(each.key_id.startswith("ASIA") for each in calls)


def test_terraform_s_and_kotlin_s_ways_are_served_by_the_line_alone(home: Home) -> None:
    """They read `credential_process` with a shell, and take nothing without a session token."""
    for profile in ("admin", "deep", "outside"):
        line = home.config.read_text().split(f"[profile {profile}]", 1)[1]
        command = line.split("credential_process = ", 1)[1].splitlines()[0]
        done = subprocess.run(["sh", "-c", command], env=home.env, capture_output=True, text=True)
        document = json.loads(done.stdout)
        assert set(document) == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}


def test_both_lanes_give_one_answer(home: Home) -> None:
    for profile in ("admin", "deep", "outside"):
        slow = home.run("credential-process", profile).done()
        assert home.resolve(profile).done().stdout == slow.stdout


def test_given_back_sdks_follow_the_roles_themselves(home: Home, moto: Moto) -> None:
    home.run("adopt", "--undo", "admin", "deep", "outside", "--yes").done()
    assert "botocore-session" in call(home, moto.url, "boto3", "admin")
    for profile in ("admin", "deep", "outside"):
        assert json.loads(home.run("export", profile).done().stdout)["SessionToken"]


def test_a_program_that_asks_awskeys_for_its_own_profile_ends(home: Home) -> None:
    helper = home.helper
    home.config.write_text(home.config.read_text() + f"[profile loop]\ncredential_process = env {helper} loop\n")
    result = home.run("credential-process", "loop")
    assert result.status == 69 and "credential_process" in result.stderr, result


def test_a_role_is_asked_for_with_all_that_its_profile_says(make_home: MakeHome, stub: Stub) -> None:
    policy = '{"Version":"2012-10-17","Statement":[]}'
    config = f"""[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = dev
role_session_name = ann@example.com
external_id = id-EXAMPLE
duration_seconds = 1800
session_tags = team=blue, cost-centre = 12
transitive_session_tags = team
source_identity = ann
session_policy = {policy}
session_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess,arn:aws:iam::aws:policy/SecurityAudit
"""
    roles = Roles.make(make_home, stub, config)
    assert roles.arn("admin") == role_arn("admin", "ann@example.com")
    [call] = stub.calls("AssumeRole")
    assert {name: value for name, value in call.parameters.items() if name != "Version"} == {
        "RoleArn": "arn:aws:iam::123456789012:role/admin",
        "RoleSessionName": "ann@example.com",
        "ExternalId": "id-EXAMPLE",
        "DurationSeconds": "1800",
        "Policy": policy,
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "PolicyArns.member.2.arn": "arn:aws:iam::aws:policy/SecurityAudit",
        "SourceIdentity": "ann",
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "blue",
        "Tags.member.2.Key": "cost-centre",
        "Tags.member.2.Value": "12",
        "TransitiveTagKeys.member.1": "team",
    }


def test_a_kept_back_key_with_a_device_wants_a_code(make_home: MakeHome, stub: Stub) -> None:
    roles = Roles.make(make_home, stub)
    roles.user.mfa_codes |= {"123456"}
    config = roles.home.config.read_text().replace("[profile dev]\n", f"[profile dev]\nmfa_serial = {SERIAL}\n")
    roles.home.config.write_text(config)
    roles.home.run("adopt", "dev", "--yes").done()
    assert f"awskeys_mfa_serial = {SERIAL}" in roles.home.config.read_text()
    roles.home.resolve("dev").failed(77, SERIAL)
    assert roles.arn("dev", "--mfa-token", "123456") == roles.user.arn
    # The very session that a role of the same device is assumed with.
    assert roles.arn("careful") == role_arn("careful")
    assert roles.calls == ["GetSessionToken", "AssumeRole"]


def test_single_sign_on_is_the_aws_cli_s_business(make_home: MakeHome, stub: Stub, tmp_path: Path) -> None:
    config = """[profile company]
sso_session = company
sso_account_id = 123456789012
sso_role_name = staff

[sso-session company]
sso_start_url = https://example.com/start
sso_region = us-east-1

[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = company
"""
    roles = Roles.make(make_home, stub, config)
    given = roles.user.key()
    folder = tmp_path / "bin"
    folder.mkdir()
    path = roles.home.env["PATH"]
    roles.home.env["PATH"] = f"{folder}:/nowhere"
    roles.home.run("whoami", "admin").failed(78, "only the AWS CLI", '"company"')
    document = json.dumps({"Version": 1, "AccessKeyId": given.id, "SecretAccessKey": given.secret})
    aws = folder / "aws"
    aws.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/asked\necho '{document}'\n")
    aws.chmod(0o755)
    roles.home.env["PATH"] = f"{folder}:{path}"
    assert roles.arn("admin") == role_arn("admin")
    assert roles.arn("company") == roles.user.arn
    asked = (tmp_path / "asked").read_text().splitlines()
    assert set(asked) == {"configure export-credentials --profile company --format process"}
    aws.write_text("#!/bin/sh\nexit 255\n")
    roles.home.run("sessions", "clear").done()
    roles.home.run("whoami", "admin").failed(78, "aws sso login --profile company", hint=True)


def test_a_web_identity_without_its_token_is_told(make_home: MakeHome, stub: Stub, tmp_path: Path) -> None:
    token = tmp_path / "token"
    roles = Roles.make(
        make_home,
        stub,
        f"[profile web]\nrole_arn = arn:aws:iam::123456789012:role/web\nweb_identity_token_file = {token}\n",
    )
    roles.home.resolve("web").failed(74, str(token), "web_identity_token_file")
    assert roles.calls == []


def test_files_of_any_year_are_no_trouble(home: Home) -> None:
    for year in (0, 20_000_000_000, 250_000_000_000):
        os.utime(home.config, (year, year))
        assert home.resolve("admin").done().stdout == home.run("credential-process", "admin").done().stdout


def test_the_asked_profile_s_settings_lead_to_sts_for_its_whole_chain(make_home: MakeHome, stub: Stub) -> None:
    """As with botocore; and another profile's session from there isn't a profile's own."""
    roles = Roles.make(make_home, stub)
    roles.user.mfa_codes |= {"123456", "654321"}
    roles.home.env.pop("AWS_ENDPOINT_URL_STS")
    roles.home.env["HTTPS_PROXY"] = nobody_listens()
    config = roles.home.config.read_text().replace("[profile deep]\n", f"[profile deep]\nendpoint_url = {stub.url}\n")
    config = config.replace("[profile careful]\n", f"[profile careful]\nendpoint_url = {stub.url}\n")
    roles.home.config.write_text(config)
    assert roles.arn("deep") == role_arn("deep")
    assert roles.arn("careful", "--mfa-token", "123456") == role_arn("careful")
    # What "admin" itself would ask is AWS, which isn't to be had here.
    roles.home.resolve("admin").failed(69, "cannot reach")
