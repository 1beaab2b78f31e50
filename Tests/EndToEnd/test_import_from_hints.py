"""`awskeys import --from`: what it says of what stays destroys no key and breaks no profile, whatever lies there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, OTHER, PROD, Key
from home import Home, Result
from other_tools import FILE_PASSPHRASE, file_store, write_item
from stub_iam import Stub

VECTORS = Path(__file__).parents[2] / "Migration" / "aws-vault" / "keys"


def csv(path: Path, *rows: tuple[str, Key]) -> Path:
    """A file of the console's."""
    lines = "".join(f'"{user}",{key.id},{key.secret}\n' for user, key in rows)
    path.write_text("User name,Access key ID,Secret access key\n" + lines)
    return path


def import_csv(home: Home, *words: str | Path) -> Result:
    return home.run("import", "--from", "csv", *map(str, words), "--yes").done()


def advised(done: Result) -> str | None:
    """The command that would destroy the files."""
    found = re.search(r"`(shred .*)`", done.stderr)
    return found and found[1]


# MARK: the console's files


def test_a_file_with_keys_that_stay_behind_is_to_be_kept(home: Home) -> None:
    file = csv(home.path / "keys.csv", ("joe", OTHER), ("ann smith", PROD), ("bob", DEV))
    done = import_csv(home, file, "--profile", "joe")
    assert advised(done) is None and "ann smith, bob" in done.stderr and f'keep "{file}"' in done.stderr
    # One that can't have that name is left alone; the others are there then.
    done = import_csv(home, file)
    assert "left alone: ann smith" in done.stdout
    assert advised(done) is None and "doesn't have: ann smith\n" in done.stderr
    whole = csv(home.path / "ann.csv", ("ann smith", PROD))
    assert advised(import_csv(home, whole, "--profile", "ann")) == f"shred -u {whole}"


def test_a_file_whose_keys_are_all_there_may_go(home: Home) -> None:
    import_csv(home, csv(home.path / "joe.csv", ("joe", OTHER)))
    both = csv(home.path / "both.csv", ("joe", OTHER), ("bob", DEV))
    other = csv(home.path / "other.csv", ("carol", PROD), ("ann smith", DOCUMENTED))
    done = import_csv(home, both, other)
    assert advised(done) == f"shred -u {both}"
    assert f'keep "{other}": it has keys that the store doesn\'t have: ann smith\n' in done.stderr


def test_another_key_under_the_name_is_not_there(home: Home) -> None:
    import_csv(home, csv(home.path / "joe.csv", ("joe", OTHER)))
    file = csv(home.path / "both.csv", ("joe", Key(OTHER.id, DEV.secret)), ("bob", PROD))
    done = import_csv(home, file)
    assert "imported 1 profile" in done.stdout and advised(done) is None and "doesn't have: joe\n" in done.stderr


def test_a_file_with_a_password_is_to_be_kept(home: Home) -> None:
    file = home.path / "new_user_credentials.csv"
    file.write_text(f"User name,Password,Access key ID,Secret access key\nann,example,{OTHER.id},{OTHER.secret}\n")
    done = import_csv(home, file)
    assert advised(done) is None and f'keep "{file}" until you have its passwords elsewhere' in done.stderr


def test_the_command_that_is_advised_does_what_it_says(home: Home) -> None:
    names = ["dev_accessKeys (1).csv", "a'b $(touch x).csv", "-n.csv", 'a "b" \\ `c`.csv']
    for number, (name, key) in enumerate(zip(names, (OTHER, PROD, DEV, DOCUMENTED), strict=True)):
        csv(home.path / name, (f"user{number}", key))
    command = advised(home.run("import", "--from", "csv", "--yes", "--", *names).done())
    assert command
    subprocess.run(["sh", "-c", command], cwd=home.path, check=True, timeout=60)
    assert not list(home.path.glob("*.csv")) and not (home.path / "x").exists()


# MARK: the tools' copies


def vault(make_home: MakeHome, config: str, keys: dict[str, Key], name: str = "home") -> Home:
    home: Home = make_home(name, config=config, credentials=None)
    file_store(home.path / ".awsvault" / "keys", keys)
    home.env["AWS_VAULT_FILE_PASSPHRASE"] = FILE_PASSPHRASE
    return home


def taken(home: Home, *words: str) -> Result:
    return home.run("import", "--from", "aws-vault", *words, "--yes").done()


GOOD = "[profile good]\ncredential_process = aws-vault exec --json good\n"
STAYING = {
    "in a shell": 'credential_process = sh -c "aws-vault exec --json good"',
    "for a role": "credential_process = aws-vault exec --json admin",
    "option before": "credential_process = aws-vault --debug exec --json good",
    "environment": "credential_process = env AWS_VAULT_FILE_PASSPHRASE=geheim aws-vault exec --json good",
    "quoted name": 'credential_process = aws-vault exec --json "good"',
    "quoted path": 'credential_process = "/opt/a b/aws-vault" exec --json good',
    "unknown option": "credential_process = aws-vault exec --json --assume-role-ttl 1h good",
    "another program": "credential_process = aws-vault exec good -- ls",
    "another vault": "credential_process = aws-vault exec --json --file-dir=/elsewhere good",
    "another backend": "credential_process = aws-vault exec --json --backend keychain good",
    "a code": "mfa_process = aws-vault-code good",
    "another case": "CREDENTIAL_PROCESS = aws-vault exec --json admin",
    "continued": "credential_process = sh -c\n  'aws-vault exec --json good'",
}


@pytest.mark.parametrize("how", STAYING)
def test_a_copy_that_is_asked_for_is_to_be_kept(make_home: MakeHome, how: str) -> None:
    role = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = good\n"
    home = vault(make_home, f"{GOOD}\n{role}\n[profile asking]\n{STAYING[how]}\n", {"good": DEV})
    done = taken(home)
    assert STAYING[how] in home.config.read_text() and home.config.read_text().count(home.helper) == 1
    assert "these still ask aws-vault, so keep its copy: asking\n" in done.stderr, done
    assert "aws-vault remove" not in done.stderr and "geheim" not in done.stdout + done.stderr


def test_a_section_that_only_some_find_is_named_too(make_home: MakeHome) -> None:
    home = vault(make_home, f'{GOOD}[profile "odd"]\ncredential_process = aws-vault exec --json good\n', {"good": DEV})
    home.credentials.write_text("[creds]\ncredential_process = sh -c 'aws-vault exec --json good'\n")
    assert "so keep its copy: odd, creds\n" in taken(home).stderr


def test_a_copy_that_nobody_asks_for_may_go_by_the_tools_name_for_it(make_home: MakeHome) -> None:
    config = f"{GOOD}[profile cli]\ncredential_process = aws-vault export --format=json good\n"
    config += "[profile aws-vault]\nregion = us-east-1\n"
    home = vault(make_home, config, {"good": DEV, "aws-vault": PROD, "a b": OTHER})
    done = taken(home)
    assert "aws-vault still has its copy: `aws-vault remove aws-vault`, `aws-vault remove good`\n" in done.stderr
    again = vault(make_home, config, {"good": DEV, "other": OTHER}, "again")
    assert "keep its copy: good\n" in taken(again, "--profile", "cli").stderr
    assert "still has its copy: `aws-vault remove good`\n" in taken(again, "--profile", "good").stderr


def test_the_same_place_by_an_option_is_the_same_place(make_home: MakeHome) -> None:
    home = make_home(config=None, credentials=None)
    folder = file_store(home.path / "vault", {"good": DEV})
    home.env |= {"AWS_VAULT_FILE_DIR": str(folder), "AWS_VAULT_FILE_PASSPHRASE": FILE_PASSPHRASE}
    home.env["AWS_VAULT_BACKEND"] = "file"
    options = f"--backend file --file-dir={folder}"
    home.config.write_text(f"[profile good]\ncredential_process = aws-vault exec {options} --json good\n")
    assert "`aws-vault remove good`" in taken(home).stderr and "aws-vault" not in home.config.read_text()


# MARK: what lies there

FORGED = "x\n\x1b[2Kdefault  AKIA…FAKE  store\r\u202e"


def is_harmless(*done: Result) -> bool:
    return not any(set(each.stdout + each.stderr) & set("\x1b\r\u202e\x9b") for each in done)


def test_names_from_elsewhere_forge_no_line(make_home: MakeHome) -> None:
    home = vault(make_home, "", {"good": DEV, FORGED: OTHER})
    file = csv(home.path / f"{FORGED}.csv", (FORGED, PROD), ("fine", OTHER))
    done = [
        home.run("import", "--from", source, *more, *words).done()
        for source, more in (("aws-vault", []), ("csv", [str(file)]))
        for words in (["--dry-run"], ["--yes"])
    ]
    assert is_harmless(*done) and not [each for each in done if "\ndefault" in each.stdout + each.stderr]
    assert all("left alone: x??[2Kdefault  AKIA…FAKE  store??: its name has" in each.stdout for each in done)
    assert advised(done[-1]) is None and 'keep "' in done[-1].stderr
    alone = import_csv(home, csv(file, ("other", PROD)))
    assert advised(alone) is None and is_harmless(alone) and "still lie in plain text in" in alone.stderr
    (home.path / ".awsvault" / "keys" / FORGED).write_text("nothing that would open")
    refused = [home.run("import", "--from", "aws-vault", "--yes")]
    for text in ("", f"User name,Access key ID,Secret access key\n,{DEV.id},{DEV.secret}\nx,,\n"):
        file.write_text(text)
        refused.append(home.run("import", "--from", "csv", str(file), "--yes"))
    csv(file, (FORGED, PROD), (FORGED, OTHER))
    refused.append(home.run("import", "--from", "csv", str(file), "--yes"))
    refused.append(home.run("import", "--from", "csv", str(home.path / f"{FORGED}.none"), "--yes"))
    assert [each.status for each in refused] == [65, 64, 64, 64, 74] and is_harmless(*refused)
    assert not [each for each in refused if "\ndefault" in each.stderr]


def test_what_is_no_file_is_said_to_be_none(make_home: MakeHome) -> None:
    home = vault(make_home, "", {"good": DEV})
    os.mkfifo(home.path / ".awsvault" / "keys" / "pipe")
    refused = home.run("import", "--from", "aws-vault", "--yes")
    refused.failed(74, 'keys/pipe": Is no file', "`--profile NAME` takes others without it")
    for path in (home.path / ".awsvault" / "keys" / "pipe", "/dev/null"):
        home.run("import", "--from", "csv", str(path), "--yes").failed(74, f'"{path}": Is no file', hint=False)
    taken(home, "--profile", "good")


def test_dot_files_are_passed_over_unless_they_are_items(make_home: MakeHome) -> None:
    home = vault(make_home, "", {"good": DEV, ".dotted": PROD})
    folder = home.path / ".awsvault" / "keys"
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / ".git").mkdir()
    os.mkfifo(folder / ".pipe")
    assert "imported 2 profiles" in taken(home).stdout
    listed = json.loads(home.run("list", "--json").done().stdout)["profiles"]
    assert [each["profile"] for each in listed] == [".dotted", "good"]
    for name in ("good", ".dotted"):
        (folder / name).unlink()
    del home.env["AWS_VAULT_FILE_PASSPHRASE"]
    home.run("import", "--from", "aws-vault", "--yes").failed(66, "no keys of aws-vault")


# MARK: what aws-vault's library writes


def test_what_aws_vaults_own_library_wrote_comes_over(home: Home) -> None:
    shutil.copytree(VECTORS, home.path / ".awsvault" / "keys")
    home.env["AWS_VAULT_FILE_PASSPHRASE"] = "a long passphrase for trials"
    home.config.write_text("[profile dev]\ncredential_process = aws-vault exec --json dev\n")
    home.credentials.unlink()
    done = taken(home)
    assert "left alone: team prod: its name has characters other than letters, digits and _.+@%/:-" in done.stdout
    assert "imported 1 profile" in done.stdout and "`aws-vault remove dev`\n" in done.stderr
    shown = json.loads(home.run("export", "dev", "--no-session").done().stdout)
    assert shown["AccessKeyId"] == "AKIAIOSFODNN7EXAMPLE"
    assert shown["SecretAccessKey"] == "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    # Under a name that every SDK reads, the other one comes over too.
    with home.config.open("a") as config:
        config.write("[profile prod]\ncredential_process = aws-vault exec --json team_prod\n")
    (home.path / ".awsvault/keys/team prod").rename(home.path / ".awsvault/keys/team_prod")
    assert "imported 2 profiles" in taken(home).stdout
    shown = json.loads(home.run("export", "prod", "--no-session").done().stdout)
    assert shown["AccessKeyId"] == "AKIAI44QH8DHBEXAMPLE"
    assert shown["SecretAccessKey"] == "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"


# MARK: --verify


def test_aws_is_asked_whose_the_keys_are_before_anything_is_changed(make_home: MakeHome, stub: Stub) -> None:
    good, unknown = stub.user("ann").key(), OTHER
    home = vault(make_home, GOOD, {"good": good, "bad": unknown})
    home.env |= stub.environment | {"AWS_DEFAULT_REGION": "us-east-1"}
    before = home.files()
    refused = home.run("import", "--from", "aws-vault", "--verify", "--yes")
    refused.failed(77, "bad", "InvalidClientTokenId", after_plan=True)
    assert home.files() == before
    done = taken(home, "--verify", "--profile", "good")
    assert f"good: {good.id} is that of arn:aws:iam::" in done.stderr and "user/ann" in done.stderr
    assert set(stub.actions) == {"GetCallerIdentity"}
