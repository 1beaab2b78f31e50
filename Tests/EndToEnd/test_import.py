"""What import shows, what it changes in the two files, and how it is taken back."""

from __future__ import annotations

import difflib
import json
import stat
import sys
from pathlib import Path

import pytest

import programs
from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, PROD, THIRD
from home import CONFIG, CREDENTIALS, KEYS, Home

PLAIN_FILES = {".aws/config": CONFIG.encode(), ".aws/credentials": CREDENTIALS.encode()}
CLI = Path(sys.executable).with_name("aws")


def changes(before: str, after: str) -> tuple[set[str], set[str]]:
    """Gives the lines that went and those that came."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return {line[2:] for line in lines if line[0] == "-"}, {line[2:] for line in lines if line[0] == "+"}


def process_line(home: Home, name: str) -> str:
    """Gives the line that stands for a key."""
    return f"credential_process = {home.helper} {name}"


def assert_imported(home: Home) -> None:
    """Asserts that the everyday files lost their key lines, gained one line a profile, and nothing else changed."""
    gone, came = changes(CREDENTIALS, home.credentials.read_text())
    assert gone == set((DOCUMENTED.lines() + DEV.lines()).splitlines())
    assert came == set()
    gone, came = changes(CONFIG, home.config.read_text())
    assert gone == set(PROD.lines().splitlines())
    assert came == {process_line(home, name) for name in KEYS}


def assert_resolves(home: Home, *names: str) -> None:
    """Asserts that the store gives the keys of the profiles."""
    for name in names:
        document = json.loads(home.resolve(name).done().stdout)
        assert (document["AccessKeyId"], document["SecretAccessKey"]) == (KEYS[name].id, KEYS[name].secret)


def test_import_replaces_the_key_lines_and_nothing_else(home: Home) -> None:
    home.import_all()
    assert_imported(home)
    assert_resolves(home, *KEYS)


def test_the_plan_names_every_profile_and_masks_every_secret(home: Home) -> None:
    plan = home.run("import", "--dry-run").done()
    for name in [*KEYS, "credential_process", "aws_secret_access_key"]:
        assert name in plan.stdout
    assert not any(key.secret[10:] in plan.stdout + plan.stderr for key in KEYS.values())
    assert "\x1b" not in plan.stdout, "colour without a terminal"


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_dry_run_changes_nothing(home: Home, json_too: list[str]) -> None:
    before = home.files()
    home.run("import", "--dry-run", *json_too).done()
    assert home.files() == before


def test_the_json_plan_says_what_happens_to_each_profile(home: Home) -> None:
    backup = home.path / ".aws" / "credentials.bak"
    backup.write_text(CREDENTIALS)
    plan = json.loads(home.run("import", "--dry-run", "--json").done().stdout)
    assert {name: plan[name] for name in ("store", "config", "credentials")} == {
        "store": str(home.store),
        "config": str(home.config),
        "credentials": str(home.credentials),
    }
    profiles = {each.pop("profile"): each for each in plan["profiles"]}
    assert profiles == {
        name: {"access_key_id": key.id, "action": "import", "into": ["config"]} for name, key in KEYS.items()
    }
    assert [copy["path"] for copy in plan["copies"]] == [str(backup)]
    assert all(copy["what"] for copy in plan["copies"])


def test_without_yes_and_without_a_terminal_nothing_happens(home: Home) -> None:
    before = home.files()
    home.run("import").failed(64, "--yes", after_plan=True)
    assert home.files() == before


def test_without_a_passphrase_a_keyring_or_a_terminal_no_store_is_made(make_home: MakeHome) -> None:
    home = make_home(passphrase=False)
    before = home.files()
    home.run("import", "--yes").failed(69, after_plan=True)
    assert home.files() == before


def test_a_systemd_credential_gives_the_passphrase(make_home: MakeHome, tmp_path: Path) -> None:
    home = make_home(passphrase=False)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "awskeys-passphrase").write_text("of the service EXAMPLE\n")
    home.env["CREDENTIALS_DIRECTORY"] = str(tmp_path / "credentials")
    home.import_all().run("lock").done()
    assert_resolves(home, *KEYS)


def test_only_the_chosen_profiles_are_imported(home: Home) -> None:
    home.run("import", "--yes", "--profile", "prod").done()
    assert home.credentials.read_text() == CREDENTIALS
    assert process_line(home, "prod") in home.config.read_text().splitlines()
    assert [each["profile"] for each in json.loads(home.run("list", "--json").stdout)["profiles"]] == ["prod"]


def test_a_chosen_profile_that_does_not_exist_is_an_error(home: Home) -> None:
    before = home.files()
    home.run("import", "--yes", "--profile", "nobody").failed(66, "nobody")
    assert home.files() == before


@pytest.mark.parametrize(
    ("into", "files"), [("config", {"config"}), ("credentials", {"credentials"}), ("both", {"config", "credentials"})]
)
def test_the_line_goes_into_the_wanted_file(home: Home, into: str, files: set[str]) -> None:
    home.run("import", "--yes", "--into", into).done()
    for file in ("config", "credentials"):
        lines = (home.path / ".aws" / file).read_text().splitlines()
        assert {name: process_line(home, name) in lines for name in KEYS} == dict.fromkeys(KEYS, file in files)
    assert_resolves(home, *KEYS)
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == PLAIN_FILES


def test_importing_again_is_harmless(home: Home) -> None:
    home.import_all()
    before = home.files(".aws")
    again = home.run("import", "--yes").done()
    assert home.files(".aws") == before
    assert again.stderr == ""
    assert_resolves(home, *KEYS)


def test_symlinks_stay_symlinks_and_modes_stay(make_home: MakeHome, tmp_path: Path) -> None:
    home = make_home()
    for file, mode in ((home.config, 0o644), (home.credentials, 0o640)):
        real = tmp_path / "dotfiles" / file.name
        real.parent.mkdir(exist_ok=True)
        file.rename(real)
        real.chmod(mode)
        file.symlink_to(Path("../..") / "dotfiles" / file.name)
    home.import_all()
    assert_imported(home)
    for file, mode in ((home.config, 0o644), (home.credentials, 0o640)):
        assert file.is_symlink()
        assert stat.S_IMODE(file.stat().st_mode) == mode
    assert sorted(path.name for path in (tmp_path / "dotfiles").iterdir()) == ["config", "credentials"]


def test_the_store_is_for_its_owner_only(home: Home) -> None:
    home.import_all()
    assert stat.S_IMODE(home.store.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.store.parent.stat().st_mode) == 0o700


def test_the_files_that_the_environment_names_are_changed(home: Home) -> None:
    for variable, file in (("AWS_CONFIG_FILE", home.config), ("AWS_SHARED_CREDENTIALS_FILE", home.credentials)):
        elsewhere = home.path / f"my-{file.name}"
        file.rename(elsewhere)
        home.env[variable] = str(elsewhere)
    home.import_all()
    assert home.files(".aws") == {}
    assert changes(CREDENTIALS, (home.path / "my-credentials").read_text())[1] == set()
    home.run("import", "--undo", "--yes").done()
    assert (home.path / "my-config").read_text() == CONFIG


def test_a_missing_config_is_made_and_goes_again_with_undo(make_home: MakeHome) -> None:
    home = make_home(config=None)
    home.import_all()
    text = home.config.read_text()
    assert process_line(home, "dev") in text and "[profile dev]" in text and "[default]" in text
    assert_resolves(home, "default", "dev")
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == {".aws/credentials": CREDENTIALS.encode()}


def test_a_missing_credentials_file_is_no_trouble(make_home: MakeHome) -> None:
    home = make_home(credentials=None)
    home.import_all()
    assert_resolves(home, "prod")
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == {".aws/config": CONFIG.encode()}


def test_an_empty_file_stays_an_empty_file(make_home: MakeHome) -> None:
    home = make_home(credentials="")
    home.import_all()
    assert home.credentials.read_bytes() == b""
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == {".aws/config": CONFIG.encode(), ".aws/credentials": b""}


def test_with_nothing_to_import_nothing_happens(make_home: MakeHome) -> None:
    home = make_home(config="[default]\nregion = us-east-1\n", credentials=None)
    before = home.files()
    home.run("import", "--yes").done()
    assert home.files(".aws") == {name: text for name, text in before.items() if name.startswith(".aws/")}


def configure(home: Home, key_id: str, secret: str) -> None:
    """Runs the AWS CLI's own dialogue for the profile dev, which writes keys into credentials."""
    answers = f"{key_id}\n{secret}\n\n\n"
    programs.run([str(CLI), "configure", "--profile", "dev"], home.env, stdin=answers).done()
    assert key_id in home.credentials.read_text()


def test_the_same_key_that_aws_configure_brought_back_is_imported_again(home: Home) -> None:
    home.import_all()
    configure(home, DEV.id, DEV.secret)
    home.run("import", "--yes").done()
    assert DEV.id not in home.credentials.read_text()
    assert home.config.read_text().count(process_line(home, "dev")) == 1
    assert_resolves(home, *KEYS)


def test_another_key_that_aws_configure_brought_is_left_and_named(home: Home) -> None:
    home.import_all()
    configure(home, THIRD.id, THIRD.secret)
    before = home.files(".aws")
    plan = json.loads(home.run("import", "--dry-run", "--json").done().stdout)
    (dev,) = [each for each in plan["profiles"] if each["profile"] == "dev"]
    assert (dev["action"], dev["reason"]) == ("leave", "in-store")
    assert "dev" in home.run("import", "--yes").done().stdout
    assert home.files(".aws") == before
    assert_resolves(home, *KEYS)


def test_undo_gives_every_byte_back_and_empties_the_store(home: Home) -> None:
    home.import_all().run("import", "--undo", "--yes").done()
    assert home.files(".aws") == PLAIN_FILES
    assert json.loads(home.run("list", "--json").done().stdout)["profiles"] == []
    home.run("import", "--undo", "--yes").failed(66, hint=False)
    home.import_all()
    assert_imported(home)


def test_undo_takes_back_one_import_at_a_time(home: Home) -> None:
    home.run("import", "--yes", "--profile", "dev").done()
    between = home.files(".aws")
    home.run("import", "--yes").done()
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == between
    assert_resolves(home, "dev")
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == PLAIN_FILES


def test_undo_after_a_change_keeps_the_change_and_brings_the_keys_back(home: Home) -> None:
    home.import_all()
    with open(home.config, "a") as config:
        config.write("\n[profile later]\nregion = eu-north-1\n")
    home.run("import", "--undo", "--yes").done()
    text = home.config.read_text()
    assert "[profile later]\nregion = eu-north-1\n" in text
    assert set(PROD.lines().splitlines()) <= set(text.splitlines())
    assert "credential_process" not in text
    assert home.credentials.read_text() == CREDENTIALS


def test_undo_without_a_store_has_nothing_to_undo(home: Home) -> None:
    home.run("import", "--undo", "--yes").failed(66)
    assert home.files(".aws") == PLAIN_FILES
