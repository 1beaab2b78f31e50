"""`awskeys import --from`: keys of other tools come over, the tools' lines give way, and nobody notices."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, OTHER, PROD, Key
from home import Home
from oracles import Oracles
from other_tools import FILE_PASSPHRASE, TEMPORARY, file_store, item, item_of, sealed, write_item
from terminal import Terminal

CONFIG = """# of the team
[default]
region = eu-central-1

[profile dev]
region = us-east-1
mfa_serial = arn:aws:iam::123456789012:mfa/dev
credential_process = aws-vault exec --json --prompt=terminal dev
# the end of dev

[profile cli]
credential_process = /usr/local/bin/aws-vault export --duration 8h --format=json dev
output = json

[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = dev

[profile other]
credential_process = /opt/other --json dev
"""
KEYS = {"dev": DEV, "team/prod": PROD, "default": DOCUMENTED}


@pytest.fixture
def vault(make_home: MakeHome) -> Home:
    """A home whose keys aws-vault has in files."""
    home = make_home(config=CONFIG, credentials=None)
    folder = file_store(home.path / ".awsvault" / "keys", KEYS)
    for name in TEMPORARY:
        write_item(folder, name, b"nothing that would open")
    home.env["AWS_VAULT_FILE_PASSPHRASE"] = FILE_PASSPHRASE
    return home


def resolved(home: Home, sdks: Oracles, profiles: dict[str, Key]) -> None:
    """Asserts that boto3 gets these keys."""
    answers = sdks.boto3.resolve(home.config, home.credentials, list(profiles), home.env)
    for profile, key in profiles.items():
        digest = hashlib.sha256(f"{key.secret}\n".encode()).hexdigest()
        assert (answers[profile].get("id"), answers[profile].get("digest")) == (key.id, digest), answers[profile]


def test_aws_vaults_files_come_over_and_its_lines_give_way(vault: Home, sdks: Oracles) -> None:
    done = vault.run("import", "--from", "aws-vault", "--yes").done()
    assert "imported 4 profiles from aws-vault (file)" in done.stdout
    assert f"{len(TEMPORARY)} temporary credentials" in done.stdout
    assert "`aws-vault remove dev`" in done.stderr
    line = f"credential_process = {vault.helper} "
    expected = CONFIG.replace("credential_process = aws-vault exec --json --prompt=terminal dev", line + "dev")
    expected = expected.replace(
        "credential_process = /usr/local/bin/aws-vault export --duration 8h --format=json dev", line + "cli"
    ).replace("region = eu-central-1\n", f"region = eu-central-1\n{line}default\n")
    assert vault.config.read_text() == expected + f"\n[profile team/prod]\n{line}team/prod\n"
    resolved(vault, sdks, KEYS | {"cli": DEV})
    listed = json.loads(vault.run("list", "--json").done().stdout)
    assert not [each for each in listed["profiles"] if each.get("exposed")]
    again = vault.run("import", "--from", "aws-vault", "--yes").done()
    assert "already there: dev" in again.stdout and "nothing to import" in again.stdout
