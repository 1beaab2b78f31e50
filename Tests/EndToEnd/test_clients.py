"""Real clients sign real calls with keys from the store, against an STS that checks the signature."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.exceptions
import pytest

import programs
from home import Home
from moto_server import Moto

CLI_1 = Path(sys.executable).with_name("aws")
CLI_2 = Path("/usr/bin/aws")


@pytest.fixture(scope="module")
def client(built: Path, moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose profiles hold keys that moto knows, imported."""
    keys = {name: moto.user_with_key(name) for name in ("default", "ann", "bo/b@example")}
    credentials = "".join(f"[{name}]\n{key.lines()}\n" for name, key in keys.items())
    config = "[default]\nregion = us-east-1\n\n[profile ann]\nregion = eu-west-1\n"
    home = Home.make(tmp_path_factory.mktemp("clients") / "home", config, credentials).import_all()
    home.env |= {"AWS_ENDPOINT_URL_STS": moto.url, "AWS_DEFAULT_REGION": "us-east-1"}
    assert not any(key.secret in home.credentials.read_text() for key in keys.values())
    yield home
    home.lock()


def version_of(aws: Path) -> str:
    """Gives what a client says it is, or nothing when it isn't there."""
    if not os.access(aws, os.X_OK):
        return ""
    return programs.run([str(aws), "--version"], {"PATH": os.environ["PATH"], "HOME": "/"}).stdout


@pytest.mark.parametrize("profile", ["default", "ann", "bo/b@example"])
@pytest.mark.parametrize(("aws", "major"), [(CLI_1, 1), (CLI_2, 2)], ids=["v1", "v2"])
def test_the_aws_cli_says_who_it_is(client: Home, moto: Moto, aws: Path, major: int, profile: str) -> None:
    if not version_of(aws).startswith(f"aws-cli/{major}."):
        pytest.skip(f"{aws} is no AWS CLI v{major}")
    argv = [str(aws), "--profile", profile, "--endpoint-url", moto.url, "sts", "get-caller-identity"]
    answer = programs.run(argv, client.env).done()
    assert json.loads(answer.stdout)["Arn"] == f"arn:aws:iam::123456789012:user/{profile}"
    assert answer.stderr == ""


def session(client: Home, profile: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """Gives a boto3 session in the environment of the home."""
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in client.env.items():
        monkeypatch.setenv(name, value)
    return boto3.Session(profile_name=profile)


def test_boto3_says_who_it_is(client: Home, moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    sts = session(client, "ann", monkeypatch).client("sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/ann"


def test_boto3_shows_the_message_of_a_profile_that_the_store_has_not(
    client: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = client.path / "config-of-a-stranger"
    config.write_text(f"[profile stranger]\ncredential_process = {client.helper} stranger\n")
    monkeypatch.setitem(client.env, "AWS_CONFIG_FILE", str(config))
    with pytest.raises(botocore.exceptions.CredentialRetrievalError, match="stranger"):
        session(client, "stranger", monkeypatch).client("sts").get_caller_identity()


def test_the_imported_profiles_are_what_list_names(client: Home) -> None:
    listed = json.loads(client.run("list", "--json").done().stdout)["profiles"]
    assert [each["profile"] for each in listed] == ["ann", "bo/b@example", "default"]
    assert all(each["exposed"] for each in listed)
