"""The verdict on one pair of files: every SDK resolves what it resolved before, or the plan said why not."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import resolve_rclone
from home import Home
from oracles import Oracles, Resolution
from signing_server import SigningServer


@dataclass
class Bench:
    """What a pair is judged with: a home whose store takes every pair in turn, and the SDKs."""

    home: Home
    sdks: Oracles
    server: SigningServer


@dataclass
class Judged:
    """One pair of files on disk, with the names that are asked for."""

    bench: Bench
    config: Path
    credentials: Path
    names: list[str]
    # rclone is a process a profile, so that not every pair is put to it.
    with_go: bool

    @property
    def env(self) -> dict[str, str]:
        """What names the pair to the programs."""
        return {"AWS_CONFIG_FILE": str(self.config), "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials)}

    def run(self, *arguments: str) -> Any:
        """Runs `awskeys` on the pair."""
        return self.bench.home.run(*arguments, env=self.env)

    def bytes(self) -> tuple[bytes | None, bytes | None]:
        """Gives both files, or nothing for one that doesn't exist."""
        config, credentials = (path.read_bytes() if path.exists() else None for path in (self.config, self.credentials))
        return config, credentials

    def resolve(self) -> dict[str, Resolution]:
        """Asks every SDK for every name."""
        store = {"AWSKEYS_STORE": str(self.bench.home.store)}
        found = self.bench.sdks.resolve(self.config, self.credentials, self.names, store)
        if self.with_go:
            found["go"] = {
                name: {
                    "id": resolve_rclone.resolve(
                        self.bench.server, self.bench.home.path, self.config, self.credentials, name, store
                    )
                }
                for name in self.names
            }
        return found

    def plan(self) -> dict[str, Any]:
        """Gives the plan, which must change nothing."""
        before = self.bytes()
        plan = json.loads(self.run("import", "--dry-run", "--json").done().stdout)
        assert self.bytes() == before
        assert {Path(plan["config"]), Path(plan["credentials"])} == {self.config, self.credentials}
        return plan


def outcome(answer: Resolution, name: str) -> Any:
    """What an SDK says about a name, with a whole file's failure standing for every name in it."""
    return {"error": "unparsable"} if "parse" in answer else answer[name]


def differences(before: dict[str, Resolution], after: dict[str, Resolution], names: list[str]) -> list[str]:
    """Names every profile that an SDK resolves to something else than before."""
    return [
        f"{sdk}, {name!r}: {outcome(before[sdk], name)} before, {outcome(after[sdk], name)} after"
        for sdk in before
        for name in names
        if outcome(before[sdk], name) != outcome(after[sdk], name)
    ]


def unsaid_keys(before: dict[str, Resolution], names: list[str], plan: dict[str, Any]) -> set[tuple[str, str]]:
    """Gives every name and key that some SDK resolves, and that the plan mentions neither by name nor by key.

    A key may have more names than the plan's: `[profile dev]` in credentials is "dev" to some SDKs. A role that stands
    on a key of another profile needs no mention.
    """
    said = {each["profile"] for each in plan["profiles"]} | {each.get("access_key_id") for each in plan["profiles"]}
    resolved = {
        (name, found[0])
        for name in names
        for answer in before.values()
        if (found := re.findall(r"^[\"']?(AKIA[A-Z0-9]{16})", outcome(answer, name).get("id", "")))
    }
    return {each for each in resolved if not said & set(each)}


def judge(pair: Judged, must_import: set[str]) -> None:
    """Imports a pair, holds it against the SDKs, and takes it back."""
    original, before = pair.bytes(), pair.resolve()
    if "parse" in before["boto3"]:
        pair.run("import", "--dry-run", "--json").failed(78)
        pair.run("import", "--yes").failed(78)
        assert pair.bytes() == original
        return

    plan = pair.plan()
    actions = {each["profile"]: each["action"] for each in plan["profiles"]}
    assert len(actions) == len(plan["profiles"]), "a profile twice in the plan"
    assert all(each["reason"] and each["message"] for each in plan["profiles"] if each["action"] == "leave")
    unsaid = unsaid_keys(before, pair.names, plan)
    assert not unsaid, f"not in the plan: {unsaid}"
    left = {name for name in must_import if actions.get(name) != "import"}
    assert not left, f"left alone though plain: {[e for e in plan['profiles'] if e['profile'] in left]}"

    pair.run("import", "--yes").done()
    try:
        changed = differences(before, pair.resolve(), pair.names)
        assert not changed, "\n".join(changed)
        assert_taken(pair, before, plan)
    finally:
        # In any case, or the next pair would meet the keys of this one in the store.
        if "import" in actions.values():
            pair.run("import", "--undo", "--yes").done()
    assert pair.bytes() == original


def keys_still_in(content: bytes) -> set[tuple[str, str]]:
    """Gives every key id that stands in a file, with the name of the profile in whose section it stands."""
    found, name = set(), ""
    for line in content.decode("utf-8-sig").splitlines():
        if header := re.match(r"\s*\[\s*(?:profile\s+)?[\"']?([^\]\"']*)", line):
            name = header[1].strip()
        found |= {(name, key) for key in re.findall(r"AKIA[A-Z0-9]{16}", line)}
    return found


def assert_taken(pair: Judged, before: dict[str, Resolution], plan: dict[str, Any]) -> None:
    """Asserts that the plan named the keys that SDKs see, and that no key is in a file but of profiles left alone."""
    left = {each["profile"] for each in plan["profiles"] if each["action"] == "leave"}
    for each in plan["profiles"]:
        if each["action"] == "import":
            # A name may be out of reach of some SDKs, before as after.
            seen = {outcome(answer, each["profile"]).get("id", "none") for answer in before.values()} - {"none"}
            # One that was split goes on to its role with the same key.
            how = "ASSUMED-BY-" if "key_profile" in each else ""
            assert seen == {how + each["access_key_id"]}, f"{each['profile']!r} is {seen} to the SDKs"
    still = {found for content in pair.bytes() for found in keys_still_in(content or b"") if found[0] not in left}
    assert not still, f"in a file still, and not left alone by the plan: {still}"
