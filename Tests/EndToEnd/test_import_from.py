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


def test_a_new_store_is_made_for_them_at_a_terminal(vault: Home, sdks: Oracles) -> None:
    del vault.env["AWS_VAULT_FILE_PASSPHRASE"]
    before = vault.files(".aws")
    terminal = Terminal(vault, "import", "--from", "aws-vault")
    terminal.wait_for("Passphrase of aws-vault's keys in ")
    terminal.type_unseen("not the passphrase")
    terminal.wait_for("Wrong passphrase, try again")
    terminal.type_unseen(FILE_PASSPHRASE)
    terminal.wait_for(r"take 4 profiles into the store\? \[y/N\]")
    assert vault.files(".aws") == before and not vault.store.exists()
    terminal.child.sendline("y")
    terminal.wait_for("recovery code")
    terminal.child.sendline("n")
    assert terminal.ends() == 0 and terminal.restored
    assert FILE_PASSPHRASE not in terminal.seen and DEV.secret not in terminal.seen
    resolved(vault, sdks, KEYS)


def test_a_no_changes_nothing(vault: Home) -> None:
    before = vault.files()
    terminal = Terminal(vault, "import", "--from", "aws-vault")
    terminal.wait_for(r"\[y/N\]")
    terminal.child.sendline("n")
    assert terminal.ends() == 1
    assert vault.files() == before


def test_a_dry_run_says_what_would_happen_and_does_nothing(vault: Home) -> None:
    before = vault.files()
    shown = vault.run("import", "--from", "aws-vault", "--dry-run").done().stdout
    assert "- credential_process = aws-vault exec --json --prompt=terminal dev\n" in shown
    assert f"+ credential_process = {vault.helper} dev\n" in shown
    assert DEV.id not in shown and f"{DEV.id[:4]}…{DEV.id[-4:]}" in shown
    plan = json.loads(vault.run("import", "--from", "aws-vault", "--dry-run", "--json").done().stdout)
    assert (plan["from"], plan["temporary"]) == ("aws-vault (file)", len(TEMPORARY))
    profiles = {each.pop("profile"): each for each in plan["profiles"]}
    assert list(profiles) == ["default", "dev", "team/prod", "cli"]
    assert profiles["dev"] == {
        "access_key_id": DEV.id,
        "action": "import",
        "into": ["config"],
        "replaced": "aws-vault exec --json --prompt=terminal dev",
    }
    assert profiles["team/prod"] == {"access_key_id": PROD.id, "action": "import", "into": ["config"]}
    assert vault.files() == before


def test_one_profile_and_an_undo(vault: Home, sdks: Oracles) -> None:
    before = vault.files(".aws")
    (vault.path / ".awsvault/keys/default").write_text("of no interest to who doesn't ask for it")
    vault.run("import", "--from", "aws-vault", "--profile", "dev", "--yes").done()
    assert vault.config.read_text().count(vault.helper) == 1
    resolved(vault, sdks, {"dev": DEV})
    said = vault.run("import", "--undo", "--yes").done()
    assert vault.files(".aws") == before
    # The files never had the key: what else has it can't be known here.
    assert 'kept "dev" in the store' in said.stderr
    assert vault.run("export", "dev", "--no-session").done().stdout.count(DEV.secret) == 1


def test_an_undo_after_another_change_gives_the_tools_line_back(vault: Home) -> None:
    vault.run("import", "--from", "aws-vault", "--yes").done()
    vault.config.write_text(vault.config.read_text() + "# added later\n")
    vault.run("import", "--undo", "--yes").done()
    text = vault.config.read_text()
    assert text.startswith(CONFIG) and text.endswith("# added later\n") and vault.helper not in text


def test_what_cant_be_taken_over_is_left_alone_with_a_reason(make_home: MakeHome) -> None:
    home = make_home(
        config=CONFIG + "[profile wrapped]\ncredential_process = wrapper aws-vault exec wrapped --json\n",
        credentials=f"[plain]\n{PROD.lines()}",
    )
    names = ["plain", "admin", "other", "wrapped", "a,b", "stored"]
    file_store(home.path / "vault", dict.fromkeys(names, DEV))
    home.env |= {"AWS_VAULT_FILE_DIR": "~/vault", "AWS_VAULT_FILE_PASSPHRASE": FILE_PASSPHRASE}
    home.run("add", "stored", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    before = home.files()
    done = home.run("import", "--from", "aws-vault", "--yes").done()
    plan = json.loads(home.run("import", "--from", "aws-vault", "--dry-run", "--json").done().stdout)
    assert {each["profile"]: each["reason"] for each in plan["profiles"]} == {
        "plain": "in-plain-text",
        "admin": "role",
        "other": "other-source",
        "wrapped": "other-source",
        "a,b": "odd-name",
        "stored": "in-store",
    }
    assert "left alone: plain: " in done.stdout and "nothing to import" in done.stdout
    assert home.files() == before


def damage(file: Path, how: str) -> None:
    """Does something to a sealed file of the profile `dev`."""
    parts = file.read_text().split(".")
    plain = item("dev", DEV)
    flipped = {"key": 1, "nonce": 2, "content": 3, "tag": 4}
    if how in flipped:
        part = parts[flipped[how]]
        parts[flipped[how]] = ("B" if part[0] == "A" else "A") + part[1:]
        file.write_text(".".join(parts))
    elif how == "header":
        file.write_text(sealed(plain, created="one time") + "")
        head = sealed(plain, created="other time").split(".")[0]
        file.write_text(".".join([head, *file.read_text().split(".")[1:]]))
    else:
        file.write_text(
            {
                "other algorithm": lambda: sealed(plain, alg="PBES2-HS512+A256KW"),
                "other encryption": lambda: sealed(plain, enc="A128CBC-HS256"),
                "direct": lambda: sealed(plain, alg="dir"),
                "compressed": lambda: sealed(plain, zip="DEF"),
                "many rounds": lambda: sealed(plain, p2c=2_000_000_000),
                "no rounds": lambda: sealed(plain, p2c=0),
                "rounds as text": lambda: sealed(plain, p2c="8192"),
                "other passphrase": lambda: sealed(plain, "another one"),
                "no item": lambda: sealed(b'{"Key": "dev", "Data": "'),
                "no data": lambda: sealed(b'{"Key": "dev"}'),
                "no base64": lambda: sealed(b'{"Key": "dev", "Data": "?"}'),
                "no key": lambda: sealed(item_of("dev", b"[]")),
                "no secret": lambda: sealed(item("dev", DEV, SecretAccessKey="")),
                "odd id": lambda: sealed(item("dev", DEV, AccessKeyID="dev\n[profile x]")),
                "plain text": lambda: plain.decode(),
                "empty": lambda: "",
                "cut off": lambda: ".".join(parts)[:-1],
            }[how]()
        )


DAMAGE = {
    **dict.fromkeys(["nonce", "content", "tag"], (65, "was altered")),
    **dict.fromkeys(["key", "header", "other passphrase"], (77, "doesn't open with the passphrase")),
    **dict.fromkeys(["other algorithm", "other encryption", "direct", "compressed"], (65, "isn't sealed with PBES2")),
    "many rounds": (65, "asks for 2000000000 rounds"),
    **dict.fromkeys(["no rounds", "rounds as text", "plain text", "empty", "cut off"], (65, "isn't an item")),
    **dict.fromkeys(["no item", "no data", "no base64", "no key", "no secret", "odd id"], (65, "no access key")),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_one_bad_file_stops_everything_and_is_named(vault: Home, how: str) -> None:
    file = vault.path / ".awsvault" / "keys" / "dev"
    damage(file, how)
    before = vault.files()
    status, said = DAMAGE[how]
    vault.run("import", "--from", "aws-vault", "--yes").failed(status, f'"{file}"', said)
    assert vault.files() == before
    vault.run("import", "--from", "aws-vault", "--profile", "default", "--yes").done()


def test_temporary_credentials_under_a_profiles_name_are_skipped(vault: Home) -> None:
    folder = vault.path / ".awsvault" / "keys"
    write_item(folder, "dev", item("dev", DEV, SessionToken="EXAMPLE"))
    write_item(folder, "default", item("default", Key("ASIA" + DEV.id[4:], DEV.secret)))
    done = vault.run("import", "--from", "aws-vault", "--yes").done()
    assert "imported 1 profile from" in done.stdout and f"{len(TEMPORARY) + 2} temporary" in done.stdout


def test_where_no_keys_can_be_had_the_error_says_what_to_do(vault: Home, tmp_path: Path) -> None:
    before = vault.files()

    def refused(status: int, *said: str, **env: str) -> None:
        vault.run("import", "--from", "aws-vault", "--yes", env=env).failed(status, *said)

    refused(77, "the passphrase opens none of", "AWS_VAULT_FILE_PASSPHRASE", AWS_VAULT_FILE_PASSPHRASE="wrong")
    refused(77, "need their passphrase, and there is nobody to ask", AWS_VAULT_FILE_PASSPHRASE="")
    refused(66, "has no keys in", AWS_VAULT_FILE_DIR=str(tmp_path / "nowhere"))
    refused(78, 'the backend "kwallet"', AWS_VAULT_BACKEND="kwallet")
    refused(74, "cannot open", AWS_VAULT_FILE_DIR=str(vault.config))
    (vault.path / ".awsvault" / "keys" / "dev").unlink()
    (vault.path / ".awsvault" / "keys" / "dev").mkdir()
    refused(74, 'keys/dev": Is a directory')
    vault.run("import", "--from", "aws-vault", "--profile", "nobody", "--yes").failed(66, '"nobody"')
    assert not vault.store.exists() and vault.files(".aws") == {k: v for k, v in before.items() if k[:4] == ".aws"}
    for words in (["--into", "config"], ["--undo"], ["--json"]):
        vault.run("import", "--from", "aws-vault", *words).failed(64, hint=False)
