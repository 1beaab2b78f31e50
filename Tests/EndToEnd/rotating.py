"""What the tests of `awskeys rotate` share: homes whose keys the tests' own IAM knows, and what must always hold."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import programs
from conftest import MakeHome
from fake_keys import Key
from home import Home
from programs import Result
from stub_principals import User
from stub_iam import Stub

MUTATING = {"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"}
# A rotation takes some seconds, and minutes when IAM is slow to know the new key.
PATIENCE = 170.0
ROTATE = ["rotate", "dev", "--delete-now", "--yes"]
# What goes on from there; the store's and IAM's ways of seeing it must agree after each.
FOLLOW_UPS = {
    "resume": ["rotate", "--resume", "--yes"],
    "rollback": ["rotate", "dev", "--rollback", "--yes"],
    "plain": ROTATE,
}


def credentials_of(keys: dict[str, Key]) -> str:
    """Gives the text of a credentials file."""
    return "".join(f"[{name}]\n{key.lines()}\n" for name, key in keys.items())


def rotating_home(make_home: MakeHome, stub: Stub, keys: dict[str, Key], name: str = "home", config: str = "") -> Home:
    """Makes a home with the keys imported, unlocked, and pointed at the server."""
    home: Home = make_home(name, config=config, credentials=credentials_of(keys))
    home.import_all()
    home.run("unlock", "--for", "8h").done()
    home.env |= stub.environment | {"AWS_DEFAULT_REGION": "us-east-1"}
    return home


@dataclass
class Ann:
    """A user of the tests' own IAM, and a home whose profile `dev` has the user's only key."""

    stub: Stub
    user: User
    home: Home
    old: Key

    @classmethod
    def make(
        cls, make_home: MakeHome, stub: Stub, config: str = "", name: str = "home", age: timedelta = timedelta(days=100)
    ) -> Ann:
        """Makes both."""
        user = stub.user("ann")
        old = user.key(age)
        return cls(stub, user, rotating_home(make_home, stub, {"dev": old}, name, config), old)

    def rotate(self, *arguments: str, env: dict[str, str] | None = None) -> Result:
        """Runs `awskeys rotate`."""
        return self.home.run("rotate", *arguments, env=env, timeout=PATIENCE)

    def keys(self) -> dict[str, str]:
        """The user's keys, with `Active` or `Inactive`."""
        return self.stub.keys(self.user)

    def serving(self, profile: str = "dev") -> str:
        """Gives the id of the key that a profile answers with, which must work."""
        return serving(self.stub, self.home, profile)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `awskeys rotate` and doesn't wait for it."""
        return start(self.home, "rotate", *arguments)


def serving(stub: Stub, home: Home, profile: str = "dev") -> str:
    """Gives the id of the key that a profile answers with, which must be one that works."""
    document = json.loads(home.resolve(profile).done().stdout)
    key_id: str = document["AccessKeyId"]
    assert stub.works(key_id), f"{profile} answers with {key_id}, which does not work"
    assert document["SecretAccessKey"] == stub.key(key_id).secret
    return key_id


def start(home: Home, *arguments: str) -> subprocess.Popen[str]:
    """Starts `awskeys` in a session of its own."""
    return subprocess.Popen(
        [str(home.folder / programs.AWSKEYS), *arguments],
        env=home.env,
        cwd=home.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> Result:
    """Waits for the end of a program."""
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return Result(process.returncode, stdout, stderr)


def rotations(home: Home) -> list[dict[str, Any]]:
    """Gives the rotations under way, as `list` shows them."""
    found: list[dict[str, Any]] = json.loads(home.run("list", "--json").done().stdout)["rotations"]
    return found


def assert_nobody_is_locked_out(ann: Ann) -> None:
    """Asserts that the profile answers with a key that works, and that every other command does its work."""
    key_id = ann.serving()
    for command in (["list"], ["status"], ["list", "--json"], ["status", "--json"]):
        ann.home.run(*command).done()
    assert ann.home.run("credential-process", "dev").done().stdout.count(key_id) == 1
    assert all(call.code != "LimitExceeded" for call in ann.stub.calls())


def unknown_keys(ann: Ann) -> set[str]:
    """The user's keys that the store doesn't know."""
    known = {ann.serving()} | {each["other_access_key_id"] for each in rotations(ann.home)}
    return set(ann.keys()) - known


def assert_it_ends_well(ann: Ann, follow_up: str) -> str:
    """Goes on from where a rotation was cut off; asserts that all ends well, and gives how."""
    lost = unknown_keys(ann)
    result = ann.home.run(*FOLLOW_UPS[follow_up], timeout=PATIENCE)
    assert_nobody_is_locked_out(ann)
    how = "well"
    if result.status == 73:
        # The one key that nobody can know: its answer was lost. It is named, with what to do.
        assert lost and all(f"rotate dev --replace {key_id}" in result.hint for key_id in lost), result
        [key_id] = lost
        result = ann.rotate("dev", "--replace", key_id, "--yes")
        how = "replaced"
    elif result.status == 66:
        assert follow_up == "rollback" and rotations(ann.home) == [], result
        how = "nothing to roll back"
    elif result.status == 69:
        # It is deleted already, and the store didn't come to say so.
        assert follow_up == "rollback" and ann.old.id not in ann.keys(), result
        assert f"the key {ann.old.id} is deleted already" in result.stderr and rotations(ann.home) == [], result
        how = "deleted already"
    assert result.status in (0, 66, 69), result
    assert_nobody_is_locked_out(ann)
    assert unknown_keys(ann) == set()
    ann.rotate("--finish", "--delete-now", "--yes").done()
    assert (ann.keys(), rotations(ann.home)) == ({ann.serving(): "Active"}, [])
    assert_nobody_is_locked_out(ann)
    return how


def moment(text: str) -> datetime:
    """Reads a time in JSON."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def mutations(stub: Stub) -> list[str]:
    """The names of the calls so far that change something."""
    return [action for action in stub.actions if action in MUTATING]


def copied(source: Path, name: str, text: str) -> Path:
    """Writes a file below a folder, making what is missing on the way."""
    file = source / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
