"""A rotation from end to end while real clients call all the time: no call of theirs fails.

The IAM here is moto's, which checks signatures and says what AWS says; what it lacks is in `test_rotate_stub.py`.
"""

from __future__ import annotations

import json
import os

import boto3
import pytest

from calling_clients import CLIS, clients_at_work
from conftest import MakeHome
from home import Home
from moto_server import Moto
from rotating import PATIENCE, credentials_of


@pytest.fixture
def home(make_home: MakeHome, moto: Moto) -> Home:
    """A home with a user's only key in the store, pointed at moto."""
    key = moto.user_with_key("rotated")
    made = make_home("moto", config="[profile dev]\nregion = us-east-1\n", credentials=credentials_of({"dev": key}))
    made.import_all().run("unlock", "--for", "8h").done()
    made.env |= {"AWS_ENDPOINT_URL_STS": moto.url, "AWS_ENDPOINT_URL_IAM": moto.url}
    return made


def keys_of(home: Home, moto: Moto) -> dict[str, str]:
    """Asks moto for the user's keys with the key that the profile answers with."""
    held = json.loads(home.resolve("dev").done().stdout)
    iam = boto3.client(
        "iam",
        endpoint_url=moto.url,
        region_name="us-east-1",
        aws_access_key_id=held["AccessKeyId"],
        aws_secret_access_key=held["SecretAccessKey"],
    )
    listed = iam.list_access_keys(UserName="rotated")["AccessKeyMetadata"]
    return {each["AccessKeyId"]: each["Status"] for each in listed}


def test_no_call_of_a_real_client_fails_while_its_key_is_replaced_and_deleted(
    home: Home, moto: Moto, capsys: pytest.CaptureFixture[str]
) -> None:
    [old] = keys_of(home, moto)
    with clients_at_work(home) as clients:
        result = home.run("rotate", "dev", "--grace", "1h", "--yes", timeout=PATIENCE).done()
        assert sorted(keys_of(home, moto).values()) == ["Active", "Inactive"]
        clients.all_call()
        home.run("rotate", "dev", "--finish", "--delete-now", "--yes", timeout=PATIENCE).done()
        clients.all_call()
    [new] = keys_of(home, moto)
    assert new != old and f"{old} -> {new}" in result.stdout
    assert clients.failed() == []
    assert clients.keys() == {old, new}
    there = [name for name, aws in CLIS.items() if os.access(aws, os.X_OK)]
    assert set(clients.names) == {"boto3", *there}
    with capsys.disabled():
        print(f"\nduring a rotation against moto, not one of these calls failed: {clients.summary()}")
