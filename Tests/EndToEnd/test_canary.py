"""No secret is left, by any command: in no file, no argv or environment of any process, no output but where asked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from canary import secrets_in
from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, OTHER, PROD, RAW_SEED, SEED, THIRD, VAULTED
from fault_scenes import TEMPLATE
from gnome_keyring import gnome_keyring
from home import PASSPHRASE, Home
from other_tools import FILE_PASSPHRASE, file_store
from sessions import Roles
from stub_iam import Stub
from test_slots import code_in
from tracing import STRACE
from unit_files import fake_systemctl
from watched import Watched

SECRETS = [DOCUMENTED.secret, DEV.secret, PROD.secret, THIRD.secret, PASSPHRASE]
NEW = "zebra quagmire tundra"
ADDED = f"{THIRD.id}\n{THIRD.secret}\n"
FORMATS = ["process", "json", "env", "env-no-export", "fish", "powershell", "windows-cmd"]
# A program that asks the server beside it, and says the token and the answer.
FETCH = """
import os, urllib.request as web
token = os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']
request = web.Request(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'], headers={'Authorization': token})
print(token, web.urlopen(request).read().decode())
"""
OF_ENV = {"AWS_ACCESS_KEY_ID": OTHER.id, "AWS_SECRET_ACCESS_KEY": OTHER.secret}
OF_VAULT = {"AWS_VAULT_FILE_PASSPHRASE": FILE_PASSPHRASE, "AWS_VAULT_BACKEND": "file"}
SAYS: dict[str, Any] = {"says_it": True}
WRITES: dict[str, Any] = {"writes_it": True}
ENTRY = json.dumps(
    {"__REALTIME_TIMESTAMP": "1764417600000000"}
    | {f"AWSKEYS_{name}": value for name, value in (("PROFILE", "dev"), ("ANSWER", "key"), ("PROGRAM", "tests"))}
    | {"AWSKEYS_PROGRAM_PID": "1"}
)
# Every command, at its work. FOLDER stands for a folder outside of the home, SLOT for the slot that was made last,
# IDENTITY for the store's own.
RUNS: list[tuple[str, dict[str, Any]]] = [
    ("awskeys doctor --json", {"status": 2}),
    ("awskeys import --dry-run --json", {}),
    ("awskeys import --yes", {}),
    ("awskeys import --undo --yes", WRITES),
    ("awskeys import --sessions --verify --yes", {}),
    ("awskeys add third --yes", {"stdin": ADDED}),
    ("awskeys add third --replace --csv FOLDER/key.csv --yes", {}),
    ("awskeys add third --replace --yes", {"stdin": ADDED}),
    ("awskeys add fourth --from-env --yes", {"env": OF_ENV}),
    ("awskeys import --from csv FOLDER/key.csv --profile fifth --yes", {}),
    ("awskeys import --from env --profile sixth --yes", {"env": OF_ENV}),
    ("awskeys import --from aws-vault --yes", {"env": OF_VAULT}),
    ("awskeys confirm fourth --always", {}),
    ("awskeys list --json", {}),
    ("awskeys log --json", {}),
    ("awskeys status --json", {}),
    ("awskeys help import", {}),
    ("awskeys use --shell bash", {}),
    ("awskeys use admin --evaluate zsh", {}),
    ("awskeys explain admin", {"status": 1}),
    ("awskeys explain --json", {"env": OF_ENV}),
    ("awskeys whoami dev --json", {}),
    ("awskeys mfa add careful --yes", {"stdin": SEED}),
    ("awskeys mfa add arn:aws:iam::123456789012:mfa/other --seed-file FOLDER/seed --yes", {}),
    ("awskeys mfa list --json", {}),
    ("awskeys mfa code arn:aws:iam::123456789012:mfa/other", {}),
    ("awskeys mfa remove arn:aws:iam::123456789012:mfa/other --yes", {}),
    ("awskeys whoami careful", {}),
    ("awskeys credential-process deep", SAYS),
    ("awskeys-credential-process deep", SAYS),
    *((f"awskeys export third --format {each}", SAYS) for each in FORMATS),
    ("awskeys export dev --no-session", SAYS),
    ("awskeys export deep --to-file FOLDER/exported", WRITES),
    ("awskeys exec deep -- /bin/true", {}),
    ("awskeys exec third -- /bin/true", {}),
    (f"awskeys exec deep --server -- {sys.executable} -c FETCH", SAYS),
    ("awskeys login admin", SAYS),
    ("awskeys login admin --open", WRITES),
    ("awskeys sessions list --json", {}),
    ("awskeys adopt admin deep --yes", {}),
    ("awskeys adopt --undo admin deep --yes", {}),
    ("awskeys sessions clear", {}),
    ("awskeys slot list --json", {}),
    ("awskeys slot add keyring", {}),
    ("awskeys slot add passphrase --new-passphrase-file FOLDER/new", {}),
    ("awskeys slot remove SLOT --yes", {}),
    ("awskeys slot add recovery", SAYS),
    ("awskeys slot replace recovery --yes", SAYS),
    ("awskeys rekey --yes", SAYS),
    ("awskeys lock", {}),
    ("awskeys unlock --for 1h", {}),
    ("awskeys rotate dev --yes", {}),
    ("awskeys rotate --rollback dev --yes", {}),
    ("awskeys rotate --resume --yes --json", {}),
    ("awskeys rotate --finish --delete-now --yes", {}),
    ("awskeys rotate --schedule 90d", {}),
    ("awskeys rotate --schedule off", {}),
    ("awskeys lock --watch --install", {}),
    ("awskeys lock --watch --uninstall", {}),
    ("awskeys identity", {}),
    ("awskeys export --sealed dev third --to IDENTITY --to-file FOLDER/bundle", {}),
    ("awskeys import FOLDER/bundle --sender IDENTITY --replace --yes", {}),
    ("awskeys export --sealed third --passphrase-file FOLDER/new --to-file FOLDER/locked", {}),
    ("awskeys import FOLDER/locked --sender IDENTITY --passphrase-file FOLDER/new --yes", {}),
    ("awskeys profiles apply FOLDER/template --yes", {}),
    ("awskeys profiles remove team --yes", {}),
    ("awskeys scan --examples --json FOLDER/key.csv", {"status": 1}),
    ("awskeys backup FOLDER/backup", {}),
    ("awskeys remove third fourth --yes", {}),
    ("awskeys restore FOLDER/backup --yes", {}),
]

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace isn't there to show argv and environments")


def leaves(command: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Gives all commands that have none below them, as their words."""
    for each in command.get("subcommands", []):
        words = (*above, each["commandName"])
        yield from leaves(each, words) if each.get("subcommands") else [words]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what a program that forbids it starts and writes")
@pytest.mark.timeout(400)
def test_every_command_leaves_no_secret_anywhere(make_home: MakeHome, stub: Stub, tmp_path: Path) -> None:
    roles = Roles.make(make_home, stub)
    roles.begin_again()
    roles.user.mfa_seed = SEED
    home = roles.home
    bin = fake_systemctl(home, 0).parent
    (bin / "xdg-open").symlink_to("/bin/true")
    # No journal runs here; test_log.py has a real one.
    (bin / "journalctl").write_text(f"#!/bin/sh\necho '{ENTRY}'\n")
    (bin / "journalctl").chmod(0o755)
    (tmp_path / "key.csv").write_text(f"Access key ID,Secret access key\n{OTHER.id},{OTHER.secret}\n")
    (tmp_path / "template").write_text(TEMPLATE)
    (tmp_path / "seed").write_text(SEED)
    (tmp_path / "new").write_text(NEW + "\n")
    for name in ("key.csv", "seed", "new"):
        (tmp_path / name).chmod(0o600)
    file_store(home.path / ".awsvault" / "keys", {"vaulted": VAULTED})
    watched = Watched(home, tmp_path)
    constant = [PASSPHRASE, NEW, SEED, RAW_SEED, THIRD.secret, OTHER.secret, VAULTED.secret, FILE_PASSPHRASE]
    shown = []
    with gnome_keyring(home.env) as keyring:
        home.env["DBUS_SESSION_BUS_ADDRESS"] = keyring.bus
        for command, how in RUNS:
            slots = json.loads(home.run("slot", "list", "--json").done().stdout)["slots"] if "SLOT" in command else []
            stand_ins = {"FETCH": FETCH} | ({"SLOT": slots[-1]["id"]} if slots else {})
            if "IDENTITY" in command:
                stand_ins["IDENTITY"] = home.run("identity").done().stdout.strip()
            words = [stand_ins.get(word, word.replace("FOLDER", str(tmp_path))) for word in command.split()]
            said = watched.run(*words, **how)
            if command.startswith(("awskeys slot", "awskeys rekey")) and how is SAYS:
                shown += [code_in(said), code_in(said).replace("-", "")]
            elif how is SAYS:
                # It is found where it is asked for.
                assert secrets_in([("", said.encode())], [*constant, *roles.secrets]), command
            if "--server" in words:
                shown.append(said.split()[0])
        assert watched.found([*constant, *shown, *roles.secrets]) == []
    assert len(shown) == 7 and len(roles.secrets) > 10
    tree = json.loads(home.run("--experimental-dump-help").done().stdout)["command"]
    forgotten = [each for each in leaves(tree) if not any(tuple(asked[: len(each)]) == each for asked in watched.asked)]
    assert forgotten == []


@pytest.fixture(params=["passphrase", "keyring"])
def watched(request: pytest.FixtureRequest, make_home: MakeHome, tmp_path: Path) -> Iterator[Watched]:
    """A home with either way in, whose temporary files lie in it too."""
    home = make_home(passphrase=request.param == "passphrase")
    with ExitStack() as stack:
        if request.param == "keyring":
            home.env["DBUS_SESSION_BUS_ADDRESS"] = stack.enter_context(gnome_keyring(home.env)).bus
        yield Watched(home, tmp_path)


def test_no_way_into_the_store_gives_a_secret_away(watched: Watched) -> None:
    assert len(secrets_in([(n, c) for n, c in watched.home.files().items()], SECRETS)) == 3, "nothing to move"
    watched.run("awskeys", "import", "--yes")
    for _ in ("warm", "cold"):
        assert DEV.secret in watched.run("awskeys-credential-process", "dev", says_it=True)
        assert PROD.secret in watched.run("awskeys", "credential-process", "prod", says_it=True)
        watched.run("awskeys", "lock")
    watched.run("awskeys-credential-process", "nobody", status=66)
    assert watched.found(SECRETS) == []


def test_undo_leaves_no_copy_but_the_two_files(watched: Watched) -> None:
    watched.home.import_all()
    watched.run("awskeys", "import", "--undo", "--yes", writes_it=True)
    found = {line.split(":")[0] for line in watched.found(SECRETS)}
    assert found == {"file .aws/config", "file .aws/credentials"}


def test_a_wrong_passphrase_is_not_repeated_in_the_message(home: Home, tmp_path: Path) -> None:
    home.import_all().run("lock").done()
    wrong = "tr0ub4dor-and-three"
    home.use_passphrase(wrong)
    watched = Watched(home, tmp_path)
    watched.run("awskeys-credential-process", "dev", status=77)
    assert secrets_in(watched.places, [wrong, *SECRETS]) == []
