"""`awskeys explain`: what it says an SDK would use is what the SDK uses."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import resolve_rclone
from conftest import IS_TORTURE, SEED, MakeHome
from generate_situations import KINDS, Situation, generate_situation
from home import Home
from oracles import Oracles
from signing_server import SigningServer

ROUNDS = 12 if IS_TORTURE else 3
NUMBERS = range(ROUNDS * len(KINDS))
PROGRAM = """#!/bin/sh
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"EXAMPLE-secret"}' "$1"
"""


@dataclass
class Bench:
    """What situations are put to."""

    home: Home
    sdks: Oracles
    server: SigningServer
    program: Path
    token: Path
    counts: Counter[str] = field(default_factory=Counter)

    def explained(self, situation: Situation, config: Path, credentials: Path) -> dict[str, str]:
        """Gives the id that awskeys expects each family to sign with, or `none`."""
        files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
        named = [situation.named] if situation.named else []
        said = self.home.run("explain", *named, "--json", env=files | situation.env)
        if said.status == 66:
            # It is known nowhere: only keys that have nothing to do with it could be used.
            assert situation.kind == "no_such_profile" and "there is no profile" in said.stderr, said
            return {}
        assert said.status in (0, 1, 78), said
        document = json.loads(said.stdout)
        found = {each["family"]: expected_id(each["credentials"], situation) for each in document["families"]}
        usable = any(is_usable(each["credentials"]) for each in document["families"])
        assert said.status == (0 if document["agree"] else 1) if usable else 78, said
        return found

    def used(self, situation: Situation, config: Path, credentials: Path) -> dict[str, str]:
        """Gives the id that each SDK signs with, or `none`."""
        named: list[Any] = [situation.named]
        boto3 = self.sdks.boto3.resolve(config, credentials, named, situation.env)
        ruby = self.sdks.ruby.resolve(config, credentials, named, situation.env)
        go = resolve_rclone.resolve(
            self.server, self.home.path, config, credentials, situation.named, situation.env, by_variable=False
        )
        python = "none" if "parse" in boto3 else boto3[situation.named or "null"].get("id") or "none"
        return {"boto3": python, "ruby": ruby[situation.named or ""].get("id", "").strip() or "none", "go-v2": go}


def is_usable(step: dict[str, Any]) -> bool:
    """Says whether there are credentials, and both halves of them."""
    return is_usable(step["source"]) if "source" in step else step["kind"] not in ("nothing", "error") and not step.get("empty")


def line_at(place: str) -> str:
    """Gives the line that `path:line` names, or the name of a variable."""
    path, _, number = place.rpartition(":")
    return Path(path).read_bytes().decode("utf-8-sig").splitlines()[int(number) - 1] if path else place


def expected_id(step: dict[str, Any], situation: Situation) -> str:
    """Gives the id that credentials sign with, and asserts that they stand where they are said to."""
    lines = [line_at(place) for place in step["places"]]
    match step["kind"]:
        case "key":
            id_line = situation.env.get(lines[0], lines[0])
            assert step.get("access_key_id", "") in id_line, step
            # What stands around the id is sent along.
            value = id_line.partition("=")[2].strip() if step["has_more"] else step["access_key_id"]
            return value or "none"
        case "process":
            assert lines[0].lower().startswith("credential_process"), step
            return lines[0].split()[-1]
        case "role":
            assert step["role_arn"] in lines[0], step
            return "ASSUMED-BY-" + expected_id(step["source"], situation)
        case "web-identity":
            assert step["role_arn"] in situation.env.get(lines[0], lines[0]), step
            return "ASSUMED-BY-anonymous"
        case kind:
            assert kind in ("nothing", "error"), step
            assert ("message" in step) == (kind == "error")
            return "none"


@pytest.fixture(scope="module")
def bench(
    built: Path, sdks: Oracles, server: SigningServer, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    """A home without anything, a program that prints a key, and the SDKs."""
    folder = tmp_path_factory.mktemp("explain")
    program, token = folder / "print-key", folder / "token"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    token.write_text("EXAMPLE.token.of-a-provider")
    home = Home.make(folder / "home", config=None, credentials=None, passphrase=False)
    return Bench(home, sdks, server, program, token)


@pytest.mark.timeout(900)
def test_what_is_named_is_what_the_sdks_use(bench: Bench, tmp_path: Path) -> None:
    wrong = []
    only = os.environ.get("ONLY_KIND")
    for number in NUMBERS:
        situation = generate_situation(SEED, number, bench.program, bench.token)
        if only and situation.kind != only:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        config, credentials = situation.write(folder)
        said, used = bench.explained(situation, config, credentials), bench.used(situation, config, credentials)
        for family, found in used.items():
            bench.counts[f"{family}: {'credentials' if found != 'none' else 'none'}"] += 1
            if said and said[family] != found:
                named = situation.named or "by environment"
                wrong.append(f"{number} {situation.kind} ({named}), {family}: {said[family]} said, {found} used")
        bench.counts["situations"] += 1
        bench.counts["unlike each other"] += len(set(used.values())) > 1
    print(dict(bench.counts))
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong)
