"""Keys go from one home to another one that they are sealed for, and to no other."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import DEV, OTHER, PROD, THIRD
from sharing import BUNDLE_PASSPHRASE, Person, ann, ben, eve
from terminal import Terminal

__all__ = ["ann", "ben", "eve"]


@pytest.fixture
def bundle(ann: Person, ben: Person, tmp_path: Path) -> Path:
    """Three keys of Ann's, for Ben."""
    (tmp_path / "bundle").write_text(ann.seal("third", "dev", "prod", "dev", to=[ben]))
    return tmp_path / "bundle"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """A file with the passphrase of a bundle."""
    file = tmp_path / "bundle.passphrase"
    file.write_text(BUNDLE_PASSPHRASE + "\n")
    file.chmod(0o600)
    return file


def test_an_identity_is_made_once_and_stays(ann: Person, make_home: MakeHome, tmp_path: Path) -> None:
    shown = ann.home.run("identity").done()
    assert (shown.stdout, shown.stderr) == (f"{ann.identity}\n", f"fingerprint: {ann.fingerprint}\n")
    assert re.fullmatch(r"awskeys1[\w-]{92}", ann.identity) and re.fullmatch(r"([0-9a-f]{4}-){5}[0-9a-f]{4}", ann.fingerprint)
    ann.home.run("backup", str(tmp_path / "copy")).done()
    ann.home.run("rekey", "--yes").done()
    ann.home.run("remove", "dev", "--yes").done()
    assert Person.meet(ann.home) == ann
    other = make_home("other", config=None, credentials=None)
    shutil.copy(ann.home.env["AWSKEYS_PASSPHRASE_FILE"], other.env["AWSKEYS_PASSPHRASE_FILE"])
    other.run("restore", str(tmp_path / "copy"), "--yes").done()
    assert Person.meet(other).identity == ann.identity


def test_an_identity_that_many_ask_for_at_once_is_one(make_home: MakeHome) -> None:
    home = make_home().import_all()
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda _: home.run("identity").done().stdout, range(8)))
    assert len(set(shown)) == 1


def test_a_bundle_opens_where_it_is_for_and_nowhere_else(
    ann: Person, ben: Person, eve: Person, bundle: Path, make_home: MakeHome
) -> None:
    said = ben.takes(bundle, ann)
    assert ann.fingerprint in said and DEV.id not in said and "added AKIA…MPLE as \"dev\"" in said
    for name, key in (("dev", DEV), ("prod", PROD)):
        document = json.loads(ben.home.resolve(name).done().stdout)
        assert (document["AccessKeyId"], document["SecretAccessKey"]) == (key.id, key.secret)
    listed = {each["profile"]: each for each in json.loads(ben.home.run("list", "--json").done().stdout)["profiles"]}
    marks = {name: (each["exposed"], each["sessions_only"]) for name, each in listed.items()}
    assert marks == {"dev": (True, False), "prod": (True, False), "third": (False, True)}
    kept = json.loads(ben.home.run("export", "third", "--no-session", "--format", "json").done().stdout)
    assert kept["SecretAccessKey"] == THIRD.secret
    config = ben.home.config.read_text()
    assert config.startswith("[default]\nregion = eu-north-1\n")
    assert config.count("credential_process = ") == 3 and ben.home.credentials.read_text() == ""
    yes = ("--sender", ann.fingerprint, "--yes")
    for somebody in (eve, ann):
        assert ben.fingerprint in somebody.refuses(bundle, 77, "not for you", words=yes)
    nobody = make_home("nobody", config="", credentials="")
    answer = nobody.run("import", str(bundle), *yes)
    answer.failed(77, ben.fingerprint)
    assert not nobody.store.exists()
    # What came with a recipient's store comes with a copy of it, and with nothing less.
    other = make_home("stranger").import_all()
    other.run("import", str(bundle), *yes).failed(77, ben.fingerprint)


def test_one_bundle_is_for_several(ann: Person, ben: Person, eve: Person, tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text(ann.seal("dev", to=[ben, eve, ann, ben]))
    for person in (ben, eve, ann):
        person.takes(tmp_path / "bundle", ann)
        assert DEV.secret in person.home.resolve("dev").done().stdout


def test_a_bundle_comes_by_standard_input_and_through_mail(ann: Person, ben: Person, bundle: Path, tmp_path: Path) -> None:
    mailed = bundle.read_text().replace("\n", "\r\n") + "\r\n"
    said = ben.home.run("import", "-", "--sender", ann.identity, "--yes", stdin=mailed).done().stdout
    assert "added" in said


def test_a_bundle_under_a_passphrase_opens_with_it_and_makes_a_store(
    ann: Person, make_home: MakeHome, tmp_path: Path, secret_file: Path
) -> None:
    file = tmp_path / "bundle"
    said = ann.home.run(
        "export", "--sealed", "dev", "--passphrase-file", str(secret_file), "--to-file", str(file)
    ).done()
    assert said.stdout == "" and "whoever has the passphrase" in said.stderr and ann.fingerprint in said.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    home = make_home("new", config="", credentials="")
    wrong = tmp_path / "wrong"
    wrong.write_text(BUNDLE_PASSPHRASE + "s\n")
    yes = ("--sender", ann.fingerprint, "--yes", "--passphrase-file")
    home.run("import", str(file), *yes, str(wrong)).failed(77, "passphrase", "wrong")
    home.run("import", str(file), *yes[:-1]).failed(77, "no passphrase was given")
    assert not home.store.exists() and home.config.read_text() == ""
    home.run("import", str(file), *yes, str(secret_file)).done()
    assert DEV.secret in home.resolve("dev").done().stdout


def test_a_person_is_shown_whose_keys_they_are_and_asked_once(ann: Person, ben: Person, bundle: Path) -> None:
    before = ben.home.files()
    terminal = Terminal(ben.home, "import", str(bundle))
    assert terminal.answers([], {"these 3 keys": "n"}) == 1
    assert ben.home.files() == before
    assert ann.fingerprint in terminal.seen and "anybody can sign" in terminal.seen
    assert "AKIA…MPLE" in terminal.seen and DEV.id not in terminal.seen
    terminal = Terminal(ben.home, "import", str(bundle))
    assert terminal.answers([], {"these 3 keys": "y"}) == 0
    assert DEV.secret in ben.home.resolve("dev").done().stdout


def test_passphrases_are_typed(ann: Person, ben: Person, tmp_path: Path) -> None:
    file = tmp_path / "bundle"
    words = ("export", "--sealed", "dev", "--passphrase", "--to-file", str(file))
    terminal = Terminal(ann.home, *words)
    assert terminal.answers([BUNDLE_PASSPHRASE, "another one"], {}) == 64
    assert not file.exists()
    terminal = Terminal(ann.home, *words)
    assert terminal.answers([BUNDLE_PASSPHRASE, BUNDLE_PASSPHRASE], {}) == 0
    terminal = Terminal(ben.home, "import", str(file))
    assert terminal.answers([BUNDLE_PASSPHRASE], {"this key": "y"}) == 0
    assert DEV.secret in ben.home.resolve("dev").done().stdout


def test_nobody_imports_unseen_what_anybody_may_have_signed(ann: Person, ben: Person, eve: Person, bundle: Path) -> None:
    before = ben.home.files()
    answer = ben.home.run("import", str(bundle), "--yes")
    assert (answer.status, answer.stdout) == (64, "") and "anybody can sign" in answer.stderr
    ben.refuses(bundle, 64, "no terminal", "--sender")
    assert ann.fingerprint in ben.refuses(bundle, 77, words=("--sender", eve.fingerprint, "--yes"))
    ben.refuses(bundle, 77, words=("--sender", eve.identity, "--yes"))
    for typed in ("dev", ann.fingerprint[:-1], ann.identity[:-1], ann.identity.swapcase()):
        assert ben.home.run("import", str(bundle), "--sender", typed, "--yes").status == 64
    assert ben.home.files() == before
    ben.takes(bundle, ann, "--sender", ann.fingerprint.upper().replace("-", " "))


def test_a_dry_run_says_what_is_in_it(ann: Person, ben: Person, bundle: Path) -> None:
    before = ben.home.files()
    shown = json.loads(ben.home.run("import", str(bundle), "--dry-run", "--json").done().stdout)
    assert shown["sender"] == ann.fingerprint and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", shown["expires"])
    assert [each["profile"] for each in shown["profiles"]] == ["dev", "prod", "third"]
    assert shown["profiles"][2] == {
        "profile": "third",
        "access_key_id": THIRD.id,
        "exposed": False,
        "sessions_only": True,
    }
    assert "PROFILE" in ben.home.run("import", str(bundle), "--dry-run").done().stdout
    assert ben.home.files() == before


def test_what_is_there_stays_unless_it_is_to_be_replaced(ann: Person, ben: Person, bundle: Path) -> None:
    ben.home.run("add", "dev", "--yes", stdin=f"{OTHER.id}\n{OTHER.secret}\n").done()
    ben.home.run("add", "prod", "--yes", stdin=f"{PROD.id}\n{PROD.secret}\n").done()
    yes = ("--sender", ann.fingerprint, "--yes")
    ben.refuses(bundle, 64, '"dev" has another key', "--replace", words=yes)
    ben.refuses(bundle, 66, "nobody", words=("--profile", "nobody", *yes))
    ben.takes(bundle, ann, "--profile", "third", "--profile", "prod")
    assert OTHER.secret in ben.home.resolve("dev").done().stdout
    assert "replaces AKIA…MPLE" in ben.takes(bundle, ann, "--replace")
    assert DEV.secret in ben.home.resolve("dev").done().stdout
    before = ben.home.config.read_bytes()
    assert "is in the store" in ben.takes(bundle, ann)
    assert ben.home.config.read_bytes() == before


def test_a_profile_that_the_files_have_otherwise_is_refused(ann: Person, ben: Person, bundle: Path) -> None:
    yes = ("--sender", ann.fingerprint, "--yes")
    ben.home.config.write_text("[profile third]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = dev\n")
    ben.refuses(bundle, 78, "third", words=yes)
    ben.home.config.write_text("")
    ben.home.credentials.write_text(f"[prod]\n{OTHER.lines()}")
    ben.refuses(bundle, 78, "prod", "plain text", words=yes)


def test_keys_can_be_kept_back_from_the_start(ann: Person, ben: Person, bundle: Path) -> None:
    ben.takes(bundle, ann, "--sessions")
    listed = json.loads(ben.home.run("list", "--json").done().stdout)["profiles"]
    assert [each["sessions_only"] for each in listed] == [True] * 3


def test_a_key_that_a_person_must_agree_to_is_sealed_with_a_yes_only(ann: Person, ben: Person) -> None:
    ann.home.run("confirm", "dev", "--always").done()
    words = ("export", "--sealed", "prod", "dev", "--to", ben.identity)
    ann.home.run(*words).failed(77, "dev", "nobody to ask")
    for answer, status in (("n", 77), ("y", 0)):
        terminal = Terminal(ann.home, *words)
        assert terminal.answers([], {'use "dev"': answer}) == status
        assert ("BEGIN AWSKEYS BUNDLE" in terminal.seen) == (status == 0)


def test_a_key_that_a_person_must_agree_to_stays_so(ann: Person, ben: Person, bundle: Path) -> None:
    ben.takes(bundle, ann)
    ben.home.run("confirm", "dev", "--always").done()
    ben.takes(bundle, ann)
    ben.home.resolve("dev").failed(77, "dev", "confirmed")


USAGE = [
    (["dev"], "recipients"),
    (["--to", "ANN", "--passphrase", "dev"], "recipients"),
    (["--to", "dev", "dev"], "nobody's identity"),
    (["--to", "awskeys1AAAA", "dev"], "wrong or missing"),
    (["--to", "awskeys2AAAA", "dev"], "later awskeys"),
    (["--to", "ANN", "--format", "env", "dev"], "formats"),
    (["--to", "ANN", "--reveal", "dev"], "formats"),
    (["--to", "ANN", "--no-session", "dev"], "sessions"),
    (["--to", "ANN", "--expires-in", "soon", "dev"], "expires-in"),
    (["--to", "ANN", "--expires-in", "0s", "dev"], "expires-in"),
    (["--to", "ANN"], "profile"),
]


@pytest.mark.parametrize(("words", "fragment"), USAGE, ids=lambda value: str(value)[:40])
def test_an_export_that_makes_no_sense_is_refused(ann: Person, words: list[str], fragment: str) -> None:
    answer = ann.home.run("export", "--sealed", *(ann.identity if word == "ANN" else word for word in words))
    assert (answer.status, answer.stdout) == (64, "") and fragment in answer.stderr, answer


def test_exports_that_cannot_be_are_refused(ann: Person, ben: Person, tmp_path: Path) -> None:
    to = ("--sealed", "--to", ben.identity)
    ann.home.run("export", "nobody", *to).failed(66, "nobody")
    ann.home.run("export", "a b", *to).failed(64, "a b")
    (tmp_path / "there").touch()
    ann.home.run("export", "dev", *to, "--to-file", str(tmp_path / "there")).failed(73, "there already")
    many = [word for _ in range(33) for word in ("--to", ben.identity)]
    assert ann.home.run("export", "dev", "--sealed", *many).status == 0, "one recipient, named often"
    for words in (["--to", ben.identity], ["--passphrase"], ["--expires-in", "1h"]):
        assert ann.home.run("export", "dev", *words).status == 64
    assert ann.home.run("export", "dev", "prod").status == 64
    for words in (["--undo"], ["--into", "config"], ["--json"]):
        assert ben.home.run("import", "bundle", *words).status == 64
    for words in (["--replace"], ["--sender", ann.fingerprint], ["--passphrase-file", "x"]):
        assert ben.home.run("import", *words).status == 64
