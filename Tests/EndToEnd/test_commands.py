"""The commands around the store: add, list, remove, export, lock, status, slot; and how each refuses."""

from __future__ import annotations

import json
import os
import random
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

import programs
from conftest import MakeHome
from fake_keys import DEV, THIRD, Key, fake_key
from home import KEYS, PASSPHRASE, Home
from programs import Result

TWO_LINES = f"{THIRD.id}\n{THIRD.secret}\n"
CSV = {
    "user": f"User name,Password,Access key ID,Secret access key,Console login link\nann,,{THIRD.id},{THIRD.secret},\n",
    "key": f"Access key ID,Secret access key\n{THIRD.id},{THIRD.secret}\n",
    "BOM": f"\ufeffAccess key ID,Secret access key\r\n{THIRD.id},{THIRD.secret}\r\n",
    "quoted": f'"Access key ID","Secret access key"\n"{THIRD.id}","{THIRD.secret}"',
}
COMMANDS = ["import", "add", "list", "remove", "export", "credential-process", "lock", "unlock", "status", "slot", "rekey"]


@pytest.fixture(scope="module")
def shared(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A store that the tests of this module add to and take from, each under names of its own."""
    home = Home.make(tmp_path_factory.mktemp("commands") / "home").import_all()
    home.run("unlock", "--for", "8h").done()
    yield home
    home.lock()


def assert_holds(home: Home, name: str, key: Key) -> None:
    """Asserts that a profile gives the key, through the store and through its line in config."""
    document = json.loads(home.resolve(name).done().stdout)
    assert (document["AccessKeyId"], document["SecretAccessKey"]) == (key.id, key.secret)
    assert f"[profile {name}]\ncredential_process = {home.helper} {name}\n" in home.config.read_text()


def test_add_reads_two_lines_from_stdin(shared: Home) -> None:
    shared.run("add", "piped", "--yes", stdin=TWO_LINES).done()
    assert_holds(shared, "piped", THIRD)


@pytest.mark.parametrize("form", CSV)
def test_add_reads_the_csv_of_the_console(shared: Home, tmp_path: Path, form: str) -> None:
    file = tmp_path / "rootkey.csv"
    file.write_bytes(CSV[form].encode())
    shared.run("add", f"csv-{form}", "--csv", str(file), "--yes").done()
    assert_holds(shared, f"csv-{form}", THIRD)
    assert file.read_bytes() == CSV[form].encode()


def test_add_refuses_a_csv_without_a_key(shared: Home, tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("User name,Password\nann,EXAMPLE\n")
    before = shared.files()
    answer = shared.run("add", "csv-other", "--csv", str(file), "--yes")
    answer.failed(answer.status)
    assert answer.status in (64, 65, 66, 78), answer
    assert shared.files() == before


def test_add_takes_the_keys_of_the_environment(shared: Home) -> None:
    keys = {"AWS_ACCESS_KEY_ID": THIRD.id, "AWS_SECRET_ACCESS_KEY": THIRD.secret}
    shared.run("add", "from-env", "--from-env", "--yes", env=keys).done()
    assert_holds(shared, "from-env", THIRD)


def test_add_replaces_a_key_only_when_told(shared: Home) -> None:
    first = Key("AKIAFIRSTFIRSEXAMPLE", "EXAMPLE/first/first/first/first/first/fir")
    shared.run("add", "again", "--yes", stdin=f"{first.id}\n{first.secret}\n").done()
    before = shared.files()
    refused = shared.run("add", "again", "--yes", stdin=TWO_LINES)
    refused.failed(refused.status, "--replace")
    assert shared.files() == before
    shared.run("add", "again", "--replace", "--yes", stdin=TWO_LINES).done()
    assert_holds(shared, "again", THIRD)


@pytest.mark.parametrize("stdin", ["", f"{THIRD.id}\n", "\n\n"])
def test_add_refuses_half_a_key(shared: Home, stdin: str) -> None:
    before = shared.files()
    answer = shared.run("add", "half", "--yes", stdin=stdin)
    assert answer.status != 0 and answer.stdout == "" and answer.stderr.startswith("awskeys: "), answer
    assert shared.files() == before


def test_add_makes_a_store_and_a_config_when_there_are_none(make_home: MakeHome) -> None:
    home = make_home(config=None, credentials=None)
    home.run("add", "third", "--yes", stdin=TWO_LINES).done()
    assert_holds(home, "third", THIRD)
    assert stat.S_IMODE(home.config.stat().st_mode) & 0o077 == 0


def test_list_names_profiles_and_no_secret(imported: Home) -> None:
    listed = json.loads(imported.run("list", "--json").done().stdout)["profiles"]
    assert {each["profile"]: each["access_key_id"] for each in listed} == {n: key.id for n, key in KEYS.items()}
    assert all(each["exposed"] is True and each["added"][4] == "-" for each in listed)
    text = imported.run("list").done().stdout
    assert all(name in text and key.secret not in text for name, key in KEYS.items())


def test_an_added_key_that_never_lay_in_plain_text_is_not_exposed(shared: Home) -> None:
    # One that no other profile has: what is known of a key holds for all of its profiles.
    key = fake_key(random.Random("never in plain text"))
    shared.run("add", "clean", "--yes", stdin=f"{key.id}\n{key.secret}\n").done()
    listed = json.loads(shared.run("list", "--json").done().stdout)["profiles"]
    assert {each["profile"]: each["exposed"] for each in listed}["clean"] is False


def test_remove_takes_the_key_and_its_line(shared: Home) -> None:
    before = shared.config.read_text()
    shared.run("add", "leaving", "--yes", stdin=TWO_LINES).done()
    shared.run("remove", "leaving").failed(64, "--yes")
    shared.run("remove", "leaving", "--yes").done()
    # Its section is left.
    shared.resolve("leaving").failed(78, "no credentials")
    assert "leaving" not in shared.config.read_text().replace("[profile leaving]", "")
    assert set(before.splitlines()) <= set(shared.config.read_text().splitlines())
    shared.run("remove", "leaving", "--yes").failed(66)


ENVIRONMENT = f"AWS_ACCESS_KEY_ID={DEV.id}\nAWS_SECRET_ACCESS_KEY={DEV.secret}\n"


@pytest.mark.parametrize("form", ["env", "env-no-export"])
def test_a_shell_understands_export(imported: Home, form: str) -> None:
    text = imported.run("export", "dev", "--format", form).done().stdout
    assert text.count("export ") == (2 if form == "env" else 0)
    script = f"set -a\n{text}\nset +a\nenv | grep ^AWS_ | sort"
    assert programs.run(["/bin/sh", "-c", script], {"PATH": os.environ["PATH"]}).done().stdout == ENVIRONMENT


OTHER_SHELLS = {
    "fish": f"set -gx AWS_ACCESS_KEY_ID {DEV.id}\nset -gx AWS_SECRET_ACCESS_KEY {DEV.secret}\n",
    "powershell": f"$Env:AWS_ACCESS_KEY_ID='{DEV.id}'\n$Env:AWS_SECRET_ACCESS_KEY='{DEV.secret}'\n",
    "windows-cmd": f"set AWS_ACCESS_KEY_ID={DEV.id}\nset AWS_SECRET_ACCESS_KEY={DEV.secret}\n",
}


def quoted_values(text: str) -> str:
    """Puts quotes around the keys that have none."""
    return re.sub(rf"(?<!')({re.escape(DEV.id)}|{re.escape(DEV.secret)})(?!')", r"'\1'", text)


@pytest.mark.parametrize("form", OTHER_SHELLS)
def test_export_speaks_the_language_of_other_shells(imported: Home, form: str) -> None:
    text = imported.run("export", "dev", "--format", form).done().stdout
    # Which quotes stand around the values is a matter of taste: neither kind occurs in a key.
    assert text.replace("\r\n", "\n").replace('"', "'") in (OTHER_SHELLS[form], quoted_values(OTHER_SHELLS[form]))


@pytest.mark.parametrize("arguments", [[], ["--format", "process"], ["--format", "json"]])
def test_export_prints_json(imported: Home, arguments: list[str]) -> None:
    document = json.loads(imported.run("export", "dev", *arguments).done().stdout)
    assert (document["AccessKeyId"], document["SecretAccessKey"]) == (DEV.id, DEV.secret)


def test_export_writes_a_private_file_and_overwrites_none(imported: Home, tmp_path: Path) -> None:
    file = tmp_path / "exported"
    answer = imported.run("export", "dev", "--to-file", str(file)).done()
    assert DEV.secret not in answer.stdout + answer.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert "[dev]" in text and DEV.id in text and DEV.secret in text
    imported.run("export", "prod", "--to-file", str(file)).failed(73)
    assert file.read_text() == text
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    imported.run("export", "prod", "--to-file", str(link)).failed(73)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(("arguments", "shown"), [([], False), (["--reveal"], True)])
def test_export_shows_a_secret_on_a_terminal_only_when_told(imported: Home, arguments: list[str], shown: bool) -> None:
    argv = [str(imported.folder / "awskeys"), "export", "dev", *arguments]
    child = pexpect.spawn(argv[0], argv[1:], env=imported.env, encoding="utf-8", timeout=30)
    text = child.read()
    child.close()
    assert (DEV.secret in text, child.exitstatus) == (shown, 0 if shown else 64)
    assert shown or "--reveal" in text


def test_lock_forgets_and_unlock_remembers(home: Home) -> None:
    home.import_all()
    if status(home)["kernel_keyring"] != "available":
        pytest.skip("the kernel refuses keys here, so that nothing is remembered")
    home.run("lock").done()
    assert status(home)["locked"] is True
    home.run("unlock").done()
    home.forget_passphrase()
    assert status(home)["locked"] is False
    assert DEV.id in home.resolve("dev").done().stdout
    home.run("lock").done()
    home.resolve("dev").failed(77, "locked")
    home.run("unlock").failed(77)
    home.run("lock").done()


def status(home: Home) -> dict[str, object]:
    """Gives what status says."""
    return json.loads(home.run("status", "--json").done().stdout)


def test_status_says_where_the_store_is_and_what_opens_it(imported: Home) -> None:
    found = status(imported)
    assert found["store"] == str(imported.store)
    assert found["exists"] is True
    assert isinstance(found["generation"], int) and found["generation"] >= 1
    assert [slot["kind"] for slot in found["slots"]] == ["passphrase"]
    assert set(found["slots"][0]) == {"id", "kind", "created"}
    assert str(imported.store) in imported.run("status").done().stdout


def test_status_needs_no_store(home: Home) -> None:
    before = home.files()
    found = status(home)
    assert (found["exists"], found["slots"]) == (False, [])
    assert home.files() == before


@pytest.mark.parametrize(
    "command", [["list"], ["unlock"], ["export", "dev"], ["remove", "dev", "--yes"], ["slot", "list"]]
)
def test_without_a_store_the_next_step_is_import(home: Home, command: list[str]) -> None:
    before = home.files()
    home.run(*command).failed(66, "import")
    assert home.files() == before


def slot_ids(home: Home) -> dict[str, str]:
    """Gives the store's slots, kind by kind."""
    listed = json.loads(home.run("slot", "list", "--json").done().stdout)
    return {slot["kind"]: slot["id"] for slot in (listed["slots"] if isinstance(listed, dict) else listed)}


def test_a_recovery_code_opens_the_store_and_the_last_slot_stays(home: Home) -> None:
    home.import_all()
    code = home.run("slot", "add", "recovery").done().stdout.strip().splitlines()[-1]
    slots = slot_ids(home)
    assert set(slots) == {"passphrase", "recovery"}
    home.run("slot", "remove", slots["passphrase"]).failed(64, "--yes")
    home.run("slot", "remove", slots["passphrase"], "--yes").done()
    home.run("lock").done()
    home.resolve("dev").failed(77)
    home.use_passphrase(code)
    assert DEV.id in home.resolve("dev").done().stdout
    before = home.files()
    home.run("slot", "remove", slots["recovery"], "--yes").failed(64)
    assert home.files() == before
    assert set(slot_ids(home)) == {"recovery"}


def test_a_second_passphrase_opens_the_store_too(home: Home, tmp_path: Path) -> None:
    home.import_all()
    new = tmp_path / "new"
    new.write_text("another EXAMPLE passphrase\n")
    new.chmod(0o600)
    home.run("slot", "add", "passphrase", "--new-passphrase-file", str(new)).done()
    for passphrase in ("another EXAMPLE passphrase", PASSPHRASE):
        home.run("lock").done()
        home.use_passphrase(passphrase)
        assert DEV.id in home.resolve("dev").done().stdout
    home.run("slot", "remove", "0000000000000000", "--yes").failed(66)


def spoke(answer: Result) -> bool:
    """Says whether a usage text stands on stdout and nothing on stderr."""
    return answer.status == 0 and "awskeys" in answer.stdout and answer.stderr == ""


def test_every_command_has_a_help_text(imported: Home) -> None:
    overview = imported.run("--help")
    assert spoke(overview)
    for command in COMMANDS:
        assert command in overview.stdout
        assert spoke(imported.run(command, "--help")), command
    assert imported.run("--version").done().stdout.strip()


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["nonsense"], ["list", "--nonsense"], ["add"], ["slot", "add", "x"]]
)
def test_a_wrong_command_line_is_a_usage_error(imported: Home, arguments: list[str]) -> None:
    answer = imported.run(*arguments)
    assert (answer.status, answer.stdout) == (64, "")
    assert answer.stderr


def test_a_name_with_a_comma_does_not_shift_the_columns_of_a_csv(shared: Home, tmp_path: Path) -> None:
    file = tmp_path / "keys.csv"
    file.write_text(
        "User name,Password,Access key ID,Secret access key\n"
        f'"Doe, Jane",EXAMPLEpassword,{THIRD.id},{THIRD.secret}\n'
    )
    shared.run("add", "comma", "--csv", str(file), "--yes").done()
    assert json.loads(shared.resolve("comma").done().stdout)["SecretAccessKey"] == THIRD.secret


def test_output_that_cannot_be_written_is_an_error(shared: Home) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [str(shared.folder / "awskeys"), "list"], env=shared.env, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, "standard output" in done.stderr) == (74, True), done
