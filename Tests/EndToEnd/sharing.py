"""Two people who share keys: each with a home, a store and an identity."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import MakeHome
from fake_keys import THIRD
from home import Home

BUNDLE_PASSPHRASE = "trombone-of-the-canary"


@dataclass
class Person:
    """Somebody with a store."""

    home: Home
    identity: str
    fingerprint: str

    @classmethod
    def meet(cls, home: Home) -> Person:
        """Gives the person of a home, whose identity is made if there is none yet."""
        shown = json.loads(home.run("identity", "--json").done().stdout)
        return cls(home, shown["recipient"], shown["fingerprint"])

    def seal(self, *words: str, to: list[Person] | None = None) -> str:
        """Gives the text of a bundle with keys of this person."""
        recipients = [word for person in to or [] for word in ("--to", person.identity)]
        return self.home.run("export", "--sealed", *words, *recipients).done().stdout

    def takes(self, bundle: Path, sender: Person, *words: str, **how: str) -> str:
        """Imports a bundle of somebody, and gives what was said."""
        words = ("import", str(bundle), "--sender", sender.fingerprint, "--yes", *words)
        return self.home.run(*words, **how).done().stdout  # type: ignore[arg-type]

    def refuses(self, bundle: Path, status: int, *fragments: str, words: tuple[str, ...] = ()) -> str:
        """Asserts that an import fails so and changes nothing, and gives what was said."""
        before = self.home.files()
        answer = self.home.run("import", str(bundle), *words)
        answer.failed(status, *fragments, after_plan="PROFILE" in answer.stdout)
        assert self.home.files() == before
        return answer.stderr


@pytest.fixture
def ann(make_home: MakeHome) -> Person:
    """Somebody whose keys were imported, but for one that never lay in plain text, and is kept back."""
    home = make_home("ann").import_all()
    home.run("add", "third", "--sessions", "--yes", stdin=f"{THIRD.id}\n{THIRD.secret}\n").done()
    return Person.meet(home)


@pytest.fixture
def ben(make_home: MakeHome) -> Person:
    """Somebody who has no keys yet."""
    return Person.meet(make_home("ben", config="[default]\nregion = eu-north-1\n", credentials=""))


@pytest.fixture
def eve(make_home: MakeHome) -> Person:
    """Somebody else."""
    return Person.meet(make_home("eve", config="", credentials=""))
