"""The judges themselves can say no: each helper that finds something is shown something to find."""

from __future__ import annotations

import base64
from pathlib import Path

import boto3
import botocore.exceptions
import pytest

import resolve_rclone
from canary import secrets_in
from conftest import SEED
from fake_keys import DEV, DOCUMENTED, PROD, THIRD
from generate import generate
from generate_traps import SPOILERS, TRAPS
from home import Home
from judging import differences, outcome
from moto_server import Moto
from oracles import Oracles, names_in
from signing_server import SigningServer


@pytest.fixture
def plain(tmp_path: Path) -> Home:
    """A home with the everyday files; the programs aren't needed here."""
    return Home.make(tmp_path / "home", passphrase=False)


HIDDEN = [
    DEV.secret,
    "x" + DEV.secret[20:28] + "y",
    base64.b64encode(DEV.secret.encode()).decode(),
    base64.b64encode(b"a" + DEV.secret.encode()).decode(),
    base64.b64encode(b"ab" + DEV.secret[5:25].encode()).decode(),
    base64.urlsafe_b64encode(b"abc" + DEV.secret[7:27].encode()).decode(),
    DEV.secret[3:11].encode().hex(),
    DEV.secret[30:38].encode().hex().upper(),
]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_canary_search_finds_a_hidden_secret(hidden: str) -> None:
    assert secrets_in([("there", f"before{hidden}after".encode())], [PROD.secret, DEV.secret]) == [
        f"there: {DEV.secret}"
    ]


def test_the_canary_search_is_silent_about_ids_masks_and_other_secrets() -> None:
    harmless = f"{DEV.id} {DEV.secret[:7]}**** {PROD.secret} {base64.b64encode(PROD.secret.encode()).decode()}"
    assert secrets_in([("there", harmless.encode())], [DEV.secret]) == []


def test_all_sdks_resolve_the_everyday_files_alike(plain: Home, sdks: Oracles, server: SigningServer) -> None:
    expected = {
        "default": DOCUMENTED.id,
        "dev": DEV.id,
        "prod": PROD.id,
        "admin": f"ASSUMED-BY-{DEV.id}",
    }
    found = sdks.resolve(plain.config, plain.credentials, list(expected), {})
    for sdk in ("boto3", "ruby"):
        assert {name: found[sdk][name].get("id") for name in expected} == expected
    for name, key in expected.items():
        assert resolve_rclone.resolve(server, plain.path, plain.config, plain.credentials, name, {}) == key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (DEV.id, THIRD.id),
        (DEV.secret, THIRD.secret),
        (f"aws_access_key_id = {DEV.id}\n", ""),
        (DEV.lines(), "credential_process = /bin/false dev\n"),
    ],
)
def test_the_sdks_notice_a_changed_key(plain: Home, sdks: Oracles, old: str, new: str) -> None:
    names = names_in(plain.config, plain.credentials)
    before = sdks.resolve(plain.config, plain.credentials, names, {})
    plain.credentials.write_text(plain.credentials.read_text().replace(old, new))
    after = sdks.resolve(plain.config, plain.credentials, names, {})
    assert {line.split(":")[0] for line in differences(before, after, names)} >= {"boto3, 'dev'", "ruby, 'dev'"}


def test_boto3_notices_a_lost_setting(plain: Home, sdks: Oracles) -> None:
    before = sdks.resolve(plain.config, plain.credentials, ["dev"], {})
    plain.config.write_text(plain.config.read_text().replace("    addressing_style = path\n", ""))
    after = sdks.resolve(plain.config, plain.credentials, ["dev"], {})
    assert [line.split(":")[0] for line in differences(before, after, ["dev"])] == ["boto3, 'dev'"]


def test_every_sdk_agrees_about_the_profiles_that_must_be_imported(sdks: Oracles, tmp_path: Path) -> None:
    for number in range(40):
        pair = generate(SEED, number, TRAPS, SPOILERS)
        folder = tmp_path / str(number)
        folder.mkdir()
        found = sdks.resolve(*pair.write(folder), pair.names, {})
        for name in pair.must_import:
            assert outcome(found["boto3"], name)["id"] == found["ruby"][name]["id"], (number, name)


def test_moto_refuses_a_wrong_signature(moto: Moto) -> None:
    key = moto.user_with_key("somebody")
    known = {"endpoint_url": moto.url, "region_name": "us-east-1", "aws_access_key_id": key.id}
    right = boto3.client("sts", **known, aws_secret_access_key=key.secret)
    assert right.get_caller_identity()["Arn"].endswith(":user/somebody")
    wrong = boto3.client("sts", **known, aws_secret_access_key=DEV.secret)
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        wrong.get_caller_identity()
