"""`awskeys doctor` as a command: silence, paragraphs, exit codes, questions, and taking fixes back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import programs
from canary import secrets_in
from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED, OTHER, PROD
from home import CONFIG, CREDENTIALS, Home
from terminal import Terminal
from tracing import STRACE
from watched import Watched

FIX = ("doctor", "--fix", "--yes")
UNDO = ("doctor", "--undo", "--yes")
# Everything is mended in one go: `[old]`, a comment, and a setting that stands twice.
ILL_CONFIG = CONFIG + "[old]\nregion = eu-west-1 # of old\n"
ILL_CREDENTIALS = f"{CREDENTIALS}[plain]\nregion = us-east-2\nregion = us-east-2\n"


@pytest.fixture
def ill(make_home: MakeHome) -> Home:
    """A home whose files can be mended, with keys in plain text."""
    return make_home("ill", config=ILL_CONFIG, credentials=ILL_CREDENTIALS)


@pytest.fixture
def sound(make_home: MakeHome) -> Home:
    """A home with a key that was never in plain text, settings, a role, and two ways into the store."""
    config = CONFIG.replace(PROD.lines(), "")
    home = make_home("sound", config=config, credentials="")
    home.run("add", "dev", "--yes", stdin=f"{DEV.id}\n{DEV.secret}\n").done()
    home.run("slot", "add", "recovery").done()
    return home


def test_a_healthy_machine_hears_nothing(sound: Home) -> None:
    before = sound.files()
    assert sound.run("doctor") == programs.Result(0, "", "")
    assert json.loads(sound.run("doctor", "--json").done().stdout) == {"findings": []}
    assert sound.run("doctor", "--fix").done().stdout == "nothing is wrong\n"
    assert sound.files() == before


def test_after_an_import_the_files_and_the_environment_are_healthy(home: Home) -> None:
    found = json.loads(home.import_all().run("doctor", "--json").stdout)["findings"]
    assert {each["rule"] for each in found} == {"exposed-key", "one-way-in"}


def test_a_machine_with_nothing_at_all_is_healthy(make_home: MakeHome) -> None:
    home = make_home(config=None, credentials=None, passphrase=False)
    (home.path / ".aws").rmdir()
    assert home.run("doctor") == programs.Result(0, "", "")


def test_findings_are_paragraphs_and_errors_come_first(make_home: MakeHome) -> None:
    home = make_home(config=f"[default]\n{DEV.lines()}[b]\nregion = a\n", credentials="[c]\nwhat is this\n")
    result = home.run("doctor")
    assert (result.status, result.stderr) == (3, "")
    paragraphs = result.stdout.rstrip("\n").split("\n\n")
    assert paragraphs[0] == (
        f"error: {home.credentials}:2: the line is neither a section nor a setting: boto3 and the AWS CLI cannot read "
        "the file\n  hint: delete the line, or put `#` before it"
    )
    assert [text.split(":")[0] for text in paragraphs] == ["error", "warning", "warning", "note"]
    assert all(text.count("\n  hint: ") == 1 for text in paragraphs)


def test_warnings_alone_have_an_exit_code_of_their_own(home: Home) -> None:
    result = home.run("doctor")
    assert (result.status, result.stderr) == (2, "") and "error: " not in result.stdout


def test_the_json_names_everything(make_home: MakeHome) -> None:
    home = make_home(config="[dev]\nregion = x\n", credentials="")
    assert json.loads(home.run("doctor", "--json").stdout) == {
        "findings": [
            {
                "rule": "unprefixed-section",
                "severity": "warning",
                "file": str(home.config),
                "line": 1,
                "profile": "dev",
                "message": '[dev] has no "profile " before its name, so only some SDKs find it',
                "hint": "`awskeys doctor --fix` writes [profile dev]",
                "fixable": True,
            }
        ]
    }


def test_it_looks_at_what_it_can_where_files_cannot_be_read(home: Home) -> None:
    home.config.unlink()
    home.config.mkdir()
    result = home.run("doctor", env={"AWS_PROFILE": "nobody"})
    assert result.status == 3 and f'error: {home.config}: it cannot be read' in result.stdout
    # Nobody can say that it isn't in the other file.
    assert "nobody" not in result.stdout and 'profile "dev" has a key' in result.stdout
    before = home.files()
    home.run("doctor", "--fix").failed(74, str(home.config), hint=False)
    assert home.files() == before


def test_it_asks_nobody_and_opens_no_store(sound: Home) -> None:
    sound.run("lock").done()
    before = sound.files()
    assert sound.run("doctor") == programs.Result(0, "", "")
    assert json.loads(sound.run("status", "--json").done().stdout)["locked"] is True
    assert sound.files() == before


def test_copies_of_keys_in_the_store_are_found_while_it_is_unlocked(sound: Home) -> None:
    (sound.path / ".env").write_text(f"SECRET={DEV.secret}\n")
    result = sound.run("doctor")
    assert result.status == 2 and f'"{sound.path}/.env" has the key of dev in plain text' in result.stdout
    sound.run("lock").done()
    assert sound.run("doctor").stdout == ""


def test_a_fix_makes_a_store_that_keeps_what_the_files_held(ill: Home) -> None:
    before = ill.files(".aws")
    fixed = ill.run(*FIX)
    assert fixed.status == 2 and "mended 3 findings\n" in fixed.stdout
    assert ill.config.read_text() == CONFIG + "[profile old]\n# of old\nregion = eu-west-1\n"
    assert ill.credentials.read_text() == f"{CREDENTIALS}[plain]\nregion = us-east-2\n"
    assert ill.store.is_file() and secrets_in([("store", ill.store.read_bytes())], [DEV.secret]) == []
    assert ill.run(*UNDO).done().stdout == "took the latest fix back\n"
    assert ill.files(".aws") == before


def test_a_dry_run_shows_the_fixes_without_a_secret_and_changes_nothing(make_home: MakeHome) -> None:
    secret = DEV.lines().splitlines()[1]
    lines = f"{DEV.lines()}{secret} # {OTHER.secret}\n{secret}\n"
    home = make_home(config="", credentials=f"[dev]\n{lines}[x]\n{secret}\n[x]")
    before = home.files()
    shown = home.run("doctor", "--fix", "--dry-run").done()
    assert "- aws_secret_access_key = ****************\n" in shown.stdout
    assert not any(key.secret[10:] in shown.stdout + shown.stderr for key in (DEV, OTHER))
    assert home.files() == before


def test_rules_choose_what_is_mended(ill: Home) -> None:
    ill.run(*FIX, "--rule", "unprefixed-section")
    assert ill.config.read_text() == CONFIG + "[profile old]\nregion = eu-west-1 # of old\n"
    assert ill.credentials.read_text() == ILL_CREDENTIALS
    # Of what is left, only these are spoken of.
    assert ill.run(*FIX, "--rule", "inline-comment").done().stdout.endswith("mended 1 finding\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--fix", "--rule", "nonsense"),
        ("--rule", "plain-keys"),
        ("--dry-run",),
        ("--yes",),
        ("--undo", "--fix"),
        ("--undo", "--json"),
        ("--fix", "--json"),
    ],
)
def test_a_wrong_usage_is_told(home: Home, words: tuple[str, ...]) -> None:
    before = home.files()
    result = home.run("doctor", *words)
    assert (result.status, result.stdout) == (64, "") and result.stderr.startswith("awskeys: ")
    assert home.files() == before


def test_a_person_is_asked_once_and_may_say_no(ill: Home) -> None:
    before = ill.files(".aws")
    for answer in ("n", "y"):
        terminal = Terminal(ill, "doctor", "--fix")
        status = terminal.answers([], {"mend this": answer, "recovery code": "n"})
        assert terminal.seen.count("mend this?") == 1
        assert (status, ill.files(".aws") == before) == ((1, True) if answer == "n" else (2, False))
    terminal = Terminal(ill, "doctor", "--undo")
    assert terminal.answers([], {}) == 0 and ill.files(".aws") == before


def test_without_a_terminal_and_without_yes_nothing_is_mended(ill: Home) -> None:
    before = ill.files()
    result = ill.run("doctor", "--fix")
    assert result.status == 64 and "--yes" in result.hint and ill.files() == before
    ill.run(*FIX)
    before = ill.files()
    ill.run("doctor", "--undo").failed(64, "--yes")
    assert ill.files() == before


def test_without_a_way_to_keep_the_bytes_nothing_is_mended(make_home: MakeHome) -> None:
    home = make_home(config=ILL_CONFIG, passphrase=False)
    before = home.files()
    result = home.run(*FIX)
    assert result.status == 69 and "AWSKEYS_PASSPHRASE_FILE" in result.hint and home.files() == before


def test_permissions_need_no_store(make_home: MakeHome) -> None:
    home = make_home(config=CONFIG.replace(PROD.lines(), ""), credentials="", passphrase=False)
    home.credentials.chmod(0o664)
    fixed = home.run(*FIX)
    assert f'"{home.credentials}" has mode 600 now' in fixed.stdout.splitlines()
    assert home.credentials.stat().st_mode & 0o777 == 0o600 and not home.store.exists()


def test_links_stay_links(ill: Home, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles"
    ill.config.rename(real)
    ill.config.symlink_to(real)
    ill.run(*FIX)
    assert ill.config.is_symlink() and real.read_text().endswith("[profile old]\n# of old\nregion = eu-west-1\n")
    ill.run(*UNDO).done()
    assert ill.config.is_symlink() and real.read_text() == ILL_CONFIG


def test_one_file_for_both_names_is_left_alone(ill: Home) -> None:
    ill.credentials.unlink()
    ill.credentials.symlink_to(ill.config)
    before = ill.config.read_bytes()
    assert "`awskeys doctor --fix`" not in ill.run("doctor").stdout
    ill.run(*FIX)
    assert ill.config.read_bytes() == before and ill.credentials.is_symlink() and not ill.store.exists()


def test_nothing_to_take_back(home: Home) -> None:
    home.run(*UNDO).failed(66, "store")
    before = home.import_all().files()
    home.run(*UNDO).failed(66, "nothing to undo", hint=False)
    assert home.files() == before


def test_a_file_that_was_changed_since_is_left_alone(ill: Home) -> None:
    ill.run(*FIX)
    ill.credentials.write_text(ill.credentials.read_text() + "# a note\n")
    before = ill.files()
    ill.run(*UNDO).failed(78, f'"{ill.credentials}" was changed')
    assert ill.files() == before


def test_fixes_are_taken_back_one_by_one(ill: Home) -> None:
    states = [ill.files(".aws")]
    for rule in ("unprefixed-section", "inline-comment", "duplicate-setting"):
        ill.run(*FIX, "--rule", rule)
        states.append(ill.files(".aws"))
    while len(states) > 1:
        assert ill.files(".aws") == states.pop()
        ill.run(*UNDO).done()
    assert ill.files(".aws") == states.pop()
    ill.run(*UNDO).failed(66, hint=False)


def test_an_import_after_a_fix_is_undone_first(ill: Home) -> None:
    before = ill.files(".aws")
    ill.run(*FIX)
    mended = ill.files(".aws")
    ill.import_all()
    imported = ill.files(".aws")
    ill.run(*UNDO).failed(78, "import --undo")
    assert ill.files(".aws") == imported
    ill.run("import", "--undo", "--yes").done()
    assert ill.files(".aws") == mended
    ill.run("import", "--undo", "--yes").failed(66, hint=False)
    ill.run(*UNDO).done()
    assert ill.files(".aws") == before


def test_a_fix_after_an_import_is_undone_first(home: Home) -> None:
    before = home.files(".aws")
    home.import_all()
    imported = home.files(".aws")
    home.config.write_text(home.config.read_text() + "[old]\nregion = x\n")
    home.run(*FIX, "--rule", "unprefixed-section").done()
    mended = home.files(".aws")
    home.run("import", "--undo", "--yes").failed(78, "doctor --undo")
    assert home.files(".aws") == mended
    home.run(*UNDO).done()
    home.config.write_bytes(imported[".aws/config"])
    home.run("import", "--undo", "--yes").done()
    assert home.files(".aws") == before


def test_an_import_is_taken_back_past_a_fix_that_cannot_be(home: Home) -> None:
    home.import_all()
    home.config.write_text(home.config.read_text() + "[old]\nregion = x\n")
    home.run(*FIX, "--rule", "unprefixed-section").done()
    home.config.write_text(home.config.read_text() + "# a note\n")
    home.run("import", "--undo", "--yes").done()
    assert home.credentials.read_text() == CREDENTIALS
    assert PROD.secret in home.config.read_text()
    assert home.config.read_text().endswith("[profile old]\nregion = x\n# a note\n")


def test_what_is_removed_from_the_store_comes_back_by_no_undo(ill: Home) -> None:
    ill.run(*FIX)
    ill.import_all()
    ill.run("remove", "dev", "--yes").done()
    ill.run("import", "--undo", "--yes").done()
    ill.run(*UNDO).done()
    # All the rest is as it was before the fix.
    assert (ill.config.read_text(), ill.credentials.read_text()) == (
        ILL_CONFIG.replace(DEV.lines(), ""),
        ILL_CREDENTIALS.replace(DEV.lines(), ""),
    )


def test_removing_a_profile_leaves_other_keys_of_a_fix(make_home: MakeHome) -> None:
    more = f"[prod]\n{PROD.lines()}[prod]\n{PROD.lines()}"
    home = make_home(config="", credentials=f"[dev]\nregion = a\n[dev]\n{DEV.lines()}{more}")
    home.run(*FIX)
    assert home.credentials.read_text() == f"[dev]\nregion = a\n{DEV.lines()}[prod]\n{PROD.lines()}"
    home.run("import", "--profile", "dev", "--yes").done()
    home.run("remove", "dev", "--yes").done()
    home.run(*UNDO).done()
    assert home.credentials.read_text() == f"[dev]\nregion = a\n[dev]\n{more}"


def test_of_two_keys_none_is_dropped(make_home: MakeHome) -> None:
    home = make_home(config="", credentials=f"[dev]\n{DEV.lines()}[dev]\n{PROD.lines()}")
    assert "the values that should count" in home.run("doctor").stdout
    before = home.files()
    home.run(*FIX)
    assert home.files() == before


@pytest.mark.skipif(STRACE is None, reason="strace isn't there to show argv and environments")
def test_fixes_and_their_undo_leave_secrets_in_the_two_files_only(ill: Home, tmp_path: Path) -> None:
    secrets = [DEV.secret, PROD.secret, DOCUMENTED.secret]
    before = ill.files(".aws")
    watched = Watched(ill, tmp_path)
    watched.run("awskeys", "doctor", status=3)
    watched.run("awskeys", *FIX, status=2, writes_it=True)
    watched.run("awskeys", *UNDO, writes_it=True)
    assert secrets_in(watched.places, secrets) == [] and ill.files(".aws") == before
    assert {line.split(":")[0] for line in watched.found(secrets)} == {"file .aws/config", "file .aws/credentials"}


def test_programs_that_were_moved_are_named_where_they_are(home: Home, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    for name in (programs.AWSKEYS, programs.HELPER):
        shutil.copy2(home.folder / name, old / name)
    Home(home.path, old, home.env).import_all()
    old.rename(new)
    moved = Home(home.path, new, home.env)
    assert moved.run("doctor").status == 3
    # What else there is to say stays.
    assert moved.run("doctor", "--fix", "--rule", "missing-program", "--yes").status == 0
    assert str(old) not in home.config.read_text() and str(new) in home.config.read_text()
    asked = "import boto3; print(boto3.Session(profile_name='dev').get_credentials().access_key)"
    shown = subprocess.run([sys.executable, "-c", asked], env=home.env, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == DEV.id
