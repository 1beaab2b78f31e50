"""`awskeys import --from`: keys of other tools come over, the tools' lines give way, and nobody notices."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, OTHER, PROD, Key
from gnome_keyring import Keyring
from home import Home
from oracles import Oracles
from other_tools import FILE_PASSPHRASE, TEMPORARY, file_store, item, item_of, password_store, sealed, write_item
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

[profile of-admin]
credential_process = aws-vault exec --json admin
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
    assert "these still ask aws-vault, so keep its copy: of-admin\n" in done.stderr
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
    assert "line in config instead of `aws-vault exec --json --prompt=terminal dev`\n" in shown
    assert f"+ credential_process = {vault.helper} dev\n" in shown
    assert "programs may have got sessions of these keys" in shown
    sessions = vault.run("import", "--from", "aws-vault", "--sessions", "--dry-run").done().stdout
    assert "may have got sessions" not in sessions
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
    before = vault.files(".aws")

    def refused(status: int, *said: str, **env: str) -> None:
        vault.run("import", "--from", "aws-vault", "--yes", env=env).failed(status, *said)

    refused(77, "the passphrase opens none of", "AWS_VAULT_FILE_PASSPHRASE", AWS_VAULT_FILE_PASSPHRASE="wrong")
    refused(77, "need their passphrase, and there is nobody to ask", AWS_VAULT_FILE_PASSPHRASE="")
    refused(66, "no keys of aws-vault in ", AWS_VAULT_FILE_DIR=str(tmp_path / "nowhere"))
    refused(78, 'the backend "kwallet"', AWS_VAULT_BACKEND="kwallet")
    refused(74, "cannot open", AWS_VAULT_FILE_DIR=str(vault.config))
    (vault.path / ".awsvault" / "keys" / "dev").unlink()
    (vault.path / ".awsvault" / "keys" / "dev").mkdir()
    refused(74, 'keys/dev": Is a directory')
    vault.run("import", "--from", "aws-vault", "--profile", "nobody", "--yes").failed(66, '"nobody"')
    assert not vault.store.exists() and vault.files(".aws") == before
    for words in (["--into", "config"], ["--undo"], ["--json"]):
        vault.run("import", "--from", "aws-vault", *words).failed(64, hint=False)


# MARK: the Secret Service


@pytest.fixture
def collection(desktop: tuple[Home, Keyring]) -> tuple[Home, Keyring, str]:
    """A desktop where aws-vault has its keys in a collection of its own."""
    home, keyring = desktop
    path = keyring.create_collection("awsvault")
    assert path == "/org/freedesktop/secrets/collection/awsvault"
    for profile, key in {"vaulted": OTHER, "team/vaulted": PROD}.items():
        keyring.put(path, profile, {"profile": profile}, item(profile, key), "application/json")
    for name in TEMPORARY:
        keyring.put(path, name, {"profile": name}, b"nothing that would be read", "application/json")
    return home, keyring, path


def test_a_collection_of_the_desktops_keyring_comes_over(collection: tuple[Home, Keyring, str], sdks: Oracles) -> None:
    home, keyring, path = collection
    before = keyring.contents(path)
    done = home.run("import", "--from", "aws-vault", "--yes").done()
    assert "imported 2 profiles from aws-vault (secret-service)" in done.stdout
    assert f"{len(TEMPORARY)} temporary credentials" in done.stdout
    resolved(home, sdks, {"vaulted": OTHER, "team/vaulted": PROD})
    assert keyring.contents(path) == before and len(before) == 2 + len(TEMPORARY)


def test_of_a_keyring_only_what_is_asked_for_is_read(collection: tuple[Home, Keyring, str]) -> None:
    home, keyring, path = collection
    keyring.put(path, "broken", {"profile": "broken"}, b"[]", "application/json")
    before = home.files(".aws")
    done = home.run("import", "--from", "aws-vault", "--yes")
    done.failed(65, '"awsvault: broken" holds no access key')
    assert home.files(".aws") == before
    home.run("import", "--from", "aws-vault", "--profile", "vaulted", "--yes").done()


def test_a_keyring_that_is_locked_or_hangs_is_an_error(collection: tuple[Home, Keyring, str]) -> None:
    home, keyring, path = collection
    before = home.files(".aws")
    other = home.env | {"AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME": "another"}
    home.run("import", "--from", "aws-vault", "--yes", env=other).failed(66, '"another"')
    keyring.lock_collection(path)
    home.run("import", "--from", "aws-vault", "--yes").failed(77, '"awsvault"', "is locked")
    with keyring.stopped():
        home.run("import", "--from", "aws-vault", "--yes").failed(69, '"awsvault"', "did not answer in time")
    assert home.files(".aws") == before


def test_without_a_bus_aws_vault_has_to_use_something_else(vault: Home) -> None:
    before = vault.files()
    chosen = {"AWS_VAULT_BACKEND": "secret-service"}
    vault.run("import", "--from", "aws-vault", "--yes", env=chosen).failed(69, "there is no desktop keyring")
    assert vault.files() == before


# MARK: pass


@pytest.fixture
def passwords(vault: Home) -> Home:
    """A home with a password store of the real `pass`, sealed for a real key of GnuPG."""
    vault.env["GNUPGHOME"] = str(vault.path / "gnupg")
    password_store(vault, {"aws/dev": item("dev", OTHER), "aws/team/x": item("team/x", PROD), "mail": b"a password"})
    for name in TEMPORARY[:2]:
        (vault.path / ".password-store" / "aws" / f"{name}.gpg").write_text("not read")
    return vault


def test_what_pass_keeps_comes_over(passwords: Home, sdks: Oracles) -> None:
    passwords.env |= {"AWS_VAULT_BACKEND": "pass", "AWS_VAULT_PASS_PREFIX": "aws"}
    done = passwords.run("import", "--from", "aws-vault", "--yes").done()
    assert "imported 3 profiles from aws-vault (pass)" in done.stdout and "2 temporary credentials" in done.stdout
    resolved(passwords, sdks, {"dev": OTHER, "cli": OTHER, "team/x": PROD})


def test_pass_in_another_folder_without_a_prefix_shows_profiles_only(passwords: Home, sdks: Oracles) -> None:
    (passwords.path / ".password-store").rename(passwords.path / "passwords")
    passwords.env |= {"AWS_VAULT_BACKEND": "pass", "AWS_VAULT_PASS_PASSWORD_STORE_DIR": "~/passwords"}
    passwords.run("import", "--from", "aws-vault", "--yes").failed(66, "no keys of aws-vault in pass")
    (passwords.path / "passwords/aws/dev.gpg").rename(passwords.path / "passwords/dev.gpg")
    done = passwords.run("import", "--from", "aws-vault", "--yes").done()
    assert "imported 2 profiles from aws-vault (pass)" in done.stdout
    resolved(passwords, sdks, {"dev": OTHER, "cli": OTHER})


def test_what_pass_cant_show_is_an_error(passwords: Home) -> None:
    before = passwords.files(".aws")
    (passwords.path / ".password-store/aws/dev.gpg").write_text("nothing of GnuPG's")
    env = {"AWS_VAULT_PASS_PREFIX": "aws"}
    refused = passwords.run("import", "--from", "aws-vault", "--yes", env=env)
    assert refused.status == 69 and 'awskeys: `pass show "aws/dev"` gives nothing' in refused.stderr, refused
    env |= {"AWS_VAULT_PASS_CMD": "no-such-program"}
    refused = passwords.run("import", "--from", "aws-vault", "--yes", env=env)
    assert refused.status == 69 and '`no-such-program show "aws/dev"` gives nothing' in refused.stderr, refused
    assert passwords.files(".aws") == before and not passwords.store.exists()


# MARK: Granted


GRANTED = """[profile dev]
credential_process = granted credential-process --profile=dev

[profile spaced]
credential_process = /usr/bin/granted credential-process --profile spaced
"""


def test_granteds_files_come_over(make_home: MakeHome, sdks: Oracles) -> None:
    home = make_home(config=GRANTED, credentials=None)
    folder = file_store(home.path / ".granted/secure-storage-aws-iam-credentials", {"dev": DEV, "spaced": PROD})
    terminal = Terminal(home, "import", "--from", "granted", "--yes")
    terminal.wait_for("Passphrase of granted's keys in ")
    terminal.type_unseen(FILE_PASSPHRASE)
    terminal.wait_for("`granted credentials remove dev`")
    assert terminal.ends() == 0
    lines = [line for line in home.config.read_text().splitlines() if line.startswith("credential_process")]
    assert lines == [f"credential_process = {home.helper} {name}" for name in ("dev", "spaced")]
    resolved(home, sdks, {"dev": DEV, "spaced": PROD})
    assert len(list(folder.iterdir())) == 2


def test_granteds_configuration_says_where_its_keys_are(make_home: MakeHome, sdks: Oracles) -> None:
    home = make_home(config=GRANTED, credentials=None)
    home.env["XDG_CONFIG_HOME"] = str(home.path / "config")
    (home.path / "config/granted").mkdir(parents=True)
    settings = home.path / "config/granted/config"
    file_store(home.path / "elsewhere", {"dev": DEV})
    settings.write_text('DefaultBrowser = "FIREFOX"\n[Keyring]\n  Backend = "file"\n  FileDir = "~/elsewhere"\n[Other]\n')
    terminal = Terminal(home, "import", "--from", "granted", "--yes")
    terminal.wait_for('Passphrase of granted\'s keys in "[^"]*/elsewhere"')
    terminal.type_unseen(FILE_PASSPHRASE)
    assert terminal.ends() == 0
    resolved(home, sdks, {"dev": DEV})
    settings.write_text('[Keyring]\nBackend = "keychain"\n')
    home.run("import", "--from", "granted", "--yes").failed(78, '"keychain"')


def test_granteds_collection_comes_over(desktop: tuple[Home, Keyring], sdks: Oracles) -> None:
    home, keyring = desktop
    path = keyring.create_collection("granted-aws-iam-credentials")
    keyring.put(path, "vaulted", {"profile": "vaulted"}, item("vaulted", OTHER), "application/json")
    assert "from granted (secret-service)" in home.run("import", "--from", "granted", "--yes").done().stdout
    resolved(home, sdks, {"vaulted": OTHER})


# MARK: files of the console, and the environment


def test_the_consoles_files_come_over_under_their_users_names(home: Home, sdks: Oracles) -> None:
    one, two = home.path / "alice.csv", home.path / "bob.csv"
    one.write_text(f"\ufeffUser name,Password,Access key ID,Secret access key,Console login link\r\nalice,,{OTHER.id},{OTHER.secret},https://example.com\r\n")
    two.write_text(f"User Name,Access Key Id,Secret Access Key\n\"bob\",{PROD.id},{PROD.secret}\n\ncarol,{DEV.id},{DEV.secret}\n")
    before = home.files(".aws")
    shown = json.loads(home.run("import", "--from", "csv", str(one), str(two), "--dry-run", "--json").done().stdout)
    assert [each["profile"] for each in shown["profiles"]] == ["alice", "bob", "carol"]
    assert home.files(".aws") == before
    done = home.run("import", "--from", "csv", str(one), str(two), "--yes").done()
    assert f"still lie in plain text there: `shred -u {one} {two}`" in done.stderr and "rotate --imported" in done.stderr
    resolved(home, sdks, {"alice": OTHER, "bob": PROD, "carol": DEV})
    listed = json.loads(home.run("list", "--json").done().stdout)["profiles"]
    assert all(each["exposed"] for each in listed) and len(listed) == 3


def test_a_file_without_a_user_needs_a_name(home: Home, sdks: Oracles) -> None:
    file = home.path / "accessKeys.csv"
    file.write_text(f"Access key ID,Secret access key\n{OTHER.id},{OTHER.secret}\n")
    before = home.files(".aws")
    home.run("import", "--from", "csv", str(file), "--yes").failed(64, f'"{file}"', "whose key", "--profile NAME")
    file.with_name("no.csv").write_text("a,b\n1,2\n")
    home.run("import", "--from", "csv", str(file.with_name("no.csv")), "--yes").failed(64, "has no columns")
    file.with_name("half.csv").write_text(f"Access key ID,Secret access key\n{OTHER.id}\n")
    home.run("import", "--from", "csv", str(file.with_name("half.csv")), "--profile", "x", "--yes").failed(64, "a secret")
    home.run("import", "--from", "csv", str(home.path / "none"), "--profile", "x", "--yes").failed(74, "none", hint=False)
    home.run("import", "--from", "csv", "--yes").failed(64, hint=False)
    assert home.files(".aws") == before and not home.store.exists()
    home.run("import", "--from", "csv", str(file), "--profile", "fresh", "--yes").done()
    resolved(home, sdks, {"fresh": OTHER})


def test_the_environments_key_comes_over_under_the_name_that_is_given(home: Home, sdks: Oracles) -> None:
    env = {"AWS_ACCESS_KEY_ID": OTHER.id, "AWS_SECRET_ACCESS_KEY": OTHER.secret}
    before = home.files(".aws")
    home.run("import", "--from", "env", "--yes", env=env).failed(64, "needs a name")
    home.run("import", "--from", "env", "--profile", "fresh", "--yes").failed(64, "an id and a secret")
    token = env | {"AWS_SESSION_TOKEN": "EXAMPLE"}
    home.run("import", "--from", "env", "--profile", "fresh", "--yes", env=token).failed(64, "temporary")
    home.run("import", "--from", "env", "--profile", "dev", "--dry-run", env=env).done()
    assert home.files(".aws") == before and not home.store.exists()
    done = home.run("import", "--from", "env", "--profile", "fresh", "--yes", env=env).done()
    assert "imported 1 profile from the environment" in done.stdout
    resolved(home, sdks, {"fresh": OTHER})


def test_keys_may_stay_back_from_programs(home: Home) -> None:
    env = {"AWS_ACCESS_KEY_ID": OTHER.id, "AWS_SECRET_ACCESS_KEY": OTHER.secret}
    home.run("import", "--from", "env", "--profile", "fresh", "--sessions", "--yes", env=env).done()
    [listed] = json.loads(home.run("list", "--json").done().stdout)["profiles"]
    assert listed["sessions_only"] is True
