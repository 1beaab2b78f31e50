"""`awskeys profiles apply` writes a template's profiles into config, and touches nothing else there."""

from __future__ import annotations

import itertools
import json
import os
import stat
from pathlib import Path

import boto3
import pytest

from conftest import MakeHome
from fake_keys import DEV, DOCUMENTED
from home import CONFIG, Home
from moto_server import Moto
from oracles import Oracles
from programs import Result

TEMPLATE = """# who may go where
[template team]
source_profile = dev
regions = eu-west-1
role_session_name = {account}-{role}
duration_seconds = 3600

[accounts]
prod = 123456789012
test = 210987654321

[roles]
admin = Administrator
read-only = team/ReadOnly
"""
NAMES = ["prod-admin", "prod-read-only", "test-admin", "test-read-only"]
BEGIN = "# awskeys profiles: begin team"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "team.profiles"
    file.write_text(TEMPLATE)
    return file


def apply(home: Home, template: Path, *options: str) -> Result:
    return home.run("profiles", "apply", str(template), "--yes", *options)


def actions(result: Result) -> dict[str, str]:
    return {each["profile"]: each["action"] for each in json.loads(result.done().stdout)["profiles"]}


def block(home: Home, name: str = "team") -> str:
    text = home.config.read_bytes().decode()
    start = text.index(f"# awskeys profiles: begin {name}\n")
    end = text.index(f"# awskeys profiles: end {name} ", start)
    return text[start : text.index("\n", end) + 1]


def test_profiles_of_all_accounts_and_roles_are_written(home: Home, template: Path) -> None:
    before = home.files()
    result = apply(home, template).done()
    assert result.stdout.endswith("wrote the profiles of team\n")
    assert result.stderr == "`awskeys profiles remove team` takes them out again\n"
    after = home.files()
    # Locks are empty.
    assert {name for name in after if after[name] and after[name] != before.get(name)} == {".aws/config"}
    assert after[".aws/config"].startswith(before[".aws/config"])
    lines = block(home).splitlines()
    assert after[".aws/config"].decode() == CONFIG + block(home)
    assert lines[:9] == [
        BEGIN,
        "# made of a template: change that, and run `awskeys profiles apply` again",
        "[profile prod-admin]",
        "role_arn = arn:aws:iam::123456789012:role/Administrator",
        "source_profile = dev",
        "role_session_name = prod-admin",
        "duration_seconds = 3600",
        "region = eu-west-1",
        "",
    ]
    assert [line[9:-1] for line in lines if line.startswith("[")] == NAMES


def test_applying_it_again_changes_nothing(home: Home, template: Path) -> None:
    apply(home, template).done()
    before = home.config.stat()
    text = home.config.read_bytes()
    result = apply(home, template).done()
    assert result == Result(0, f"nothing to do: {home.config} has the profiles of team\n", "")
    assert home.config.read_bytes() == text and home.config.stat().st_ino == before.st_ino
    assert actions(apply(home, template, "--json")) == dict.fromkeys(NAMES, "keep")


def test_a_changed_template_changes_what_is_between_its_marks_and_no_more(home: Home, template: Path) -> None:
    apply(home, template).done()
    with home.config.open("a") as file:
        file.write("\n[profile late]\nregion = x\n")
    whole = home.config.read_bytes().decode()
    old = block(home)
    template.write_text(TEMPLATE.replace("test = 210987654321", "dev = 111111111111").replace("team/ReadOnly", "Reader"))
    assert actions(apply(home, template, "--json", "--dry-run")) == {
        "prod-admin": "keep", "prod-read-only": "change", "dev-admin": "add", "dev-read-only": "add",
        "test-admin": "remove", "test-read-only": "remove"}
    assert home.config.read_bytes().decode() == whole
    apply(home, template).done()
    assert home.config.read_bytes().decode() == whole.replace(old, block(home))
    assert "test-" not in block(home) and "role/Reader" in block(home)
    template.write_text(TEMPLATE)
    apply(home, template).done()
    assert home.config.read_bytes().decode() == whole


@pytest.mark.parametrize("config", [
    *(CONFIG, CONFIG.rstrip("\n"), "", None, CONFIG + "\n\n", CONFIG.replace("\n", "\r\n")),
    CONFIG.rstrip("\n").replace("\n", "\r\n"),
])  # fmt: skip
def test_removing_it_gives_the_file_back(make_home: MakeHome, template: Path, config: str | None) -> None:
    home = make_home(config=config)
    apply(home, template).done()
    if config and "\r\n" in config:
        assert home.config.read_bytes().count(b"\n") == home.config.read_bytes().count(b"\r\n")
    assert actions(apply(home, template, "--json")) == dict.fromkeys(NAMES, "keep")
    result = home.run("profiles", "remove", "team", "--yes").done()
    assert result.stdout.endswith("removed the profiles of team\n") and result.stderr == ""
    assert home.config.read_bytes() == (config or "").encode()
    home.run("profiles", "remove", "team", "--yes").failed(66, '"team"')


def test_two_templates_stand_side_by_side(home: Home, template: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(TEMPLATE.replace("[template team]", "[template ops]\nprofile = {role}.{account}"))
    apply(home, template).done()
    apply(home, other).done()
    both = home.config.read_text()
    assert both == CONFIG + block(home) + block(home, "ops")
    home.run("profiles", "remove", "team", "--yes").done()
    assert home.config.read_text() == CONFIG + block(home, "ops")


def test_regions_and_names_are_as_the_template_has_them(home: Home, template: Path) -> None:
    template.write_text(
        TEMPLATE.replace("eu-west-1", "eu-west-1, us-east-1").replace(
            "source_profile = dev",
            "source_profile = {account}-base\nprofile = {account}/{role}@{region}\npartition = aws-us-gov\n"
            "mfa_serial = arn:aws:iam::{account_id}:mfa/ann\nexternal_id = a:b\noutput = json"))
    result = apply(home, template).done()
    assert result.stderr.splitlines()[1:] == [
        f'profile "{name}-base", which others have as their source, isn\'t there yet' for name in ("prod", "test")]
    names = [f"{a}/{r}@{g}" for a, r, g in itertools.product(
        ("prod", "test"), ("admin", "read-only"), ("eu-west-1", "us-east-1"))]
    text = block(home)
    assert [line[9:-1] for line in text.splitlines() if line.startswith("[")] == names
    for line in (
        "role_arn = arn:aws-us-gov:iam::210987654321:role/team/ReadOnly", "source_profile = test-base", "output = json",
        "mfa_serial = arn:aws:iam::210987654321:mfa/ann", "external_id = a:b", "region = us-east-1",
    ):  # fmt: skip
        assert line in text.splitlines()


# MARK: what SDKs make of it


def test_every_generated_profile_is_assumed_by_boto3(
    make_home: MakeHome, moto: Moto, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = moto.user_with_key("profiles")
    home = make_home(config="[default]\nregion = us-east-1\n", credentials=f"[dev]\n{key.lines()}")
    moto.enforce(False)
    apply(home, template).done()
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto.url)
    for name in NAMES:
        session = boto3.Session(profile_name=name)
        assert session.region_name == "eu-west-1"
        account = {"prod": "123456789012", "test": "210987654321"}[name.split("-")[0]]
        role = "Administrator" if name.endswith("admin") else "ReadOnly"
        arn = session.client("sts").get_caller_identity()["Arn"]
        assert arn.startswith(f"arn:aws:sts::{account}:assumed-role/") and arn.endswith(f"{role}/{name}")
    moto.enforce(True)


def test_every_other_profile_is_resolved_as_before(home: Home, sdks: Oracles, template: Path) -> None:
    def resolved() -> dict[str, dict[str, object]]:
        answers = sdks.resolve(home.config, home.credentials, ["default", "dev", "prod", "admin"], {})
        return {sdk: {name: answer[name] for name in ("default", "dev", "prod")} for sdk, answer in answers.items()}

    before = resolved()
    apply(home, template).done()
    assert resolved() == before


def test_an_import_goes_past_the_generated_profiles(home: Home, template: Path) -> None:
    apply(home, template).done()
    old = block(home)
    home.import_all()
    assert block(home) == old
    assert actions(apply(home, template, "--json")) == dict.fromkeys(NAMES, "keep")
    home.run("adopt", "prod-admin", "--yes").done()
    apply(home, template).failed(78, "prod-admin", "adopted", "adopt --undo prod-admin")
    home.run("adopt", "--undo", "prod-admin", "--yes").done()
    assert block(home) == old
    home.run("import", "--undo", "--yes").done()
    assert home.config.read_text() == CONFIG + old


# MARK: what is refused


def refused(home: Home, template: Path, *fragments: str, status: int = 78) -> None:
    """Asserts an error, and that no file has changed, nor would have with what only shows the plan."""
    before = home.files()
    apply(home, template).failed(status, *fragments)
    apply(home, template, "--dry-run").failed(status, *fragments)
    assert home.files() == before


@pytest.mark.parametrize(
    "old, new, line, fragment",
    [
        ("source_profile = dev\n", "source_profile = dev\nsso_session = x\n", 4, '"sso_session"'),
        ("[roles]", "[rules]", 12, "[rules]"),
        ("[template team]", "[template a b]", 2, "[template a b]"),
        ("[template team]", "[template]", 2, "[template]"),
        ("123456789012", "12345678901", 9, '"prod"'),
        ("123456789012", "", 9, '"prod"'),
        ("duration_seconds = 3600", "duration_seconds = 1h", 6, '"duration_seconds"'),
        ("duration_seconds = 3600", "duration_seconds = 60", 6, '"duration_seconds"'),
        ("eu-west-1", "eu-west-1 # home", 4, '"regions"'),
        ("eu-west-1", '"eu-west-1"', 4, '"regions"'),
        ("eu-west-1", "eu-west-1,", 4, '"regions"'),
        ("eu-west-1", "eu-west-1, us-east-1", 13, 'two profiles "prod-admin"'),
        ("{account}-{role}", "{account}-{roll}", 5, '"role_session_name"'),
        ("{account}-{role}", "{account}-{role", 5, '"role_session_name"'),
        ("{account}-{role}", "a b", 5, '"role_session_name"'),
        ("= Administrator", ": Administrator", 13, '"admin"'),
        ("= Administrator", "= Admin\n  istrator", 13, '"admin"'),
        ("= Administrator", "= Admin;istrator", 13, '"role_arn"'),
        ("admin = Administrator", "admin", 13, "neither a section nor a setting"),
        ("prod = 1", "pröd = 1", 13, 'a profile "pröd-admin"'),
        ("test = 2", "Prod = 2", 10, '"Prod" stands twice'),
        ("source_profile = dev", "source_profile = {account}-{role}", 3, '"source_profile"'),
        ("source_profile = dev", "profile = x\nsource_profile = dev", 3, 'two profiles "x"'),
        ("[accounts]", "[accounts]\n[roles]", 13, "[roles] stands twice"),
        ("[roles]", "[accounts ]\nx = 123456789012\n[roles]", 12, "[accounts ]"),
        ("[accounts]", "[roles ]\nx = y\n[accounts]", 14, "[roles]"),
        ("duration_seconds = 3600", "partition = aws:evil", 6, '"partition"'),
    ],
)
def test_a_wrong_template_is_refused_with_its_line(
    home: Home, template: Path, old: str, new: str, line: int, fragment: str
) -> None:
    assert old in TEMPLATE
    template.write_text(TEMPLATE.replace(old, new, 1))
    refused(home, template, f"line {line}", fragment, str(template))


@pytest.mark.parametrize("gone", ["[template team]", "[accounts]", "[roles]", "source_profile"])
def test_a_template_must_be_whole(home: Home, template: Path, gone: str) -> None:
    lines = TEMPLATE.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith(gone))
    end = next((n for n in range(start + 1, len(lines)) if lines[n] == "\n"), len(lines)) if "[" in gone else start + 1
    template.write_text("".join(lines[:start] + lines[end:]))
    refused(home, template, "has no", gone.replace("team", "NAME"))


@pytest.mark.parametrize(
    "text",
    [
        *(DEV.lines(), f"# {DOCUMENTED.id}\n", f"aws_secret_access_key = {DOCUMENTED.secret}\n"),
        *(f"# {DOCUMENTED.secret}\n", f"external_id = {DOCUMENTED.secret}\n", f"external_id = x={DOCUMENTED.secret}\n"),
        *(f"role_session_name = {DOCUMENTED.id}\n", f"{DOCUMENTED.secret} = x\n", f"[{DOCUMENTED.secret}]\n"),
        *(f"admin = {DOCUMENTED.secret}\n", "# aws_secret_access_key = hidden\n"),
    ],
)
def test_a_template_with_a_key_is_refused(home: Home, template: Path, text: str) -> None:
    template.write_text(TEMPLATE.replace("[accounts]\n", text + "[accounts]\n"))
    refused(home, template, "line 8", "looks like a key")
    said = apply(home, template)
    assert DOCUMENTED.secret not in said.stdout + said.stderr and "hidden" not in said.stderr


def test_what_is_no_template_is_refused(home: Home, template: Path) -> None:
    refused(home, template.with_name("nowhere"), "no such file", status=66)
    refused(home, template.parent, "cannot read", status=74)
    template.write_bytes(b"\xff\xfe")
    refused(home, template, "not UTF-8 text")


def test_a_profile_of_that_name_elsewhere_is_refused(make_home: MakeHome, template: Path) -> None:
    for number, header in enumerate(("profile test-admin", 'profile "test-admin"', "test-admin")):
        home = make_home(f"config{number}", config=f"[default]\nregion = x\n[{header}]\nregion = y\n")
        refused(home, template, str(home.config), "line 3", '"test-admin"')
    home = make_home(config=CONFIG, credentials=f"[test-admin]\n{DEV.lines()}")
    refused(home, template, str(home.credentials), "line 1", '"test-admin"')


def test_what_somebody_wrote_between_the_marks_is_not_lost(home: Home, template: Path) -> None:
    apply(home, template).done()
    whole, first = home.config.read_text(), CONFIG.count("\n") + 1
    last = whole.count("\n")
    for old, new in (("duration_seconds = 3600", "duration_seconds = 900"), (BEGIN + "\n", BEGIN + "\n# mine\n"), ("/Administrator", "/administrator")):
        changed = whole.replace(old, new, 1)
        home.config.write_text(changed)
        refused(home, template, f"lines {first} to {last + new.count(chr(10)) - old.count(chr(10))}", "changed by hand")
        home.run("profiles", "remove", "team", "--yes").failed(78, "changed by hand")
    home.config.write_text(whole + "output = text\n[profile mine]\nregion = x\n")
    refused(home, template, f"line {last + 1}", "belongs to the last")
    home.config.write_text(whole + "  output = text\n")
    refused(home, template, f"line {last + 1}", "belongs to the last")


def test_broken_marks_are_refused_with_their_line(home: Home, template: Path) -> None:
    apply(home, template).done()
    whole = home.config.read_text()
    lines = whole.splitlines(keepends=True)
    first, last = lines.index(BEGIN + "\n"), len(lines) - 1
    for changed, line in (
        (lines[:first] + lines[first + 1 :], last),
        (lines[:last], first + 1),
        (lines[:last] + [lines[last].replace("team", "other")], last + 1),
        (lines[: first + 1] + lines[first:], first + 2),
        (lines[:first] + ["# awskeys profiles: begins\n"] + lines[first:], first + 1),
        (lines + [lines[first], lines[last]], len(lines) + 1),
        (["# awskeys profiles: begin a b\n"] + lines, 1),
    ):
        home.config.write_text("".join(changed))
        refused(home, template, f"line {line}", "mark")


# MARK: how it is written


def test_a_dry_run_shows_the_plan_without_any_value_of_the_file(home: Home, template: Path) -> None:
    apply(home, template).done()
    before = home.files()
    template.write_text(TEMPLATE.replace("3600", "7200").replace("test = 210987654321\n", ""))
    result = apply(home, template, "--dry-run").done()
    assert home.files() == before
    lines = result.stdout.splitlines()
    assert lines[:5] == ["PROFILE", "prod-admin      change", "prod-read-only  change", "test-admin      remove",
                         "test-read-only  remove"]
    assert "- duration_seconds = ****************" in lines and "+ duration_seconds = 7200" in lines
    assert "- [profile test-admin]" in lines and "3600" not in result.stdout and "210987654321" not in result.stdout
    assert "- [profile prod-admin]" not in lines


def test_nobody_to_ask_changes_nothing(home: Home, template: Path) -> None:
    before = home.files()
    result = home.run("profiles", "apply", str(template))
    assert result.status == 64 and "--yes" in result.hint and home.files() == before


def test_mode_and_link_stay(home: Home, template: Path) -> None:
    target = home.path / "dotfiles"
    home.config.rename(target)
    home.config.symlink_to(target)
    target.chmod(0o640)
    apply(home, template).done()
    assert home.config.is_symlink() and stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_text().startswith(CONFIG + BEGIN)


def test_a_config_that_nobody_can_read_is_refused(home: Home, template: Path) -> None:
    home.config.write_text("[a]\nx = 1\n[a]\n")
    refused(home, template, "twice")
    home.config.unlink()
    os.mkfifo(home.config)
    result = apply(home, template)
    assert result.status == 74 and "cannot read" in result.stderr
