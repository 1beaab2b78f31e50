"""Each rule of `awskeys doctor`: what it finds, what it doesn't, and what SDKs make of the files that it mends."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import programs
import resolve_rclone
from conftest import MakeHome
from doctor_cases import CASES, Case, place
from home import Home
from oracles import Oracles, Resolution, names_in
from signing_server import SigningServer

RULES = (programs.CHECKOUT / "Sources/Diagnosis/Problem.swift").read_text()
FIXED = [case for case in CASES if case.is_fixed]
EXIT_CODES = {"note": 2, "warning": 2, "error": 3}


def found(home: Home) -> list[dict[str, Any]]:
    """Everything that is found, with the exit code that the worst of it has."""
    result = home.run("doctor", "--json")
    findings = json.loads(result.stdout)["findings"]
    assert result.stderr == ""
    assert result.status == (EXIT_CODES[findings[0]["severity"]] if findings else 0)
    return findings


def rules(home: Home) -> set[str]:
    return {each["rule"] for each in found(home)}


def test_every_rule_has_a_case_and_a_line_in_the_docs() -> None:
    known = {line.split('"')[1] for line in RULES.splitlines() if line.startswith("    case ") and '= "' in line}
    assert known == {case.rule for case in CASES} | {"foreign-file"}
    section = (programs.CHECKOUT / "docs/commands.md").read_text().split("## awskeys doctor", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`.*?) \| (?:note|warning|error)", section, re.MULTILINE)
    assert known == {name for row in rows for name in re.findall("`([a-z-]+)`", row)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rule_finds_what_is_wrong_and_nothing_else(case: Case, make_home: MakeHome) -> None:
    ill = case.make(make_home)
    before = ill.files(".aws")
    by_rule = [each for each in found(ill) if each["rule"] == case.rule]
    places = {(place(each.get("file"), each.get("line")), each["severity"]) for each in by_rule}
    assert (case.at, case.severity) in places
    for each in found(ill):
        assert each["message"] and each["message"][-1] != "." and each["hint"], each
    assert case.rule not in rules(case.make(make_home, ill=False))
    assert ill.files(".aws") == before


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_fixed and case.rule != "file-mode"], ids=str)
def test_what_needs_a_person_stays_as_it_is(case: Case, make_home: MakeHome) -> None:
    ill = case.make(make_home)
    before = ill.files()
    ill.run("doctor", "--fix", "--yes", "--rule", case.rule)
    assert ill.files() == before


def resolved(home: Home, sdks: Oracles, server: SigningServer, names: list[str]) -> dict[str, Resolution]:
    """What each SDK has for each profile that it finds one for."""
    env = {"PATH": home.env["PATH"]}
    answers = sdks.resolve(home.config, home.credentials, names, env)
    answers["rclone"] = {
        name: resolve_rclone.resolve(server, home.path, home.config, home.credentials, name, env) for name in names
    }
    return {
        sdk: {name: one for name, one in answer.items() if name in names and "error" not in one and one != "none"}
        for sdk, answer in answers.items()
    }


@pytest.mark.parametrize("case", FIXED, ids=str)
def test_a_fix_works_for_every_sdk_and_is_taken_back_to_the_byte(
    case: Case, make_home: MakeHome, sdks: Oracles, server: SigningServer
) -> None:
    home = case.make(make_home)
    names = names_in(home.config, home.credentials)
    before, files = resolved(home, sdks, server, names), home.files(".aws")
    shown = home.run("doctor", "--fix", "--dry-run", "--rule", case.rule).done()
    assert "\n  fix: " in shown.stdout and "@@ line" in shown.stdout and home.files(".aws") == files
    fixed = home.run("doctor", "--fix", "--yes", "--rule", case.rule)
    assert "mended" in fixed.stdout and "--undo" in fixed.stderr, fixed
    assert case.rule not in rules(home)
    after = resolved(home, sdks, server, names)
    for sdk, answers in before.items():
        for name, one in answers.items():
            if case.rule != "expired-token":
                same(one, after[sdk].get(name), case)
    agreed(case, after)
    home.run("doctor", "--undo", "--yes").done()
    assert home.files(".aws") == files


def same(before: Any, after: Any, case: Case) -> None:
    """Asserts that a profile that could be used has the same key, but where a comment was part of it."""
    if case.rule != "inline-comment":
        before, after = (one if isinstance(one, str) else (one["id"], one["digest"]) for one in (before, after or {}))
        assert before == after


def agreed(case: Case, after: dict[str, Resolution]) -> None:
    """Asserts that SDKs agree about the profiles: botocore has what the others had all the time."""
    for name, one in after["ruby"].items():
        if not name.startswith("profile "):
            assert after["boto3"][name]["id"] == one["id"] and after["boto3"][name]["digest"] == one["digest"]
            assert after["rclone"][name] == one["id"]
    if case.rule == "expired-token":
        assert after["boto3"] == after["rclone"] == {}
    elif not case.rule.endswith("-program"):
        assert set(after["boto3"]) == {name for name in after["rclone"] if not name.startswith("profile ")} != set()


@pytest.mark.parametrize("case", [case for case in CASES if case.rule == "file-mode"], ids=str)
def test_permissions_are_taken_from_others(case: Case, make_home: MakeHome) -> None:
    home = case.make(make_home)
    before = home.files()
    fixed = home.run("doctor", "--fix", "--yes", "--rule", "file-mode")
    assert "has mode" in fixed.stdout, fixed
    assert "file-mode" not in rules(home) and home.files() == before
    for file in (home.config, home.credentials, home.path / ".aws"):
        assert file.stat().st_mode & 0o022 == 0
