"""`awskeys rotate --schedule` writes unit files that systemd takes, and takes them away again."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

import programs
from conftest import MakeHome
from home import Home
from unit_files import ANALYZE, assert_verified, fake_systemctl, settings, units

UNITS = ("awskeys-rotate.service", "awskeys-rotate.timer")
# What a shell, systemd or printf would take for something else.
ODD = ["with a space", "100%u", 'a "quoted" word', "$HOME and ${USER}", "back\\slash\\n", "it's", "#;|&", "ä ö"]


def unquoted(text: str) -> str:
    """Reads one item as systemd does: in double quotes, with C escapes, and with `%%` for a percent sign."""
    assert text[0] == text[-1] == '"', text
    plain = ""
    at = 1
    while at < len(text) - 1:
        pair = text[at : at + 2]
        assert pair[0] != '"' and (pair[0] not in "%\\" or pair in ("%%", "\\\\", '\\"')), f"{pair} in {text}"
        plain += pair[1] if pair[0] in "%\\" else pair[0]
        at += 2 if pair[0] in "%\\" else 1
    return plain


def environment(unit: Path) -> dict[str, str]:
    """Gives the environment that a unit file sets."""
    items = [unquoted(value).partition("=") for value in settings(unit, "Environment")]
    return {name: value for name, _, value in items}


@pytest.mark.parametrize("place", ["HOME", "XDG_CONFIG_HOME"])
def test_the_units_are_written_where_systemd_looks_and_verified(home: Home, place: str) -> None:
    if place == "XDG_CONFIG_HOME":
        home.env[place] = str(home.path / "settings")
    told = fake_systemctl(home, 0)
    result = home.run("rotate", "--schedule", "90d").done()
    service, timer = (units(home) / name for name in UNITS)
    assert all(str(unit) in result.stdout and stat.S_IMODE(unit.stat().st_mode) == 0o600 for unit in (service, timer))
    assert "once a day" in result.stdout
    assert settings(service, "ExecStart") == [f"{home.folder}/awskeys rotate --all --older-than 90d --yes"]
    assert settings(service, "Type") == ["oneshot"]
    assert settings(timer, "OnCalendar") == ["daily"] and settings(timer, "WantedBy") == ["timers.target"]
    assert told.read_text().splitlines() == ["--user daemon-reload", "--user enable --now awskeys-rotate.timer"]
    assert_verified(home, UNITS)


def test_a_second_time_replaces_them_and_off_removes_them(home: Home) -> None:
    fake_systemctl(home, 0)
    before = home.files()
    home.run("rotate", "--schedule", "90d").done()
    home.run("rotate", "--schedule", "30d").done()
    service = units(home) / UNITS[0]
    assert "--older-than 30d" in service.read_text() and "90d" not in service.read_text()
    assert sorted(each.name for each in units(home).iterdir()) == sorted(UNITS)
    assert "not rotated by a timer any more" in home.run("rotate", "--schedule", "off").done().stdout
    assert home.files() == before
    home.run("rotate", "--schedule", "off").done()
    assert home.files() == before


def test_where_no_systemd_runs_the_next_step_is_said(home: Home) -> None:
    fake_systemctl(home, 1)
    result = home.run("rotate", "--schedule", "90d").done()
    assert "systemctl --user enable --now awskeys-rotate.timer" in result.stdout
    assert_verified(home, UNITS)
    home.run("rotate", "--schedule", "off").done()
    assert list(units(home).iterdir()) == []


@pytest.mark.parametrize("odd", ODD)
def test_settings_with_odd_characters_arrive(home: Home, odd: str) -> None:
    fake_systemctl(home, 0)
    wanted = {"AWSKEYS_STORE": str(home.path / odd / "store"), "AWS_CONFIG_FILE": str(home.path / odd)}
    wanted["AWSKEYS_PASSPHRASE_FILE"] = home.env["AWSKEYS_PASSPHRASE_FILE"]
    home.env |= wanted
    home.run("rotate", "--schedule", "90d").done()
    assert environment(units(home) / UNITS[0]) == wanted
    assert_verified(home, UNITS)


def test_only_what_leads_to_the_store_and_to_aws_is_written_down(home: Home) -> None:
    fake_systemctl(home, 0)
    secret = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "EXAMPLE/secret"}
    kept = {"HTTPS_PROXY": "http://proxy.example:3128", "AWS_CA_BUNDLE": "/etc/ssl/bundle.pem"}
    home.env |= secret | kept
    home.run("rotate", "--schedule", "90d").done()
    assert environment(units(home) / UNITS[0]).keys() == kept.keys() | {"AWSKEYS_PASSPHRASE_FILE"}


def test_programs_under_a_path_with_spaces_cannot_be_scheduled(make_home: MakeHome, tmp_path: Path) -> None:
    folder = tmp_path / "with a space"
    folder.mkdir()
    for name in (programs.AWSKEYS, programs.HELPER):
        shutil.copy(programs.FOLDER / name, folder / name)
    home = make_home()
    home.folder = folder
    home.run("rotate", "--schedule", "90d").failed(78, "spaces")
    assert not units(home).exists()


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze isn't there to judge unit files")
def test_programs_under_a_path_with_a_percent_sign_are_started_or_refused(home: Home, tmp_path: Path) -> None:
    fake_systemctl(home, 0)
    home.folder = tmp_path / "50%u"
    shutil.copytree(programs.FOLDER, home.folder)
    if home.run("rotate", "--schedule", "90d").status == 0:
        assert_verified(home, UNITS)


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze isn't there to judge unit files")
def test_a_setting_with_a_line_break_arrives_or_is_refused(home: Home) -> None:
    fake_systemctl(home, 0)
    home.env["AWSKEYS_STORE"] = str(home.path / "two\nlines")
    if home.run("rotate", "--schedule", "90d").status == 0:
        assert_verified(home, UNITS)


def test_a_relative_path_is_made_absolute_or_refused(home: Home) -> None:
    fake_systemctl(home, 0)
    home.env["AWSKEYS_STORE"] = "keys/store"
    if home.run("rotate", "--schedule", "90d").status == 0:
        assert Path(environment(units(home) / UNITS[0])["AWSKEYS_STORE"]).is_absolute()
