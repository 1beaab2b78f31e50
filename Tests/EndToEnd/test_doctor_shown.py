"""What `awskeys doctor` shows of files that hold secrets in odd places, and control characters; and long files."""

from __future__ import annotations

import json
import re

import pytest

from conftest import MakeHome
from fake_keys import DEV, OTHER, PROD
from home import Home

SECRET = PROD.secret
ESCAPE = "\x1b[2J"
ROLE = "role_arn = arn:aws:iam::123456789012:role/admin\n"
MASK = "*" * 16


def shown(home: Home) -> str:
    """All that each way of asking shows."""
    runs = [home.run("doctor", *more) for more in ([], ["--json"], ["--fix", "--dry-run"])]
    assert all(run.status in (0, 2, 3) for run in runs), runs
    return "\n".join(run.stdout + run.stderr for run in runs)


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ("", f"\ufeff# old key {SECRET}\n"),
        ("", f"\ufeffaws_secret_access_key = {SECRET}\n"),
        ("", f"\ufeff{SECRET}==\n"),
        ("", f"[a]\nregion = x\n[a]\naws_session_token =\n  {SECRET}==\n  {SECRET}:x\n"),
        ("", f"[a]\nregion = x\n[a]\naws_session_token =\n  [pw {SECRET}]\n  {SECRET}\noutput = json\n"),
        ("", f"[a] # {SECRET}\n{SECRET} = 1\nregion = x\n[a]\nregion = x\n{SECRET} = 1\n"),
        ("", f"[{SECRET}]\nregion = x\n[{SECRET}]\nregion = x\n"),
        (f"[{SECRET}]\nregion = x # {SECRET}\n[profile {SECRET}]\n{SECRET} = 1\n{SECRET} = 2\n", ""),
        (f"[profile dev]\nregion = {SECRET} # {OTHER.secret}\n", f"[ {SECRET} ]\n"),
        (f"[profile dev]\n{ROLE}source_profile = {SECRET}\n", ""),
        (f"[profile dev]\ncredential_process = AWS_SECRET_ACCESS_KEY={SECRET} aws configure\n", ""),
        (f"[profile dev]\ncredential_process = 'curl -u me:{SECRET} https://x'\n", ""),
        (f"[profile dev]\ncredential_process = {SECRET} x\n", ""),
        (f'[profile dev]\ncredential_process = "/opt/x --secret {SECRET}\n', ""),
        ("", f"[dev]\naws_access_key_id = {SECRET}\naws_secret_access_key = {DEV.id}\n"),
    ],
    ids=lambda text: re.sub("[^a-z]+", "-", text.replace(SECRET, "SECRET"))[:40],
)
def test_nothing_is_shown_that_may_be_a_secret(config: str, credentials: str, make_home: MakeHome) -> None:
    home = make_home(config=config, credentials=credentials)
    text = shown(home)
    assert "hint: " in text
    for secret in (SECRET, OTHER.secret):
        # Four characters of it are four too many.
        assert secret[8:] not in text and secret[-4:] not in text, text


def test_the_diff_shows_what_can_be_shown(make_home: MakeHome) -> None:
    config = "[profile dev] # mine\nregion = eu-west-1 # near\noutput = json # x y\n"
    credentials = f"\ufeff[a] # of Bob\n{DEV.lines()}[dev]\nregion = x\n[dev]\nregion=x\n"
    home = make_home(config=config, credentials=credentials)
    text = home.run("doctor", "--fix", "--dry-run").done().stdout
    assert f"@@ line 2 @@\n- region = eu-west-1 {MASK}\n+ # {MASK}\n+ region = eu-west-1\n@@ line 3 @@\n" in text
    assert f"@@ line 1 @@\n- <byte order mark>[a] {MASK}\n+ [a] {MASK}\n" in text
    assert "- region = x\n" in text and "- [dev]\n" in text and "+ region = x\n" in text


def test_control_characters_reach_no_terminal(make_home: MakeHome) -> None:
    name = f"x{ESCAPE}"
    config = (
        f"[profile {name}]\n{ROLE}source_profile = n{ESCAPE}o\ncredential_process = /no/{ESCAPE}y\n"
        f"[profile y]\nregion = {ESCAPE}z # c\nwhat{ESCAPE} = 1\nwhat{ESCAPE} = 1\n"
        f"[{ESCAPE}]\nregion = x\n[{ESCAPE}]\nregion = x\n"
    )
    home = make_home(config=config, credentials=f"[ {name} ]\n{DEV.lines()}")
    text = shown(home)
    assert "\x1b" not in text and 'there is no profile "n?[2Jo", though profile "x?[2J" names it as its source' in text
    # Who reads the document by a program finds the name as it is.
    assert name in {each.get("profile") for each in json.loads(home.run("doctor", "--json").stdout)["findings"]}


def test_what_cannot_be_read_has_a_step_of_its_own(make_home: MakeHome) -> None:
    home = make_home(config="", credentials="")
    home.credentials.unlink()
    home.credentials.mkdir()
    home.config.write_bytes(b"# much\n" * (1 << 20))
    text = home.run("doctor").stdout
    assert "Is a directory\n  hint: move it away, since it is no file\n" in text
    assert "File too large\n  hint: no AWS file is that large" in text


@pytest.mark.parametrize("is_turned", [False, True])
def test_long_chains_of_roles_are_walked_once(is_turned: bool, make_home: MakeHome) -> None:
    links = [f"[profile p{number}]\n{ROLE}source_profile = p{number + 1}\n" for number in range(3000)]
    config = "".join(reversed(links) if is_turned else links) + f"[profile p3000]\n{DEV.lines()}"
    result = make_home(config=config, credentials="").run("doctor", "--json")
    [too_long] = [each for each in json.loads(result.stdout)["findings"] if each["rule"] == "role-cycle"]
    # The first that builds on 257 roles; all that build on it are broken in the same place.
    assert too_long["profile"] == "p2743"


def test_profiles_are_judged_as_the_chains_they_make(make_home: MakeHome) -> None:
    config = (
        f"[profile top]\n{ROLE}source_profile = mid\n[profile mid]\n{ROLE}source_profile = none\n[profile none]\n"
        f"[profile side]\n{ROLE}source_profile = none\n[profile own]\n{ROLE}source_profile = own\n{DEV.lines()}"
        f"[profile from-own]\n{ROLE}source_profile = own\n[profile a]\n{ROLE}source_profile = b\n"
        f"[profile b]\n{ROLE}source_profile = a\n[profile to-a]\n{ROLE}source_profile = a\n"
        f"[profile lost]\n{ROLE}source_profile = nowhere\n[profile to-lost]\n{ROLE}source_profile = lost\n"
    )
    found = json.loads(make_home(config=config, credentials="").run("doctor", "--json").stdout)["findings"]
    assert sorted((each["rule"], each["profile"]) for each in found if each["severity"] == "error") == [
        ("missing-source", "lost"),
        ("role-cycle", "a"),
        ("source-without-credentials", "mid"),
        ("source-without-credentials", "side"),
    ]


def test_thousands_of_fixes_go_together(make_home: MakeHome) -> None:
    config = "".join(f"[profile p{number}]\nregion = x # c\n" for number in range(3000))
    home = make_home(config=config, credentials="")
    assert home.run("doctor", "--fix", "--dry-run").done().stdout.count("@@ line") == 3000
    assert "mended 3000 findings" in home.run("doctor", "--fix", "--yes").stdout
    assert home.config.read_text() == config.replace("region = x # c", "# c\nregion = x")
